package iam

import (
	"errors"
	"strings"
)

// principal is one compiled value of Principal or NotPrincipal.
type principal struct {
	kind    string // "AWS", "Service", "Federated", "CanonicalUser"
	source  string
	anybody bool   // "*"
	account string // the whole account: 12 digits or its root ARN
	arn     arn    // a user, role or session
}

// grant says how a resource policy names somebody, weakest first.
type grant uint8

const (
	noGrant      grant = iota
	accountGrant       // names the account, whose own policies must agree
	wideGrant          // names everybody, or the role behind a session
	exactGrant         // names exactly this principal
)

// errPrincipalPattern is the service's refusal of partial wildcards.
var errPrincipalPattern = errors.New(`a principal cannot be matched in part; use "*" with a condition on aws:PrincipalArn`)

// compilePrincipal compiles one value.
func compilePrincipal(kind, source string) (principal, error) {
	p := principal{kind: kind, source: source}
	switch {
	case source == "*":
		p.anybody = kind == principalAWS
		return p, nil
	case strings.ContainsAny(source, "*?"):
		return p, errPrincipalPattern
	case source == "":
		return p, errors.New("a principal cannot be empty")
	}
	if kind != principalAWS {
		return p, nil
	}
	p.arn = splitARN(source)
	switch {
	case isAccount(source):
		p.account = source
	case p.arn.part[arnPrefix] == "arn" && p.arn.count == arnParts:
		if p.arn.part[arnResource] == "root" {
			p.account = p.arn.part[arnAccount]
		}
	case !isUniqueID(source):
		return p, errors.New(`must be an account of 12 digits, the ARN of an account, user, role or session, or "*"`)
	}
	return p, nil
}

func isAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// isUniqueID recognises the form that a deleted user or role leaves behind,
// such as "AROAEXAMPLE".
func isUniqueID(s string) bool {
	return len(s) >= 16 && s[0] == 'A' && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// grants says how p names the caller.
func (p *principal) grants(c *call) grant {
	if p.kind != principalAWS {
		if p.source == c.request.Principal {
			return exactGrant
		}
		return noGrant
	}
	switch {
	case p.anybody:
		return wideGrant
	case p.source == c.request.Principal:
		return exactGrant
	case p.account != "":
		return p.grantsAccount(c)
	case p.grantsRole(c):
		return wideGrant
	}
	return noGrant
}

func (p *principal) grantsAccount(c *call) grant {
	partition := p.arn.part[arnPartition]
	if p.account != c.account() || partition != "" && partition != c.principal.part[arnPartition] {
		return noGrant
	}
	return accountGrant
}

// grantsRole reports whether p is the role behind the caller's session, or the
// unique id of the caller. The context's aws:principalarn says which role;
// without it the role is the one without path that the session's ARN names.
func (p *principal) grantsRole(c *call) bool {
	if p.arn.count != arnParts {
		id, _, _ := strings.Cut(c.first("aws:userid"), ":")
		return id == p.source
	}
	if role := c.first("aws:principalarn"); role != "" {
		return role == p.source
	}
	session, ok := strings.CutPrefix(c.principal.part[arnResource], "assumed-role/")
	name, _, found := strings.Cut(session, "/")
	role, isRole := strings.CutPrefix(p.arn.part[arnResource], "role/")
	return ok && found && isRole && role == name &&
		p.arn.part[arnService] == "iam" &&
		p.arn.part[arnPartition] == c.principal.part[arnPartition] &&
		p.arn.part[arnAccount] == c.principal.part[arnAccount]
}
