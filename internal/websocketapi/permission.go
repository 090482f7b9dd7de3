package websocketapi

import (
	"fmt"
	"strings"
	"time"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
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
