package websocketapi

import (
	"fmt"
	"strings"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

const (
	gatewayPrincipal = "apigateway.amazonaws.com"
	actionInvoke     = "lambda:InvokeFunction"
)

// checkPermission says whether the function's own policy lets API Gateway
// invoke it for a route: an AWS::Lambda::Permission whose SourceArn fits
// source, arn:{partition}:execute-api:{region}:{account}:{api}/{stage}/{route}
// (Lambda developer guide, "Granting function access to AWS services").
func checkPermission(s *spec.Spec, f *spec.Function, source string) error {
	var near []string
	for i := range s.Permissions {
		p := &s.Permissions[i]
		if spec.UnqualifiedFunctionARN(p.FunctionARN) != f.ARN || !grantsInvoke(p) {
			continue
		}
		if coversSource(p, source, s.Account) {
			return nil
		}
		near = append(near, fmt.Sprintf("%s (SourceArn %s)", p.LogicalID, p.SourceARN))
	}
	return fmt.Errorf("API Gateway has no permission to invoke function %s for %s%s; add\n%s",
		f.LogicalID, source, butHas(near), permissionFor(f, source))
}

// grantsInvoke looks at what is permitted to whom.
func grantsInvoke(p *spec.Permission) bool {
	return iam.MatchAction(p.Action, actionInvoke) && (p.Principal == gatewayPrincipal || p.Principal == "*")
}

// coversSource looks at the two conditions of a permission.
func coversSource(p *spec.Permission, source, account string) bool {
	if p.SourceAccount != "" && p.SourceAccount != account {
		return false
	}
	return p.SourceARN == "" || iam.MatchARNLike(p.SourceARN, source)
}

// butHas lists the permissions that come near.
func butHas(near []string) string {
	if len(near) == 0 {
		return ""
	}
	return ": it has only " + strings.Join(near, ", ")
}

// permissionFor is the resource that would let a route through.
func permissionFor(f *spec.Function, source string) string {
	return fmt.Sprintf(`  %sPermission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: %s
      FunctionName: !Ref %s
      Principal: %s
      SourceArn: %s`, f.LogicalID, actionInvoke, f.LogicalID, gatewayPrincipal, source)
}

// checkRole says whether the integration's role may be used by API Gateway
// and lets it invoke the function (developer guide, "CredentialsArn").
func checkRole(s *spec.Spec, in *spec.Integration, f *spec.Function, arn string) error {
	role := s.RoleByARN(in.CredentialsARN)
	if role == nil {
		return fmt.Errorf("integration %s invokes with %s, which is not a role of the template", in.LogicalID, in.CredentialsARN)
	}
	trusted, why := iam.EvaluateTrust(&iam.Named{Name: "AssumeRolePolicyDocument", Policy: role.Trust},
		&iam.Request{Principal: gatewayPrincipal, Action: "sts:AssumeRole", Resource: role.ARN})
	if trusted != iam.Allow {
		return fmt.Errorf("integration %s invokes with role %s, which %s may not assume: %s", in.LogicalID, role.LogicalID, gatewayPrincipal, why.String())
	}
	held := &iam.Policies{Identity: named(role.Policies)}
	if role.Boundary != nil {
		held.Boundary = &iam.Named{Name: role.Boundary.Name, Policy: role.Boundary.Document}
	}
	if !strings.HasPrefix(arn, "arn:") { // the integration gave a bare name
		arn = f.ARN
	}
	decision, why := iam.Evaluate(held, &iam.Request{Principal: role.ARN, Action: actionInvoke, Resource: arn})
	if decision != iam.Allow {
		return fmt.Errorf("integration %s invokes with role %s, which may not %s on %s: %s", in.LogicalID, role.LogicalID, actionInvoke, arn, why.String())
	}
	return nil
}

// named gives a role's policies to the evaluation.
func named(policies []spec.Policy) []iam.Named {
	out := make([]iam.Named, len(policies))
	for i, p := range policies {
		out[i] = iam.Named{Name: p.Name, Policy: p.Document}
	}
	return out
}
