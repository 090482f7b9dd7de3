package identity_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/identity/jwttest"
)

// keyServer answers discovery and key documents without a network.
type keyServer struct {
	mu       sync.Mutex
	requests map[string]int
	keys     map[string][]jose.JSONWebKey // by issuer
	down     bool
}

func (k *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.requests[r.URL.String()]++
	if k.down {
		return nil, errors.New("no route to host")
	}
	issuer := "https://" + r.URL.Host
	if strings.Contains(r.URL.Host, "cognito") {
		issuer = poolIssuer
	}
	var body any = jose.JSONWebKeySet{Keys: k.keys[issuer]}
	status := http.StatusOK
	if strings.HasSuffix(r.URL.Path, "openid-configuration") {
		body = map[string]string{"issuer": issuer, "jwks_uri": issuer + "/keys"}
		if issuer == poolIssuer { // as servers that lack discovery
			status = http.StatusNotFound
		}
	}
	w := recorder{header: http.Header{"Content-Type": {"application/json"}}}
	_ = json.NewEncoder(&w.body).Encode(body)
	return w.response(status, r), nil
}

func (k *keyServer) count(url string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.requests[url]
}

func TestIssuerWithoutKeysRefusesAndSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers()[2:4], func(o *identity.ModesOptions) { o.Issuers = nil })
	if got := strings.Join(w.modes.Unavailable(), "\n"); !strings.Contains(got, "--issuer Pool=URL") || !strings.Contains(got, "--issuer "+oidcIssuer+"=URL") {
		t.Errorf("unavailable: %s", got)
	}
	_, f := w.modes.Admit(context.Background(), credential("Authorization", token(t, "rsa", poolClaims())))
	if f == nil || !strings.Contains(f.Error(), "start with --issuer") {
		t.Errorf("got %v", f)
	}
}

func TestKeysFromAFileAndFromAnotherIssuer(t *testing.T) {
	t.Parallel()
	file := jwttest.KeyFile(t, publicKey("rsa"))
	w := newWorld(t, providers()[2:4], func(o *identity.ModesOptions) {
		o.Issuers = map[string]string{poolID: file, oidcIssuer: "https://local.example.com"}
	})
	w.keys.keys["https://local.example.com"] = []jose.JSONWebKey{publicKey("ec")}
	for _, r := range []*identity.Request{
		credential("Authorization", token(t, "rsa", poolClaims())), // a file's tokens have the real issuer
		credential("Authorization", token(t, "ec", jwttest.With(oidcClaims(), map[string]any{"iss": "https://local.example.com"}))),
	} {
		if _, f := w.modes.Admit(context.Background(), r); f != nil {
			t.Error(f)
		}
	}
	if _, f := w.modes.Admit(context.Background(), credential("Authorization", token(t, "ec", oidcClaims()))); f == nil {
		t.Error("a token of the issuer that was replaced was admitted")
	}
}

func TestUnknownKeyIDsReachTheIssuerSeldom(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	keysAt := oidcIssuer + "/keys"
	good := credential("Authorization", token(t, "ec", oidcClaims()))
	if _, f := w.modes.Admit(context.Background(), good); f != nil {
		t.Fatal(f)
	}
	for i := range 100 {
		stranger := jose.JSONWebKey{KeyID: strings.Repeat("x", i+1), Key: signingKeys()["rsa"]}
		if _, f := w.modes.Admit(context.Background(), credential("Authorization", jwttest.Sign(t, jose.RS256, stranger, oidcClaims(), nil))); f == nil {
			t.Fatal("an unknown key was admitted")
		}
	}
	if n := w.keys.count(keysAt); n != 1 {
		t.Errorf("the keys were fetched %d times in one moment", n)
	}
	// The issuer rotates: after the pause the new key is found.
	w.clock.now = start.Add(11 * time.Second)
	rotated := publicKey("rsa")
	rotated.KeyID = "new"
	w.keys.keys[oidcIssuer] = []jose.JSONWebKey{rotated}
	fresh := credential("Authorization", jwttest.Sign(t, jose.RS256, jose.JSONWebKey{KeyID: "new", Key: signingKeys()["rsa"]}, oidcClaims(), nil))
	if _, f := w.modes.Admit(context.Background(), fresh); f != nil {
		t.Error(f)
	}
	if _, f := w.modes.Admit(context.Background(), good); f == nil {
		t.Error("a key that the issuer has dropped is still good")
	}
	if n := w.keys.count(keysAt); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestIssuerThatIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers()[3:4], nil)
	long := credential("Authorization", token(t, "ec", jwttest.With(oidcClaims(), map[string]any{"exp": start.Add(90 * time.Hour).Unix(),
		"iat": start.Add(30 * time.Hour).Unix(), "auth_time": start.Add(30 * time.Hour).Unix()})))
	w.clock.now = start.Add(30 * time.Hour)
	w.keys.down = true
	_, f := w.modes.Admit(context.Background(), long)
	if f == nil || f.Status != 401 || !strings.Contains(f.Error(), "no route to host") {
		t.Fatalf("got %v", f)
	}
	w.keys.down = false
	if _, f = w.modes.Admit(context.Background(), long); f == nil {
		t.Error("the issuer was asked again at once")
	}
	w.clock.now = w.clock.now.Add(11 * time.Second)
	if _, f = w.modes.Admit(context.Background(), long); f != nil {
		t.Fatal(f)
	}
	w.keys.down = true
	w.clock.now = w.clock.now.Add(2 * time.Hour) // iat is too old now, so another token
	later := credential("Authorization", token(t, "ec", jwttest.With(oidcClaims(), map[string]any{"exp": start.Add(90 * time.Hour).Unix(),
		"iat": w.clock.now.Unix(), "auth_time": w.clock.now.Unix()})))
	if _, f = w.modes.Admit(context.Background(), later); f != nil {
		t.Errorf("keys of two hours are not good any more: %v", f)
	}
	w.clock.now = w.clock.now.Add(25 * time.Hour)
	last := credential("Authorization", token(t, "ec", jwttest.With(oidcClaims(), map[string]any{"exp": start.Add(900 * time.Hour).Unix(),
		"iat": w.clock.now.Unix(), "auth_time": w.clock.now.Unix()})))
	if _, f = w.modes.Admit(context.Background(), last); f == nil {
		t.Error("keys of a day are still good")
	}
}

// recorder makes an HTTP response without a server.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (w *recorder) response(status int, r *http.Request) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), Request: r}
}
