package identity

import (
	"net/netip"
	"time"

	"github.com/tidewire/tidewire/iam"
)

// Kind tells callers apart.
type Kind int

const (
	Anonymous Kind = iota // nobody in particular
	Developer             // the local developer
	User                  // a user of the template
	Role                  // a session of one of the template's roles
	Foreign               // credentials of another account, for listed actions
)

// String is the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Developer:
		return "developer"
	case User:
		return "user"
	case Role:
		return "role"
	case Foreign:
		return "foreign"
	}
	return "anonymous"
}

// Identity is who is calling. It is immutable; its zero value, and nil, are
// anonymous.
type Identity struct {
	Kind         Kind
	AccessKeyID  string // "AKIA…" or "ASIA…"
	Account      string // twelve digits
	ARN          string // userArn: arn:aws:iam::…:user/… or arn:aws:sts::…:assumed-role/Role/session
	PrincipalARN string // aws:PrincipalArn: of a session the role's ARN, else ARN
	UserID       string // aws:userid: "AIDA…", or "AROA…:session"
	UserName     string // aws:username; empty for a session
	SessionName  string // of a session
	IssuedAt     time.Time
	Expires      time.Time // both zero but for a session
	Cognito      *Cognito  // of a session of an identity pool; else nil

	session *iam.Named // session policy; nil if there is none
	methods []string   // of Cognito
}

// Call is what a caller wants to do.
type Call struct {
	Action    string     // "execute-api:Invoke"
	Resource  string     // its ARN, with the real connection id
	Peer      netip.Addr // who is at the other end; aws:SourceIp
	UserAgent string     // empty if none was sent
	Referer   string     // empty if none was sent
	Host      string     // as sent; shown in the reason of a refusal only
	Secure    bool       // over TLS
}
