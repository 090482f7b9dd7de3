package identity

import (
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/iam"
)

// poolSession names the sessions of identity pools (Amazon Cognito developer
// guide, "Identity pools authentication flow").
const poolSession = "CognitoIdentityCredentials"

// MaxPoolSession is the longest life of an identity pool's session.
const MaxPoolSession = time.Hour

// poolService is who assumes the roles of identity pools.
const poolService = "cognito-identity.amazonaws.com"

// Bounds of what a token of an identity pool carries, so that it stays within
// [MaxToken]. A subject has at most 255 characters (OpenID Connect Core 1.0,
// section 2, sub).
const (
	maxProvider = 512
	maxSignIn   = maxProvider + 512
)

// Cognito is what a session of an identity pool tells of its owner. It is
// immutable.
type Cognito struct {
	PoolID     string // "us-east-1:…"
	IdentityID string // "us-east-1:…"
	// Provider is who signed the owner in, as a key of Logins, and SignIn the
	// owner there, "PROVIDER:CognitoSignIn:SUBJECT"; both are empty for an
	// identity that is not authenticated.
	Provider, SignIn string
}

// Type is "authenticated" or "unauthenticated".
func (c *Cognito) Type() string {
	if c.Provider == "" {
		return "unauthenticated"
	}
	return "authenticated"
}

// Methods is cognito-identity.amazonaws.com:amr (IAM user guide, "Available
// keys for AWS web identity federation").
func (c *Cognito) Methods() []string {
	if c.Provider == "" {
		return []string{c.Type()}
	}
	return []string{c.Type(), c.Provider, c.SignIn}
}

// Assumption is how the identity comes to a role (Amazon Cognito developer
// guide, "Role trust and permissions").
func (c *Cognito) Assumption() *Assumption {
	return &Assumption{Who: poolService, Action: "sts:AssumeRoleWithWebIdentity", Session: poolSession,
		Keys: iam.Context{poolService + ":aud": {c.PoolID}, poolService + ":sub": {c.IdentityID}, poolService + ":amr": c.Methods()}}
}

func (c *Cognito) check() error {
	switch {
	case c.PoolID == "" || c.IdentityID == "" || len(c.PoolID) > 64 || len(c.IdentityID) > 64:
		return fmt.Errorf("identity: an identity of an identity pool has ids of at most 64 characters")
	case (c.Provider == "") != (c.SignIn == ""):
		return fmt.Errorf("identity: who signs in has a name at the provider")
	case len(c.Provider) > maxProvider || len(c.SignIn) > maxSignIn:
		return fmt.Errorf("identity: the names of provider and subject have %d and %d characters, the limits are %d and %d", len(c.Provider), len(c.SignIn), maxProvider, maxSignIn)
	}
	return nil
}

// AssumePoolRole makes credentials of a role of the template, given by its
// ARN, for an identity of an identity pool: at most [MaxPoolSession], 0 is
// that. The role's trust policy is the caller's to ask.
func (a *Authenticator) AssumePoolRole(role string, c Cognito, d time.Duration) (aws.Credentials, error) {
	if d == 0 {
		d = MaxPoolSession
	}
	if d > MaxPoolSession {
		return aws.Credentials{}, fmt.Errorf("identity: a session of an identity pool holds at most %v, not %v", MaxPoolSession, d)
	}
	if err := c.check(); err != nil {
		return aws.Credentials{}, err
	}
	return a.assume(role, &grant{session: poolSession, cognito: &c}, d)
}

// cognitoKeys are the condition keys of an identity pool's session.
func (s *scratch) cognitoKeys(id *Identity) {
	c := id.Cognito
	if c == nil {
		return
	}
	s.set(poolService+":aud", c.PoolID)
	s.set(poolService+":sub", c.IdentityID)
	s.context[poolService+":amr"] = id.methods
	s.set("aws:federatedprovider", poolService)
}

// cognitoIdentity are the members of ctx.identity that an identity pool fills.
type cognitoIdentity struct {
	AuthProvider *string `json:"cognitoIdentityAuthProvider"`
	AuthType     *string `json:"cognitoIdentityAuthType"`
	IdentityID   *string `json:"cognitoIdentityId"`
	PoolID       *string `json:"cognitoIdentityPoolId"`
}

// appSync writes c as AppSync does: the provider and the owner there, each in
// quotation marks.
func (c *Cognito) appSync() cognitoIdentity {
	if c == nil {
		return cognitoIdentity{}
	}
	kind := c.Type()
	v := cognitoIdentity{AuthType: &kind, IdentityID: &c.IdentityID, PoolID: &c.PoolID}
	if c.Provider != "" {
		quoted := `"` + strings.Join([]string{c.Provider, c.SignIn}, `","`) + `"`
		v.AuthProvider = &quoted
	}
	return v
}
