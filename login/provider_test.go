package login

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/internal/identity/jwttest"
)

const (
	oidcClient = "cli"
	oidcSecret = "cl!ent secret/of=the+client"
	oidcCode   = "one-time-code"
	deviceCode = "device-code-value"
	userCode   = "WDJB-MJHT"
)

// oidcServer is an OpenID provider with one person, who always says yes.
type oidcServer struct {
	t   testing.TB
	url string
	key *ecdsa.PrivateKey
	now func() time.Time

	// what tests change before they begin
	secret   string                                               // of the client; "": public
	metadata map[string]any                                       // over the discovery document
	claims   map[string]any                                       // over the ID token's; nil values are left out
	tokens   map[string]any                                       // over the token answer
	redirect func(url.Values)                                     // changes the answer to the browser
	intrude  func(path string, w http.ResponseWriter) (done bool) // answers in our place
	device   []string                                             // errors of polls before success
	none     bool                                                 // no ID token at refresh

	mu        sync.Mutex
	refresh   string // the one that is good
	rotations int
	nonce     string
	challenge string
	redirects string   // redirect_uri of the authorization request
	requests  []string // grants and endpoints
}

func newProvider(t testing.TB) *oidcServer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &oidcServer{t: t, key: key, now: time.Now, refresh: "oidc-refresh-token-0"}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *oidcServer) client() *OIDC {
	return &OIDC{Issuer: s.url, ClientID: oidcClient, ClientSecret: s.secret, Now: s.now, Timeout: 20 * time.Second}
}

func (s *oidcServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.intrude != nil && s.intrude(r.URL.Path, w) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		s.json(w, http.StatusOK, merged(map[string]any{"issuer": s.url, "authorization_endpoint": s.url + "/authorize?tenant=1",
			"token_endpoint": s.url + "/token", "jwks_uri": s.url + "/keys", "device_authorization_endpoint": s.url + "/device",
			"revocation_endpoint": s.url + "/revoke", "scopes_supported": []string{"openid", "offline_access"},
			"code_challenge_methods_supported": []string{"S256"}}, s.metadata))
	case "/keys":
		key := jose.JSONWebKey{Key: &s.key.PublicKey, KeyID: "k1", Use: "sig", Algorithm: "ES256"}
		s.json(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{"kty": "unheard-of"}, key}})
	case "/authorize":
		s.authorize(w, r)
	case "/device", "/revoke", "/token":
		s.post(w, r)
	default:
		http.NotFound(w, r)
	}
}

func merged(base, over map[string]any) map[string]any {
	for k, v := range over {
		base[k] = v
		if v == nil {
			delete(base, k)
		}
	}
	return base
}

func (s *oidcServer) json(w http.ResponseWriter, status int, v any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (s *oidcServer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": oidcClient, "code_challenge_method": "S256",
		"scope": "openid offline_access", "tenant": "1"} {
		if q.Get(name) != want {
			s.t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if len(q.Get("state")) < 22 || len(q.Get("nonce")) < 22 {
		s.t.Error("state or nonce can be guessed")
	}
	s.nonce, s.challenge, s.redirects = q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")
	answer := url.Values{"code": {oidcCode}, "state": {q.Get("state")}, "iss": {s.url}}
	if s.redirect != nil {
		s.redirect(answer)
	}
	http.Redirect(w, r, s.redirects+"?"+answer.Encode(), http.StatusFound)
}

func (s *oidcServer) post(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.t.Error(err)
	}
	s.requests = append(s.requests, strings.TrimPrefix(r.URL.Path, "/")+" "+r.PostForm.Get("grant_type"))
	if !s.authenticated(r) {
		s.refuse(w, http.StatusUnauthorized, "invalid_client", "bad secret "+r.PostForm.Get("client_secret"))
		return
	}
	switch r.URL.Path {
	case "/device":
		s.json(w, http.StatusOK, map[string]any{"device_code": deviceCode, "user_code": userCode, "verification_uri": s.url + "/go",
			"verification_uri_complete": s.url + "/go?c=" + userCode, "expires_in": 600, "interval": 2})
	case "/revoke":
		s.refresh = "revoked"
	case "/token":
		s.token(w, r.PostForm)
	}
}

func (s *oidcServer) authenticated(r *http.Request) bool {
	id, secret, basic := r.BasicAuth()
	if !basic {
		return r.PostForm.Get("client_id") == oidcClient && r.PostForm.Get("client_secret") == s.secret
	}
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	return id == oidcClient && secret == s.secret && !r.PostForm.Has("client_secret")
}

func (s *oidcServer) refuse(w http.ResponseWriter, status int, code, text string) {
	s.json(w, status, map[string]any{"error": code, "error_description": text})
}

func (s *oidcServer) token(w http.ResponseWriter, form url.Values) {
	answer := map[string]any{"access_token": fmt.Sprint("oidc-access-token-", s.rotations), "token_type": "bearer", "expires_in": 3600}
	switch form.Get("grant_type") {
	case "authorization_code":
		if form.Get("code") != oidcCode || form.Get("redirect_uri") != s.redirects ||
			oauth2.S256ChallengeFromVerifier(form.Get("code_verifier")) != s.challenge {
			s.refuse(w, http.StatusBadRequest, "invalid_grant", "code "+form.Get("code")+" or verifier "+form.Get("code_verifier"))
			return
		}
		answer["refresh_token"], answer["id_token"] = s.refresh, s.idToken(s.nonce)
	case "refresh_token":
		if form.Get("refresh_token") != s.refresh {
			s.refuse(w, http.StatusBadRequest, "invalid_grant", "reused: "+form.Get("refresh_token"))
			return
		}
		s.rotations++
		s.refresh = fmt.Sprint("oidc-refresh-token-", s.rotations)
		answer["access_token"], answer["refresh_token"] = fmt.Sprint("oidc-access-token-", s.rotations), s.refresh
		if !s.none {
			answer["id_token"] = s.idToken("")
		}
	case "client_credentials":
		if form.Get("scope") != "api/read" || form.Get("audience") != "https://api" {
			s.refuse(w, http.StatusBadRequest, "invalid_scope", form.Get("scope"))
			return
		}
	case deviceGrant:
		if form.Get("device_code") != deviceCode {
			s.refuse(w, http.StatusBadRequest, "invalid_grant", "no such code")
			return
		}
		if len(s.device) > 0 {
			code := s.device[0]
			s.device = s.device[1:]
			s.poll(w, code)
			return
		}
		answer["refresh_token"], answer["id_token"] = s.refresh, s.idToken("")
	}
	s.json(w, http.StatusOK, merged(answer, s.tokens))
}

// poll answers a poll by an error, a status, or a broken connection.
func (s *oidcServer) poll(w http.ResponseWriter, code string) {
	switch code {
	case "503":
		w.WriteHeader(http.StatusServiceUnavailable)
	case "hang up":
		panic(http.ErrAbortHandler)
	default:
		s.refuse(w, http.StatusBadRequest, code, "device "+deviceCode)
	}
}

func (s *oidcServer) idToken(nonce string) string {
	claims := map[string]any{"iss": s.url, "sub": "person", "aud": oidcClient, "exp": s.now().Unix() + 3600, "iat": s.now().Unix()}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return jwttest.Sign(s.t, jose.ES256, jose.JSONWebKey{Key: s.key, KeyID: "k1"}, merged(claims, s.claims), nil)
}
