package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeyDocument = 1 << 20 // bytes of a discovery document or key set
	maxKeys        = 100     // of one issuer
	keyFetch       = 10 * time.Second
	keyPause       = 10 * time.Second // between two fetches, whatever tokens come
	keyAge         = time.Hour        // after which keys are fetched again
	keyLife        = 24 * time.Hour   // after which keys that cannot be fetched again are dropped
)

// issuer knows the keys of one issuer. Keys are fetched with the first token,
// again when they are old, and for a key id that is unknown; never more often
// than each keyPause, so that a flood of made-up key ids does not reach the
// issuer.
type issuer struct {
	name string // what iss must be
	url  string // of the issuer; empty: keys are in file
	file string
	pool bool // Cognito: the keys are at a known place below the issuer
	now  func() time.Time
	http *http.Client

	turn chan struct{} // holds one: whoever has it fetches

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time // when keys came
	tried   time.Time // when a fetch ended
	failed  error     // of the last fetch
}

// newIssuer is for the issuer that the template names; where is the URL of an
// issuer, then the tokens' too, or the path of a file with keys.
func newIssuer(o *ModesOptions, name, where string, pool bool) (*issuer, error) {
	i := &issuer{name: name, pool: pool, now: o.Now, turn: make(chan struct{}, 1)}
	i.http = &http.Client{
		Transport:     boundedBy(o.Transport),
		Timeout:       keyFetch,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if !strings.HasPrefix(where, "http://") && !strings.HasPrefix(where, "https://") {
		i.file = where
		_, err := i.read() // a file that is not there is found at start
		return i, err
	}
	if err := trustworthy(where); err != nil {
		return nil, err
	}
	i.name, i.url = where, where
	return i, nil
}

// trustworthy lets keys come over TLS, or from this machine.
func trustworthy(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%.200q is no URL", address)
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("%.200q: keys must come over https, or http from this machine", address)
}

// boundedTransport cuts answers that are too long.
type boundedTransport struct{ next http.RoundTripper }

func boundedBy(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return boundedTransport{next}
}

func (t boundedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxKeyDocument), resp.Body}
	}
	return resp, err
}

// VerifySignature is that of oidc.KeySet: the payload of a token that one of
// the issuer's keys signed.
func (i *issuer) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	algs := make([]jose.SignatureAlgorithm, 0, 9)
	for _, a := range algorithms() {
		algs = append(algs, jose.SignatureAlgorithm(a))
	}
	signed, err := jose.ParseSignedCompact(token, algs)
	if err != nil || len(signed.Signatures) != 1 {
		return nil, errors.New("its signature is not one that is accepted")
	}
	header := signed.Signatures[0].Header
	keys, err := i.find(ctx, header.KeyID)
	if err != nil {
		return nil, err
	}
	for k := range keys {
		if keys[k].Algorithm != "" && keys[k].Algorithm != header.Algorithm || keys[k].Use != "" && keys[k].Use != "sig" {
			continue
		}
		if payload, err := signed.Verify(&keys[k]); err == nil {
			return payload, nil
		}
	}
	return nil, fmt.Errorf("no key %.100q of the issuer made its %s signature", header.KeyID, header.Algorithm)
}

// find gives the keys with an id, all of them for a token that names none.
func (i *issuer) find(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	keys, fresh := i.known(id)
	if len(keys) > 0 && fresh {
		return keys, nil
	}
	select {
	case i.turn <- struct{}{}:
		defer func() { <-i.turn }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if keys, fresh = i.known(id); len(keys) > 0 && fresh { // another call has fetched
		return keys, nil
	}
	err := i.refresh(ctx)
	if keys, _ = i.known(id); len(keys) > 0 {
		return keys, nil
	}
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("the issuer has no key %.100q; its keys are fetched again at most each %s", id, keyPause)
}

// known are the keys at hand, and whether they need no fetch.
func (i *issuer) known(id string) (keys []jose.JSONWebKey, fresh bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	age := i.now().Sub(i.fetched)
	if i.fetched.IsZero() || age > keyLife {
		return nil, false
	}
	for _, k := range i.keys {
		if id == "" || k.KeyID == id {
			keys = append(keys, k)
		}
	}
	return keys, age <= keyAge
}

// refresh fetches the keys, unless that was tried a moment ago. The caller has
// the turn.
func (i *issuer) refresh(ctx context.Context) error {
	i.mu.Lock()
	if wait := i.now().Sub(i.tried); !i.tried.IsZero() && wait >= 0 && wait < keyPause {
		defer i.mu.Unlock()
		return i.failed
	}
	i.mu.Unlock()
	// Whoever waits for the turn wants the keys too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keyFetch)
	defer cancel()
	keys, err := i.fetch(ctx)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tried, i.failed = i.now(), err
	if err == nil {
		i.keys, i.fetched = keys, i.tried
	}
	return err
}

func (i *issuer) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	if i.file != "" {
		return i.read()
	}
	address, err := i.discover(ctx)
	if err != nil {
		return nil, err
	}
	if err := trustworthy(address); err != nil {
		return nil, err
	}
	if strings.HasPrefix(i.url, "https://") && !strings.HasPrefix(address, "https://") {
		return nil, fmt.Errorf("the discovery document of %s has the jwks_uri %.200q: keys of an issuer with TLS come over TLS", i.url, address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("the keys' address: %w", err)
	}
	resp, err := i.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("fetching keys: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetching keys from %s: status %d", address, resp.StatusCode)
	}
	return parseKeys(address, body)
}

// discover finds where the keys are (OpenID Connect Discovery 1.0, section 4).
func (i *issuer) discover(ctx context.Context) (string, error) {
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, i.http), i.url)
	if err != nil {
		if i.pool { // Amazon Cognito developer guide, "Verifying JSON web tokens"
			return strings.TrimSuffix(i.url, "/") + "/.well-known/jwks.json", nil
		}
		return "", fmt.Errorf("asking the issuer %s what it is: %w", i.url, err)
	}
	var document struct {
		Keys string `json:"jwks_uri"`
	}
	if err := p.Claims(&document); err != nil || document.Keys == "" {
		return "", fmt.Errorf("the discovery document of %s has no jwks_uri", i.url)
	}
	return document.Keys, nil
}

func (i *issuer) read() ([]jose.JSONWebKey, error) {
	f, err := os.Open(i.file)
	if err != nil {
		return nil, fmt.Errorf("the keys of %s: %w", i.name, err)
	}
	defer func() { _ = f.Close() }()
	body, err := io.ReadAll(io.LimitReader(f, maxKeyDocument))
	if err != nil {
		return nil, fmt.Errorf("the keys of %s: %w", i.name, err)
	}
	return parseKeys(i.file, body)
}

// parseKeys reads a JSON Web Key Set (RFC 7517), leaving out what is no
// public key of a kind that is known here.
func parseKeys(where string, body []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, fmt.Errorf("%s is no JSON Web Key Set (RFC 7517): it should be {\"keys\":[…]}", where)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("%s has %d keys, over %d", where, len(set.Keys), maxKeys)
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys {
		var k jose.JSONWebKey
		if err := k.UnmarshalJSON(raw); err == nil && k.Valid() && k.IsPublic() {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("%s has no public key", where)
	}
	return keys, nil
}

// explain makes go-oidc's errors short; they may repeat parts of the token.
func (i *issuer) explain(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "unsupported signature algorithm"), strings.Contains(text, "unexpected signature algorithm"), strings.Contains(text, "malformed jwt"):
		return fmt.Errorf("its signature is not one of %s", strings.Join(algorithms(), ", "))
	case strings.Contains(text, "failed to verify signature: "):
		_, reason, _ := strings.Cut(text, "failed to verify signature: ")
		return errors.New(reason)
	}
	return err
}
