package websocketapi

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

const (
	gatewayPrincipal = "apigateway.amazonaws.com"
	actionInvoke     = "lambda:InvokeFunction"
)

// roleSession names the sessions in which API Gateway uses a role.
const roleSession = "BackplaneAssumeRoleSession"

// checkRole says whether the integration's role may be used by API Gateway
// and lets it invoke the function (developer guide, "CredentialsArn"), as of
// now. Nobody documents that API Gateway tells aws:SourceArn: a trust policy
// that asks for it does not let it in.
func checkRole(s *spec.Spec, in *spec.Integration, f *spec.Function, arn string, now time.Time) error {
	role := s.RoleByARN(in.CredentialsARN)
	if role == nil {
		return fmt.Errorf("integration %s invokes with %s, which is not a role of the template", in.LogicalID, in.CredentialsARN)
	}
	if !strings.HasPrefix(arn, "arn:") { // the integration gave a bare name
		arn = f.ARN
	}
	err := identity.MayAssume(s, role, &identity.Assumption{Who: gatewayPrincipal, Action: "sts:AssumeRole", Session: roleSession}, now)
	if err == nil {
		err = identity.RoleMay(s, role, roleSession, &identity.Call{Action: actionInvoke, Resource: arn, Secure: true}, now)
	}
	if err != nil {
		return fmt.Errorf("integration %s invokes with the role %s: %w", in.LogicalID, role.LogicalID, err)
	}
	return nil
}
