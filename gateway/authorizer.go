package gateway

import (
	"context"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// authorizer invokes the Lambda authorizer of an API of AppSync, as far as the
// function's own policy permits it (AppSync developer guide, "AWS_LAMBDA
// authorization"). Nobody knows that of a function that is not in the template.
func (g *Gateway) authorizer(s *spec.Spec, api string) func(context.Context, string, []byte) ([]byte, error) {
	return func(ctx context.Context, arn string, payload []byte) ([]byte, error) {
		if f := s.FunctionByARN(arn); f != nil && !g.o.NoLambdaPermissions {
			if err := identity.MayInvoke(s, f, appsyncPrincipal, api); err != nil {
				return nil, err
			}
		}
		return g.invokeByARN(ctx, arn, payload)
	}
}
