package identitypool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// Assume makes credentials of a role, given by its ARN, for an identity, as
// [identity.Authenticator.AssumePoolRole] does.
type Assume func(role string, who identity.Cognito, d time.Duration) (aws.Credentials, error)

// Options are what [New] takes. Spec, Key and Assume are required.
type Options struct {
	Spec   *spec.Spec
	Key    [32]byte // of identity ids: they change with it
	Assume Assume
	// Signer makes OpenID tokens; nil: GetOpenIdToken is refused.
	Signer *Signer
	// Issuers say where the keys of an issuer are, as of
	// [identity.ModesOptions].
	Issuers map[string]string
	// Transport fetches discovery documents and keys; nil is
	// http.DefaultTransport.
	Transport http.RoundTripper

	Log  *slog.Logger     // nil: discard
	Now  func() time.Time // nil: time.Now
	Rand io.Reader        // of guests' ids; nil: crypto/rand
}

// atWork is how many calls are answered at a time, most of which wait for an
// issuer's keys if they wait at all.
const atWork = 64

// Pools are the identity pools of a template.
type Pools struct {
	o     Options
	ids   ids
	pools []pool
	turns chan struct{} // one for each call at work
}

type pool struct {
	*spec.IdentityPool
	logins *identity.Logins
}

// New prepares the identity pools of a template, of which there may be none.
// Its error names a setting that cannot work.
func New(o Options) (*Pools, error) {
	if o.Spec == nil || o.Assume == nil || o.Key == [32]byte{} {
		return nil, errors.New("identitypool: a Spec, a key and Assume are needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &Pools{o: o, ids: ids{key: o.Key, rand: o.Rand}, turns: make(chan struct{}, atWork)}
	for i := range o.Spec.IdentityPools {
		s := &o.Spec.IdentityPools[i]
		logins, err := identity.NewLogins(identity.LoginsOptions{Pool: s, Issuers: o.Issuers, Transport: o.Transport, Now: o.Now})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.LogicalID, err)
		}
		p.pools = append(p.pools, pool{s, logins})
	}
	return p, nil
}

// Unavailable says which providers' tokens are refused for want of a setting,
// a sentence each.
func (p *Pools) Unavailable() []string {
	var all []string
	for _, pool := range p.pools {
		all = append(all, pool.logins.Unavailable()...)
	}
	return all
}

// The refusals of identity pools (Amazon Cognito identity pools API reference,
// and texts that users report).
var (
	badParameter  = refusal("InvalidParameterException", "")
	notFound      = refusal("ResourceNotFoundException", "")
	noGuests      = refusal("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
	otherLogin    = refusal("NotAuthorizedException", "Logins don't match. Please include at least one valid login for this identity or identity pool.")
	forbidden     = refusal("NotAuthorizedException", "")
	deniedRole    = refusal("NotAuthorizedException", "Access denied by the role mapping of the identity pool.")
	badRole       = refusal("InvalidIdentityPoolConfigurationException", "Invalid identity pool configuration. Check assigned IAM roles for this pool.")
	noClassic     = refusal("InvalidParameterException", "Basic (classic) flow is not enabled, please use enhanced flow.")
	tooMany       = refusal("TooManyRequestsException", "Rate exceeded")
	internalError = fault.Error{Code: "InternalErrorException", Status: http.StatusInternalServerError, Message: "An internal error occurred."}
)

func refusal(code, message string) fault.Error {
	return fault.Error{Code: code, Status: http.StatusBadRequest, Message: message}
}

// saying is a refusal with a text of its own.
func saying(f fault.Error, format string, args ...any) fault.Error {
	f.Message = fmt.Sprintf(format, args...)
	return f
}

// find gives the pool of an id.
func (p *Pools) find(id string) (*pool, *fault.Error) {
	for i := range p.pools {
		if p.pools[i].ID == id {
			return &p.pools[i], nil
		}
	}
	f := saying(notFound, "IdentityPool '%.100s' not found.", id)
	return nil, f.Because("the template's identity pools are %s", p.list())
}

func (p *Pools) list() string {
	if len(p.pools) == 0 {
		return "none"
	}
	var all []string
	for _, pool := range p.pools {
		all = append(all, pool.LogicalID+" "+pool.ID)
	}
	return strings.Join(all, ", ")
}

// verify gives the login that somebody shows at a pool; nil for a guest.
func (p *pool) verify(ctx context.Context, logins map[string]string) (*identity.Login, *fault.Error) {
	if len(logins) > 1 {
		f := saying(badParameter, "tidewire takes one login at a time: it does not link identities")
		return nil, f.Because("%d logins came", len(logins))
	}
	for key, token := range logins {
		l, f := p.logins.Verify(ctx, key, token)
		if f != nil && p.Unsupported != "" && !p.logins.Takes(key) {
			f = f.Because("%w; %s", f.Cause, p.Unsupported)
		}
		return l, f
	}
	if !p.AllowUnauthenticated {
		return nil, noGuests.Because("no login came, and %s has AllowUnauthenticatedIdentities: false", p.LogicalID)
	}
	return nil, nil
}

// owner is who shows an identity id, with what it may be shown.
type owner struct {
	pool  *pool
	login *identity.Login // nil: a guest
	who   identity.Cognito
}

// owner checks that an identity id is of who shows it.
func (p *Pools) owner(ctx context.Context, id string, logins map[string]string) (*owner, *fault.Error) {
	o, k := p.known(id)
	if o == nil {
		f := saying(notFound, "Identity '%.100s' not found.", id)
		return nil, f.Because("no identity pool of this gateway gave it out (%s)", p.list())
	}
	if len(logins) == 0 && k == login {
		f := saying(forbidden, "Access to Identity '%s' is forbidden.", id)
		return nil, f.Because("the identity is of somebody signed in, and no login came")
	}
	var f *fault.Error
	if o.login, f = o.pool.verify(ctx, logins); f != nil || o.login == nil {
		return o, f
	}
	own := p.ids.login(o.pool.ID, o.login.Provider, o.login.Subject)
	if k == login && own != id {
		return nil, otherLogin.Because("the login at %s is of another identity than %s", o.login.Provider, id)
	}
	o.who.IdentityID = own
	o.who.Provider, o.who.SignIn = o.login.Principal, o.login.SignIn
	return o, nil
}

// known finds the pool that gave an id out; nil: none did.
func (p *Pools) known(id string) (*owner, kind) {
	for i := range p.pools {
		if k, ok := p.ids.kind(p.pools[i].ID, id); ok {
			return &owner{pool: &p.pools[i], who: identity.Cognito{PoolID: p.pools[i].ID, IdentityID: id}}, k
		}
	}
	return nil, ""
}

// getID is GetId.
func (p *Pools) getID(ctx context.Context, in *input) (any, *fault.Error) {
	pool, f := p.find(in.IdentityPoolID)
	if f != nil {
		return nil, f
	}
	l, f := pool.verify(ctx, in.Logins)
	if f != nil {
		return nil, f
	}
	if l != nil {
		return idAnswer{p.ids.login(pool.ID, l.Provider, l.Subject)}, nil
	}
	id, err := p.ids.guest(pool.ID)
	if err != nil {
		return nil, internalError.Because("a guest's id: %w", err)
	}
	return idAnswer{id}, nil
}

// getCredentials is GetCredentialsForIdentity.
func (p *Pools) getCredentials(ctx context.Context, in *input) (any, *fault.Error) {
	o, f := p.owner(ctx, in.IdentityID, in.Logins)
	if f != nil {
		return nil, f
	}
	c := chooser{pool: o.pool.IdentityPool, login: o.login, custom: in.CustomRoleARN}
	role, denied, err := c.role()
	switch {
	case denied:
		return nil, deniedRole.Because("%w", err)
	case err != nil:
		return nil, badRole.Because("%w", err)
	}
	if err := trusted(p.o.Spec, role, &o.who, p.o.Now()); err != nil {
		return nil, badRole.Because("%w", err)
	}
	creds, err := p.o.Assume(role, o.who, identity.MaxPoolSession)
	if err != nil {
		return nil, internalError.Because("credentials of %s: %w", role, err)
	}
	p.o.Log.Debug("credentials of an identity pool", "pool", o.pool.LogicalID, "identity", o.who.IdentityID, "role", role, "key", creds.AccessKeyID)
	return credentialsAnswer{o.who.IdentityID, credentials{creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken, creds.Expires.Unix()}}, nil
}

// getOpenIDToken is GetOpenIdToken, which begins the basic flow.
func (p *Pools) getOpenIDToken(ctx context.Context, in *input) (any, *fault.Error) {
	o, f := p.owner(ctx, in.IdentityID, in.Logins)
	if f != nil {
		return nil, f
	}
	if !o.pool.AllowClassic || p.o.Signer == nil {
		return nil, noClassic.Because("%s has no AllowClassicFlow", o.pool.LogicalID)
	}
	token, err := p.o.Signer.token(&o.who, p.o.Now())
	if err != nil {
		return nil, internalError.Because("the OpenID token: %w", err)
	}
	return tokenAnswer{o.who.IdentityID, token}, nil
}
