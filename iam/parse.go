package iam

import "unicode/utf8"

// Versions of the policy language. The old one has no policy variables.
const (
	version2008 = "2008-10-17"
	version2012 = "2012-10-17"
)

// maxDocument bounds a document in bytes; the largest that AWS takes has
// 20 480.
const maxDocument = 256 << 10

// Kind says what a policy is attached to, and so what it may contain.
type Kind int

const (
	// AnyKind allows what any of the others allows.
	AnyKind Kind = iota
	// IdentityKind is a policy of a user or role, a boundary or session policy:
	// no Principal, and every statement has a Resource.
	IdentityKind
	// ResourceKind is a policy on a resource: every statement has a
	// Principal and a Resource.
	ResourceKind
	// TrustKind is a role's trust policy: every statement has a Principal, none
	// a Resource.
	TrustKind
)

// Parse reads a policy document in JSON of at most 256 KiB. The error is a
// *[SyntaxError]. Unknown or doubled elements, wrong types, a missing Effect
// and values that the service would not take are refused. A statement with a
// Principal may lack Resource, as trust policies do. Line and column refer to
// the bytes given.
func Parse(doc []byte) (*Policy, error) { return ParseKind(doc, AnyKind) }

// ParseIdentity is [Parse] for a policy of a user or role, a permissions
// boundary or a session policy.
func ParseIdentity(doc []byte) (*Policy, error) { return ParseKind(doc, IdentityKind) }

// ParseResource is [Parse] for a policy on a resource.
func ParseResource(doc []byte) (*Policy, error) { return ParseKind(doc, ResourceKind) }

// ParseTrust is [Parse] for the trust policy of a role.
func ParseTrust(doc []byte) (*Policy, error) { return ParseKind(doc, TrustKind) }

// ParseKind is [Parse] for a policy of the kind given.
func ParseKind(doc []byte, kind Kind) (*Policy, error) {
	s := newScanner(doc)
	if len(doc) > maxDocument {
		return nil, s.errorAt(0, "the document has %d bytes; at most %d are allowed", len(doc), maxDocument)
	}
	if bad := invalidUTF8(doc); bad >= 0 {
		return nil, s.errorAt(bad, "the document is not UTF-8 here")
	}
	d := document{scanner: s, kind: kind}
	if err := d.read(); err != nil {
		return nil, err
	}
	return d.compile()
}

// invalidUTF8 is where doc stops being UTF-8, or -1.
func invalidUTF8(doc []byte) int {
	for i := 0; i < len(doc); {
		r, width := utf8.DecodeRune(doc[i:])
		if r == utf8.RuneError && width == 1 {
			return i
		}
		i += width
	}
	return -1
}
