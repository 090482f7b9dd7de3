package identity

import (
	"fmt"
	"strings"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

const actionInvoke = "lambda:InvokeFunction"

// MayInvoke says why a service may not invoke a function on behalf of a source,
// which is an ARN of the template's account; nil: it may. The function's own
// policy must permit it: an AWS::Lambda::Permission whose SourceArn fits the
// source (Lambda developer guide, "Granting function access to AWS services").
func MayInvoke(s *spec.Spec, f *spec.Function, service, source string) error {
	var near []string
	for i := range s.Permissions {
		p := &s.Permissions[i]
		if spec.UnqualifiedFunctionARN(p.FunctionARN) != f.ARN || !grantsInvoke(p, service) {
			continue
		}
		if coversSource(p, source, s.Account) {
			return nil
		}
		near = append(near, fmt.Sprintf("%s (SourceArn %s)", p.LogicalID, p.SourceARN))
	}
	return fmt.Errorf("%s has no permission to invoke function %s for %s%s; add\n%s",
		service, f.LogicalID, source, butHas(near), permissionFor(f, service, source))
}

// grantsInvoke looks at what is permitted to whom.
func grantsInvoke(p *spec.Permission, service string) bool {
	return iam.MatchAction(p.Action, actionInvoke) && (p.Principal == service || p.Principal == "*")
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

// permissionFor is the resource that would let the service through.
func permissionFor(f *spec.Function, service, source string) string {
	return fmt.Sprintf(`  %sPermission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: %s
      FunctionName: !Ref %s
      Principal: %s
      SourceArn: %s`, f.LogicalID, actionInvoke, f.LogicalID, service, source)
}
