package identity

import (
	"fmt"
	"time"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

// MayAssume says why somebody may not assume a role, by the role's trust policy
// alone; nil: they may. who is a service or an identity provider, action
// "sts:AssumeRole" or one of its kin, and keys are the condition keys that who
// sends along.
func MayAssume(role *spec.Role, who, action string, keys iam.Context) error {
	trust := iam.Named{Name: "AssumeRolePolicyDocument", Policy: role.Trust}
	decision, why := iam.EvaluateTrust(&trust, &iam.Request{Principal: who, Action: action, Resource: role.ARN, Context: keys})
	if decision == iam.Allow {
		return nil
	}
	return fmt.Errorf("%s may not assume the role %s: %s", who, role.LogicalID, why.String())
}

// RoleMay says why a role may not do what a service wants to do with it; nil:
// it may. Its policies and boundary judge a session of this name as
// [Authenticator.Authorize] judges one that signed a request.
func RoleMay(s *spec.Spec, role *spec.Role, session string, c *Call, now time.Time) error {
	p := newPrincipal(role.ARN, role.ID, role.Name, role.Policies, role.Boundary, role.Tags)
	if p.refused != "" {
		return fmt.Errorf("the role %s cannot be judged: %s", role.LogicalID, p.refused)
	}
	id, keys := p.session(s, session), newScratch()
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
