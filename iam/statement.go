package iam

// statement is one compiled statement.
type statement struct {
	sid          string
	deny         bool
	notAction    bool
	actions      []actionPattern
	anyResource  bool // there is no Resource element: a trust policy
	notResource  bool
	resources    []arnPattern
	hasPrincipal bool
	notPrincipal bool
	principals   []principal
	conditions   []condition
}

// Part is an element of a statement that can fail to match.
type Part int

// The parts in the order in which they are compared.
const (
	NoPart        Part = iota // everything matched
	ActionPart                // Action or NotAction
	ResourcePart              // Resource or NotResource
	PrincipalPart             // Principal or NotPrincipal
	ConditionPart             // Condition
)

// String gives the element's name.
func (p Part) String() string {
	switch p {
	case ActionPart:
		return "Action"
	case ResourcePart:
		return "Resource"
	case PrincipalPart:
		return "Principal"
	case ConditionPart:
		return "Condition"
	}
	return "None"
}

// failing finds the first part of s that the call does not match, and for
// Condition its index.
func (s *statement) failing(c *call, from Source) (part Part, index int) {
	switch {
	case s.matchesAction(c) == s.notAction:
		return ActionPart, 0
	case !s.matchesResource(c):
		return ResourcePart, 0
	case !s.matchesPrincipal(c, from):
		return PrincipalPart, 0
	}
	for i := range s.conditions {
		if !s.conditions[i].holds(c.request.Context) {
			return ConditionPart, i
		}
	}
	return NoPart, 0
}

func (s *statement) matchesAction(c *call) bool {
	for i := range s.actions {
		if s.actions[i].match(c.request.Action) {
			return true
		}
	}
	return false
}

// matchesResource answers Resource and NotResource. A variable without value
// makes a Resource match nothing; in a NotResource it must not widen what is
// allowed, so there an Allow does not match and a Deny does.
func (s *statement) matchesResource(c *call) bool {
	if s.anyResource {
		return true
	}
	for i := range s.resources {
		if s.resources[i].match(&c.resource, c.request.Context) {
			return !s.notResource
		}
		if s.notResource && !s.deny && s.resources[i].unresolved(c.request.Context) != "" {
			return false
		}
	}
	return s.notResource
}

// matchesPrincipal answers Principal and NotPrincipal. A resource policy's
// Allow without them names nobody.
func (s *statement) matchesPrincipal(c *call, from Source) bool {
	if !s.hasPrincipal {
		return s.deny || from != ResourceBased
	}
	return (s.grant(c) == noGrant) == s.notPrincipal
}

// grant is the strongest way in which the statement names the caller.
func (s *statement) grant(c *call) grant {
	strongest := noGrant
	for i := range s.principals {
		strongest = max(strongest, s.principals[i].grants(c))
	}
	return strongest
}
