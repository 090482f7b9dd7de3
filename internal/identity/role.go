package identity

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

// Assumption is how a service, or an identity provider for somebody, asks for
// a role.
type Assumption struct {
	Who     string      // "appsync.amazonaws.com", or the provider
	Action  string      // "sts:AssumeRole" or one of its kin
	Session string      // sts:RoleSessionName
	Keys    iam.Context // further condition keys that come along
}

// MayAssume says why somebody may not assume a role, by the role's trust policy
// alone; nil: they may. The policy knows the keys that every policy knows of a
// call, those of the Assumption, and none about the network: services assume
// roles from within AWS.
func MayAssume(s *spec.Spec, role *spec.Role, a *Assumption, now time.Time) error {
	keys := newScratch()
	keys.world(&Call{Secure: true}, s.Region, now)
	keys.assumption(a)
	trust := iam.Named{Name: "AssumeRolePolicyDocument", Policy: role.Trust}
	decision, why := iam.EvaluateTrust(&trust, &iam.Request{Principal: a.Who, Action: a.Action, Resource: role.ARN, Context: keys.context})
	if decision == iam.Allow {
		return nil
	}
	return fmt.Errorf("%s may not assume the role %s: %s", a.Who, role.LogicalID, why.String())
}

// assumption are the condition keys of an Assumption. A service calls for
// itself with sts:AssumeRole only.
func (s *scratch) assumption(a *Assumption) {
	service := strings.EqualFold(a.Action, "sts:AssumeRole")
	s.set("aws:principalisawsservice", strconv.FormatBool(service))
	if service {
		s.set("aws:principalservicename", a.Who)
	}
	s.set("sts:rolesessionname", a.Session)
	for key, values := range a.Keys {
		s.context[key] = values
	}
}

// RoleMay says why a role may not do what a service wants to do with it; nil:
// it may. Its policies and boundary judge a new session of this name as
// [Authenticator.Authorize] judges one that signed a request.
func RoleMay(s *spec.Spec, role *spec.Role, session string, c *Call, now time.Time) error {
	p := newPrincipal(role.ARN, role.ID, role.Name, role.Policies, role.Boundary, role.Tags)
	if p.refused != "" {
		return fmt.Errorf("the role %s cannot be judged: %s", role.LogicalID, p.refused)
	}
	id, keys := p.session(s, session), newScratch()
	id.IssuedAt = now
	keys.fill(&id, p.tags, c, s.Region, now)
	decision, why := iam.Evaluate(&p.policies, &iam.Request{Principal: id.ARN, Action: c.Action, Resource: c.Resource, Context: keys.context})
	if decision == iam.Allow {
		return nil
	}
	return fmt.Errorf("the role %s may not %s on %s: %s", role.LogicalID, c.Action, bounded(c.Resource), why.String())
}

// session is who holds a session of a role.
func (p *principal) session(s *spec.Spec, name string) Identity {
	return Identity{Kind: Role, Account: s.Account, ARN: arnHead(s, "sts") + "assumed-role/" + p.name + "/" + name,
		PrincipalARN: p.arn, UserID: p.id + ":" + name, SessionName: name}
}
