// Package iam reads AWS policy documents and decides whether they let a
// principal do something, and says why.
//
// Call [Parse] (or [ParseIdentity], [ParseResource], [ParseTrust], which also
// check what that kind of policy may contain) once per document, put the
// results into a [Policies], and ask [Evaluate] for every request:
//
//	policy, err := iam.ParseIdentity(document)
//	…
//	held := &iam.Policies{Identity: []iam.Named{{Name: "sockets", Policy: policy}}}
//	decision, why := iam.Evaluate(held, &iam.Request{
//		Principal: "arn:aws:iam::123456789012:user/bob",
//		Action:    "execute-api:Invoke",
//		Resource:  "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/$connect",
//		Context:   iam.Context{"aws:sourceip": {"127.0.0.1"}},
//	})
//	if decision != iam.Allow {
//		log.Print(why.String())
//	}
//
// # Promised
//
// A document that is not understood to its last element is refused by Parse
// with a [SyntaxError] that has line and column; nothing is ignored. Evaluate
// never fails and never panics, whatever it is given: what it cannot find a
// reason to allow, it denies. It does not allocate when it allows. Matching
// takes time proportional to pattern length times text length at worst; there
// is no input for which wildcards blow up.
//
// # Not done
//
// Organisation policies (SCP, RCP) and access control lists do not exist here.
// The package has no clock, no network and no idea which condition keys exist:
// a key that the caller leaves out of [Context] is a key without value.
//
// # Concurrency
//
// A [Policy] never changes after Parse. Everything in this package may be used
// from many goroutines at once, as long as nobody writes to a [Policies],
// [Request] or [Context] that is in use. A [Diagnostic] of a Deny refers to the
// policies and the Context it came from and reads them when it is printed.
//
// The rules are those of the IAM User Guide, "Policy evaluation logic",
// "Grammar of the IAM JSON policy language" and "IAM JSON policy elements
// reference".
package iam

// Policy is a compiled policy document. It is immutable. A nil Policy has no
// statements; so it neither allows nor denies anything.
type Policy struct {
	id         string
	version    string
	statements []statement
}

// ID is the document's Id element, empty if it has none.
func (p *Policy) ID() string {
	if p == nil {
		return ""
	}
	return p.id
}

// Version is "2012-10-17" or "2008-10-17"; the latter if the document names
// none.
func (p *Policy) Version() string {
	if p == nil {
		return version2008
	}
	return p.version
}

// Len is the number of statements.
func (p *Policy) Len() int {
	if p == nil {
		return 0
	}
	return len(p.statements)
}

// Named is a policy and the name by which a [Diagnostic] speaks of it: an
// inline policy's name or a managed policy's ARN.
type Named struct {
	Name   string
	Policy *Policy
}

// Policies is everything that bears on one principal and one resource.
type Policies struct {
	// Identity are the principal's own policies, inline and attached.
	Identity []Named
	// Boundary is the permissions boundary; nil means no limit.
	Boundary *Named
	// Session is the policy given when the session was made; nil means no
	// limit.
	Session *Named
	// Resource are the policies on the resource. Their Allow statements
	// count only if they name the principal.
	Resource []Named
}

// Request is one question: may this principal do this to that.
type Request struct {
	// Principal is who asks: the ARN of a user or of a role session
	// ("arn:aws:sts::…:assumed-role/Role/session"), a service
	// ("lambda.amazonaws.com"), an identity provider, or empty for somebody
	// anonymous.
	Principal string
	// Action is "service:Name". Case does not matter.
	Action string
	// Resource is the ARN acted on, or "*" for actions that have none.
	Resource string
	// Context has the values of condition keys and policy variables.
	Context Context
}

// Context maps condition keys, in lower case ("aws:sourceip"), to their
// values. A key that is absent, or present without values, counts as missing.
// Nil is a Context without keys.
//
// Two keys are also read to match principals: "aws:principalarn", the role
// behind a role session, and "aws:userid".
type Context map[string][]string

// Decision is the answer to a [Request]. Its zero value is Deny.
type Decision int

const (
	// Deny means that the request is refused.
	Deny Decision = iota
	// Allow means that the request is permitted.
	Allow
)

// String gives "Allow" or "Deny".
func (d Decision) String() string {
	if d == Allow {
		return "Allow"
	}
	return "Deny"
}
