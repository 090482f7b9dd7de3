package identity

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	defaultSession = time.Hour
	maxPolicy      = 2048 // bytes of a session policy (STS API reference, AssumeRole)
	maxSessionName = 64
	maxSessions    = 1024 // opened tokens that are remembered
	maxSkew        = 5 * time.Minute
)

// AssumeRole makes credentials of a role of the template, given by its ARN,
// logical id or name. session names the session: 1 to 64 characters of letters,
// digits and _+=,.@- (STS API reference, RoleSessionName; STS wants two). d is
// how long they hold: at most [MaxSession], 0 is an hour. policy, if any,
// limits them further: at most 2,048 bytes without white space.
//
// The role's trust policy and MaxSessionDuration are not asked: the caller
// acts for the owner of the machine, or for the Lambda service, which uses
// sessions of any length.
func (a *Authenticator) AssumeRole(role, session string, d time.Duration, policy []byte) (aws.Credentials, error) {
	text, err := compactPolicy(policy)
	if err != nil {
		return aws.Credentials{}, err
	}
	return a.assume(role, &grant{session: session, policy: text}, d)
}

// assume completes a grant and seals it.
func (a *Authenticator) assume(role string, g *grant, d time.Duration) (aws.Credentials, error) {
	snap := a.current.Load()
	p := snap.roles[role]
	if p == nil {
		return aws.Credentials{}, fmt.Errorf("identity: the template has no role %q", role)
	}
	g.role = p.arn
	var err error
	if err = g.limit(a.o.Now(), d); err != nil {
		return aws.Credentials{}, err
	}
	if g.accessKeyID, err = state.NewKeyID(a.o.Rand, "ASIA"); err != nil {
		return aws.Credentials{}, err
	}
	if g.secret, err = state.NewSecretKey(a.o.Rand); err != nil {
		return aws.Credentials{}, err
	}
	token, err := a.sealer.seal(g)
	if err != nil {
		return aws.Credentials{}, err
	}
	return aws.Credentials{AccessKeyID: g.accessKeyID, SecretAccessKey: g.secret, SessionToken: token,
		Source: "tidewire", CanExpire: true, Expires: g.expires, AccountID: snap.spec.Account}, nil
}

// limit checks the session's name and sets its time.
func (g *grant) limit(now time.Time, d time.Duration) error {
	if d == 0 {
		d = defaultSession
	}
	if d < time.Second || d > MaxSession {
		return fmt.Errorf("identity: a session holds from a second to %v, not %v", MaxSession, d)
	}
	if !validSession(g.session) {
		return fmt.Errorf("identity: %q cannot name a session: 1 to %d letters, digits and _+=,.@-", g.session, maxSessionName)
	}
	g.issued = now.UTC().Truncate(time.Second)
	g.expires = g.issued.Add(d.Truncate(time.Second))
	return nil
}

func validSession(name string) bool {
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("_+=,.@-", rune(c)) {
			return false
		}
	}
	return name != "" && len(name) <= maxSessionName
}

// compactPolicy checks a session policy and removes its white space.
func compactPolicy(policy []byte) (string, error) {
	if len(policy) == 0 {
		return "", nil
	}
	var b bytes.Buffer
	broken := json.Compact(&b, policy) // which ParseIdentity explains better
	if n := b.Len(); n > maxPolicy {
		return "", fmt.Errorf("identity: the session policy has %d bytes, the limit is %d", n, maxPolicy)
	}
	if _, err := iam.ParseIdentity(policy); err != nil {
		return "", fmt.Errorf("identity: the session policy cannot be used: %w", err)
	}
	if broken != nil {
		return "", fmt.Errorf("identity: the session policy cannot be used: %w", broken)
	}
	return b.String(), nil
}

// opened is a session whose token was opened and whose role exists.
type opened struct {
	secret   string
	identity Identity
}

// sessions remembers opened tokens for the life of a snapshot. Only tokens
// that were sealed here get in. The zero value is empty.
type sessions struct {
	mu sync.RWMutex
	m  map[string]*opened // by token; guarded by mu
}

func (s *sessions) get(token string) *opened {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.m[token]
}

// put remembers a session; when there are too many, all others are forgotten.
func (s *sessions) put(token string, o *opened) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil || len(s.m) >= maxSessions {
		s.m = make(map[string]*opened)
	}
	s.m[strings.Clone(token)] = o
}

// session opens a token and checks that it belongs to the access key and is
// in time. Errors match sigv4.ErrUnknownKey or sigv4.ErrExpiredToken.
func (a *Authenticator) session(snap *snapshot, accessKeyID, token string) (*opened, error) {
	o := snap.sessions.get(token)
	if o == nil {
		var err error
		if o, err = a.openSession(snap, token); err != nil {
			return nil, fmt.Errorf("%w: session token %s: %w", sigv4.ErrUnknownKey, sigv4.Fingerprint(token), err)
		}
		snap.sessions.put(token, o)
	}
	if subtle.ConstantTimeCompare([]byte(o.identity.AccessKeyID), []byte(accessKeyID)) != 1 {
		return nil, fmt.Errorf("%w: session token %s belongs to another access key", sigv4.ErrUnknownKey, sigv4.Fingerprint(token))
	}
	now := a.o.Now()
	if !now.Before(o.identity.Expires) {
		return nil, fmt.Errorf("%w: the session ended at %s", sigv4.ErrExpiredToken, o.identity.Expires.Format(time.RFC3339))
	}
	if now.Add(maxSkew).Before(o.identity.IssuedAt) {
		return nil, fmt.Errorf("%w: the session begins at %s only", sigv4.ErrUnknownKey, o.identity.IssuedAt.Format(time.RFC3339))
	}
	return o, nil
}

func (a *Authenticator) openSession(snap *snapshot, token string) (*opened, error) {
	g, err := a.sealer.open(token)
	if err != nil {
		return nil, err
	}
	p := snap.principals[g.role]
	if p == nil || snap.roles[g.role] != p {
		return nil, fmt.Errorf("its role %s is no longer in the template", g.role)
	}
	o := &opened{secret: g.secret, identity: p.session(snap.spec, g.session)}
	o.identity.AccessKeyID, o.identity.IssuedAt, o.identity.Expires = g.accessKeyID, g.issued, g.expires
	if g.cognito != nil {
		o.identity.Cognito, o.identity.methods = g.cognito, g.cognito.Methods()
	}
	if g.policy == "" {
		return o, nil
	}
	policy, err := iam.ParseIdentity([]byte(g.policy))
	if err != nil {
		return nil, fmt.Errorf("its session policy cannot be used: %w", err)
	}
	o.identity.session = &iam.Named{Name: "session policy of " + g.session, Policy: policy}
	return o, nil
}
