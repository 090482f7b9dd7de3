package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/sigv4"
)

// IAM verifies the signature of a request and tells who made it. body is all
// that followed the headers. The refusals are those of package sigv4.
func (a *Authenticator) IAM(ctx context.Context, r *sigv4.Request, body []byte) (*Identity, *fault.Error) {
	id, f := a.verify(ctx, r, body)
	if f != nil {
		a.refused(Refusal{Request: r, Body: body, Fault: f})
	}
	return id, f
}

// either verifies a signature over the request as it is, or else over one of
// its other readings. That is one refusal at most.
func (a *Authenticator) either(ctx context.Context, r *Request) (*Identity, *fault.Error) {
	id, f := a.verify(ctx, r.Signed, r.Body)
	if f == nil {
		return id, nil
	}
	if f.Code == "InvalidSignatureException" { // else no reading helps
		for _, other := range r.others() {
			if id, f := a.verify(ctx, other.Signed, other.Body); f == nil {
				return id, nil
			}
		}
	}
	a.refused(Refusal{Request: r.Signed, Body: r.Body, OtherPath: r.OtherPath, Fault: f})
	return nil, f
}

// others are the request as it may have been signed besides.
func (r *Request) others() []Request {
	var list []Request
	if r.OtherBody != nil {
		signed := *r.Signed
		signed.ContentLength = int64(len(r.OtherBody))
		list = append(list, Request{Signed: &signed, Body: r.OtherBody})
	}
	if r.OtherPath != "" {
		list = append(list, Request{Signed: atPath(r.Signed, r.OtherPath), Body: r.Body})
	}
	return list
}

func atPath(r *sigv4.Request, path string) *sigv4.Request {
	q := *r
	q.Path = path
	return &q
}

func (a *Authenticator) refused(f Refusal) {
	if a.o.Refused != nil {
		f.At = a.o.Now()
		a.o.Refused(f)
	}
}

func (a *Authenticator) verify(ctx context.Context, r *sigv4.Request, body []byte) (*Identity, *fault.Error) {
	l := &lookup{Context: ctx, snap: a.current.Load()}
	who, err := l.snap.verifier.Verify(l, r, body)
	if err != nil {
		return nil, refusal(err)
	}
	if l.found == nil || l.found.AccessKeyID != who.AccessKeyID {
		return nil, fault.Internal.Because("the verifier and the key look-up do not agree on who signed")
	}
	return l.found, nil
}

// Refusal is a request whose signature was refused.
type Refusal struct {
	Request *sigv4.Request
	Body    []byte
	// OtherPath may have been signed instead of that of Request; empty: none.
	OtherPath string
	// BodyUnknown: whoever took the refusal over did not keep the body.
	BodyUnknown bool
	At          time.Time
	Fault       *fault.Error // what was answered, and the short reason
}

// Explain finds out which mistake makes the signature of a refused request,
// with the secrets that the Spec in force has. hosts and prefixes are what
// else the API is known by, see [sigv4.Question]. Of two paths that may have
// been signed it takes the one with fewer mistakes. It takes milliseconds: it is
// not for the goroutine that answers the request.
func (a *Authenticator) Explain(ctx context.Context, f *Refusal, hosts, prefixes []string) *sigv4.Report {
	report := a.explain(ctx, f, f.Request, hosts, prefixes)
	if f.OtherPath != "" {
		other := a.explain(ctx, f, atPath(f.Request, f.OtherPath), hosts, prefixes)
		if report.Unmatched && !other.Unmatched || report.Unmatched == other.Unmatched && len(other.Mistakes) < len(report.Mistakes) {
			return other
		}
	}
	return report
}

func (a *Authenticator) explain(ctx context.Context, f *Refusal, r *sigv4.Request, hosts, prefixes []string) *sigv4.Report {
	l := &lookup{Context: ctx, snap: a.current.Load()}
	q := l.snap.verifier.Question(r, f.Body)
	q.At, q.Hosts, q.Prefixes, q.BodyUnknown = f.At, hosts, prefixes, f.BodyUnknown
	q.Candidates = l.snap.candidates()
	return sigv4.Explain(l, q)
}

// Key looks secrets up as IAM does, for a verifier of the caller's own. It must
// not put what it finds anywhere.
func (a *Authenticator) Key(ctx context.Context, accessKeyID, sessionToken string) (string, error) {
	return a.secret(&lookup{Context: ctx, snap: a.current.Load()}, accessKeyID, sessionToken)
}

// candidates are the long-term keys, for a request that names one key and was
// signed with another's secret.
func (snap *snapshot) candidates() []sigv4.Candidate {
	var list []sigv4.Candidate
	for id, k := range snap.keys {
		if k.refused == "" {
			list = append(list, sigv4.Candidate{Name: id, AccessKeyID: id, Secret: k.secret})
		}
	}
	return list
}

// lookup is the context of one verification. It takes the Spec in force to
// the key look-up, and the caller back.
type lookup struct {
	context.Context
	snap  *snapshot
	found *Identity
}

type lookupKey struct{}

// Value gives the lookup itself under lookupKey.
func (l *lookup) Value(key any) any {
	if key == (lookupKey{}) {
		return l
	}
	return l.Context.Value(key)
}

// secret finds the secret of an access key, as sigv4.Key.
func (a *Authenticator) secret(ctx context.Context, accessKeyID, token string) (string, error) {
	l, ok := ctx.Value(lookupKey{}).(*lookup)
	if !ok {
		return "", errors.New("identity: the look-up has no context of its own")
	}
	if k := l.snap.keys[accessKeyID]; k != nil {
		return l.longTerm(k, token)
	}
	if a.o.Foreign != nil {
		if c, ok := a.o.Foreign(strings.Clone(accessKeyID)); ok {
			return a.foreign(l, &c, token)
		}
	}
	if token == "" {
		return "", fmt.Errorf("%w: no caller has it; if it is temporary, its session token is missing", sigv4.ErrUnknownKey)
	}
	o, err := a.session(l.snap, accessKeyID, token)
	if err != nil {
		return "", err
	}
	l.found = &o.identity
	return o.secret, nil
}

func (l *lookup) longTerm(k *longTerm, token string) (string, error) {
	switch {
	case k.refused != "":
		return "", fmt.Errorf("%w: %s", sigv4.ErrUnknownKey, k.refused)
	case token != "":
		return "", fmt.Errorf("%w: a session token was sent with a long-term key", sigv4.ErrUnknownKey)
	}
	l.found = &k.identity
	return k.secret, nil
}

// foreign admits credentials that a function was given.
func (a *Authenticator) foreign(l *lookup, c *aws.Credentials, token string) (string, error) {
	switch {
	case c.SecretAccessKey == "":
		return "", fmt.Errorf("%w: the credentials that functions were given have no secret", sigv4.ErrUnknownKey)
	case subtle.ConstantTimeCompare([]byte(c.SessionToken), []byte(token)) != 1:
		return "", fmt.Errorf("%w: the session token is not the one that functions were given", sigv4.ErrUnknownKey)
	case c.CanExpire && !a.o.Now().Before(c.Expires):
		return "", fmt.Errorf("%w: the credentials that functions were given have expired", sigv4.ErrExpiredToken)
	}
	arn := arnHead(l.snap.spec, "sts") + "assumed-role/function-credentials/chain"
	l.found = &Identity{Kind: Foreign, AccessKeyID: c.AccessKeyID, Account: l.snap.spec.Account, ARN: arn, PrincipalARN: arn, UserID: c.AccessKeyID}
	return c.SecretAccessKey, nil
}

// refusal is the public part of what the verifier said, and its reason.
func refusal(err error) *fault.Error {
	var refused *sigv4.RefusedError
	if !errors.As(err, &refused) {
		return fault.Internal.Because("verifying the signature: %w", err)
	}
	return &fault.Error{
		Code:    refused.Code,
		Status:  refused.Status,
		Message: redacted(refused),
		Cause:   &RefusedError{Reason: refused.Reason, AccessKeyID: shownKey(refused.AccessKeyID), cause: refused.Unwrap()},
	}
}

// RefusedError is the private reason of a refused signature.
type RefusedError struct {
	Reason      string // which part failed, one line
	AccessKeyID string // who claimed to sign; empty if unknown or not a key id

	cause error
}

// Error is the reason and, if it does not say so itself, whose key it was.
func (e *RefusedError) Error() string {
	if e.AccessKeyID == "" || strings.Contains(e.Reason, e.AccessKeyID) {
		return e.Reason
	}
	return e.Reason + " (access key " + e.AccessKeyID + ")"
}

// Unwrap gives the error of the key look-up, if that is why.
func (e *RefusedError) Unwrap() error { return e.cause }

// shownKey is the access key id if it looks like one; it might be a misplaced
// secret otherwise.
func shownKey(id string) string {
	if len(id) < 16 || len(id) > 32 || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
		return ""
	}
	return strings.Clone(id)
}
