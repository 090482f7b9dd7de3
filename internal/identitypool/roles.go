package identitypool

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// chooser finds the role of one identity.
type chooser struct {
	pool   *spec.IdentityPool
	login  *identity.Login // nil: a guest
	custom string          // CustomRoleArn; empty: none
}

// role is the ARN of the role (Amazon Cognito developer guide, "Using
// role-based access control"). The error is a reason for the log; denied says
// that the mapping denies, not that it is wrong.
func (c *chooser) role() (arn string, denied bool, err error) {
	attached, what := c.pool.Unauthenticated, "unauthenticated"
	if c.login != nil {
		attached, what = c.pool.Authenticated, "authenticated"
		if m := c.mapping(); m != nil {
			return c.mapped(m)
		}
	}
	switch {
	case attached == "":
		return "", false, fmt.Errorf("no role for %s identities is attached to %s", what, c.pool.LogicalID)
	case c.custom != "" && c.custom != attached:
		return "", true, fmt.Errorf("CustomRoleArn %.200q is not the role for %s identities of %s, %s, and no role mapping gives another", c.custom, what, c.pool.LogicalID, attached)
	}
	return attached, false, nil
}

// mapping is the role mapping of the login's provider; nil: none.
func (c *chooser) mapping() *spec.RoleMapping {
	for i := range c.pool.Mappings {
		if c.pool.Mappings[i].Provider == c.login.Mapping {
			return &c.pool.Mappings[i]
		}
	}
	return nil
}

func (c *chooser) mapped(m *spec.RoleMapping) (string, bool, error) {
	roles, preferred := c.matching(m), ""
	if m.Token {
		roles = c.offered()
		preferred, _ = c.claim("cognito:preferred_role")
	}
	switch {
	case c.custom != "" && slices.Contains(roles, c.custom):
		return c.custom, false, nil
	case c.custom != "":
		return "", true, fmt.Errorf("CustomRoleArn %.200q is none of the roles that the role mapping of %s gives: %s", c.custom, m.Provider, list(roles))
	case preferred != "":
		return preferred, false, nil
	case !m.Token && len(roles) > 0:
		return roles[0], false, nil
	}
	reason := fmt.Errorf("no rule of the role mapping of %s matches the token", m.Provider)
	if m.Token {
		reason = fmt.Errorf("the token of %s has no cognito:preferred_role; its cognito:roles are %s", m.Provider, list(roles))
	}
	switch {
	case m.Ambiguous != "AuthenticatedRole":
		return "", true, fmt.Errorf("%w, and AmbiguousRoleResolution is %s", reason, m.Ambiguous)
	case c.pool.Authenticated == "":
		return "", false, fmt.Errorf("%w, and no role for authenticated identities is attached to %s", reason, c.pool.LogicalID)
	}
	return c.pool.Authenticated, false, nil
}

// list shows roles of a token in a reason.
func list(roles []string) string {
	if len(roles) == 0 {
		return "none"
	}
	text := strings.Join(roles, ", ")
	return fmt.Sprintf("%.500s", text)
}

// matching are the roles of the rules that match, in their order.
func (c *chooser) matching(m *spec.RoleMapping) []string {
	var roles []string
	for _, r := range m.Rules {
		value, present := c.claim(r.Claim)
		var ok bool
		switch r.Match {
		case "Equals":
			ok = value == r.Value
		case "NotEqual":
			ok = value != r.Value
		case "Contains":
			ok = strings.Contains(value, r.Value)
		case "StartsWith":
			ok = strings.HasPrefix(value, r.Value)
		}
		if ok && present {
			roles = append(roles, r.RoleARN)
		}
	}
	return roles
}

// offered are the roles of cognito:roles.
func (c *chooser) offered() []string {
	var roles []string
	if json.Unmarshal(c.login.Claims["cognito:roles"], &roles) != nil {
		return nil
	}
	return roles
}

// claim is a claim as rules see it: a text as it is, anything else as JSON. A
// claim that is null is not there.
func (c *chooser) claim(name string) (value string, present bool) {
	raw := c.login.Claims[name]
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text == nil {
			return "", false
		}
		return *text, true
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return "", false
	}
	return b.String(), true
}

// trusted asks whether the role lets the identity in; nil is yes.
func trusted(s *spec.Spec, arn string, who *identity.Cognito, now time.Time) error {
	role := s.RoleByARN(arn)
	if role == nil || role.LogicalID == "" {
		return fmt.Errorf("the template has no role %.300q", arn)
	}
	if err := identity.MayAssume(s, role, who.Assumption(), now); err != nil {
		return fmt.Errorf("an %s identity of %s: %w", who.Type(), who.PoolID, err)
	}
	return nil
}
