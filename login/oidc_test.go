package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

func TestDeviceLogin(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	clock := newClock()
	s.now = clock.now
	s.device = []string{"authorization_pending", "slow_down", "authorization_pending", "503", "hang up", "slow_down", "authorization_pending"}
	c := s.client()
	c.Timeout = 0
	var waits []time.Duration
	c.sleep = func(ctx context.Context, d time.Duration) error {
		waits = append(waits, d/time.Second)
		clock.advance(d)
		return ctx.Err()
	}
	var shown []DeviceCode
	token, err := c.Device(t.Context(), func(d DeviceCode) { shown = append(shown, d) })
	if err != nil {
		t.Fatal(err)
	}
	if IDToken(token) == "" || token.RefreshToken == "" {
		t.Error("incomplete tokens")
	}
	if diff := cmp.Diff([]time.Duration{2, 2, 7, 7, 14, 28, 33, 33}, waits); diff != "" {
		t.Errorf("waits (-want +got)\n%s", diff)
	}
	want := []DeviceCode{{UserCode: userCode, URL: s.url + "/go", CompleteURL: s.url + "/go?c=" + userCode, Expires: newClock().now().Add(10 * time.Minute)}}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("shown (-want +got)\n%s", diff)
	}
}

func TestDeviceLoginEnds(t *testing.T) {
	t.Parallel()
	pending := make([]string, 1000)
	for i := range pending {
		pending[i] = "authorization_pending"
	}
	for name, c := range map[string]struct {
		polls []string
		want  error
	}{
		"denied":        {[]string{"authorization_pending", "access_denied"}, ErrDenied},
		"expired":       {[]string{"expired_token"}, ErrTimeout},
		"nobody":        {pending, ErrTimeout},
		"unknown error": {[]string{"pigeon"}, ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newProvider(t)
			clock := newClock()
			s.now, s.device = clock.now, c.polls
			client := s.client()
			client.Timeout = 0
			client.sleep = func(ctx context.Context, d time.Duration) error { clock.advance(d); return ctx.Err() }
			_, err := client.Device(t.Context(), func(DeviceCode) {})
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			oidcQuiet(t, err)
			if n := len(s.requests); n > 1+600/2 {
				t.Errorf("%d polls", n)
			}
		})
	}
}

func TestDeviceLoginHeedsContext(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.client().Device(ctx, func(DeviceCode) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c := s.client()
	c.Timeout = 50 * time.Millisecond
	if _, err := c.Device(t.Context(), func(DeviceCode) {}); !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
	s.metadata = map[string]any{"device_authorization_endpoint": nil}
	if _, err := s.client().Device(t.Context(), func(DeviceCode) {}); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
	if _, err := s.client().Device(t.Context(), nil); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	s.secret = oidcSecret
	clock := newClock()
	s.now = clock.now
	c := s.client()
	c.Scopes, c.Parameters = []string{"api/read"}, map[string]string{"audience": "https://api"}
	source, err := c.Service(openStore(t, filepath.Join(t.TempDir(), "d")), "service")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		fetch(t, source, "oidc-access-token-0")
	}
	clock.advance(2 * time.Hour)
	fetch(t, source, "oidc-access-token-0")
	if diff := cmp.Diff([]string{"token client_credentials", "token client_credentials"}, s.requests); diff != "" {
		t.Error(diff)
	}
	c.ClientSecret = "a wrong secret"
	_, err = c.ClientCredentials(t.Context(), nil)
	if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "invalid_client") {
		t.Error(err)
	}
	quiet(t, err, "a wrong secret")
	if _, err := (&OIDC{Issuer: s.url, ClientID: "x"}).ClientCredentials(t.Context(), nil); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	for _, without := range []bool{false, true} {
		s := newProvider(t)
		s.none = without
		clock := newClock()
		s.now = clock.now
		first, err := s.client().Code(t.Context(), opening(t))
		if err != nil {
			t.Fatal(err)
		}
		store := openStore(t, filepath.Join(t.TempDir(), "d"))
		source, err := s.client().Source(store, "work", false)
		if err != nil {
			t.Fatal(err)
		}
		if err := source.Save(t.Context(), first, nil); err != nil {
			t.Fatal(err)
		}
		for i := 1; i <= 3; i++ {
			clock.advance(2 * time.Hour)
			fetch(t, source, fmt.Sprint("oidc-access-token-", i))
			if saved, err := store.Load("work"); err != nil || saved.Token.RefreshToken != s.refresh || IDToken(saved.Token) == "" {
				t.Errorf("saved %v, %v", saved, err)
			}
		}
	}
}

func TestRefreshRefused(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	token, err := s.client().Code(t.Context(), opening(t))
	if err != nil {
		t.Fatal(err)
	}
	s.claims = map[string]any{"sub": "another person"}
	if _, err := s.client().Refresh(t.Context(), token); !errors.Is(err, ErrUntrusted) {
		t.Error(err)
	}
	_, err = s.client().Refresh(t.Context(), token) // it was rotated
	if !errors.Is(err, ErrLoginRequired) || !strings.Contains(err.Error(), "hint: log in again") {
		t.Error(err)
	}
	oidcQuiet(t, err)
	if _, err := s.client().Refresh(t.Context(), &oauth2.Token{}); !errors.Is(err, ErrLoginRequired) {
		t.Error(err)
	}
}

func TestRefreshKeepsTokenWhenKeysAreMissing(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	token, err := s.client().Code(t.Context(), opening(t))
	if err != nil {
		t.Fatal(err)
	}
	s.intrude = func(path string, w http.ResponseWriter) bool {
		if path == "/keys" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return path == "/keys"
	}
	if _, err := s.client().Refresh(t.Context(), token); !errors.Is(err, ErrUnavailable) || s.rotations != 0 {
		t.Errorf("%v after %d rotations", err, s.rotations)
	}
	s.intrude = nil
	if _, err := s.client().Refresh(t.Context(), token); err != nil {
		t.Error(err)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	if err := s.client().Revoke(t.Context(), &oauth2.Token{RefreshToken: s.refresh}); err != nil || s.refresh != "revoked" {
		t.Errorf("%v, %s", err, s.refresh)
	}
	s.metadata = map[string]any{"revocation_endpoint": nil}
	if err := s.client().Revoke(t.Context(), &oauth2.Token{AccessToken: "a"}); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

func TestEndpointsReplaceDiscovery(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	s.intrude = func(path string, w http.ResponseWriter) bool {
		if strings.Contains(path, "well-known") {
			t.Error("discovery was asked")
		}
		return false
	}
	c := s.client()
	c.Scopes = []string{"openid", "offline_access"}
	c.Endpoints = Endpoints{Authorization: s.url + "/authorize?tenant=1", Token: s.url + "/token", Keys: s.url + "/keys", Revocation: s.url + "/revoke"}
	if _, err := c.Code(t.Context(), opening(t)); err != nil {
		t.Error(err)
	}
}

func TestBadProviders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path   string
		status int
		body   string
		want   error
	}{
		"discovery html":     {"/.well-known/openid-configuration", 200, "<html>hotel</html>", ErrBadAnswer},
		"discovery 404":      {"/.well-known/openid-configuration", 404, "", ErrBadAnswer},
		"discovery 503":      {"/.well-known/openid-configuration", 503, "", ErrUnavailable},
		"another issuer":     {"/.well-known/openid-configuration", 200, `{"issuer":"https://evil.example.com"}`, ErrUntrusted},
		"huge discovery":     {"/.well-known/openid-configuration", 200, strings.Repeat(" ", maxAnswer+1), ErrBadAnswer},
		"token html":         {"/token", 200, "<html>hotel</html>", ErrBadAnswer},
		"token 403":          {"/token", 403, "<html>hotel</html>", ErrBadAnswer},
		"token 429":          {"/token", 429, "", ErrUnavailable},
		"half a token":       {"/token", 200, `{"access_token":"oidc-access-token-9`, ErrBadAnswer},
		"no token":           {"/token", 200, `{}`, ErrBadAnswer},
		"error with 200":     {"/token", 200, `{"error":"invalid_grant","error_description":"oidc-refresh-token-0"}`, ErrLoginRequired},
		"negative life":      {"/token", 200, `{"access_token":"oidc-access-token-9","expires_in":-1}`, ErrBadAnswer},
		"echo of the secret": {"/token", 400, `{"error":"invalid_request","error_description":"oidc-refresh-token-0"}`, ErrDenied},
		"keys html":          {"/keys", 200, "<html>hotel</html>", ErrBadAnswer},
		"no keys":            {"/keys", 200, `{"keys":[]}`, ErrBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newProvider(t)
			old := withExtras(&oauth2.Token{RefreshToken: s.refresh}, map[string]string{"id_token": s.idToken("")})
			s.intrude = func(path string, w http.ResponseWriter) bool {
				if path == c.path {
					w.WriteHeader(c.status)
					_, _ = w.Write([]byte(c.body))
				}
				return path == c.path
			}
			_, err := s.client().Refresh(t.Context(), old)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			oidcQuiet(t, err)
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	s, other := newProvider(t), newProvider(t)
	s.intrude = func(path string, w http.ResponseWriter) bool {
		w.Header().Set("Location", other.url+path)
		w.WriteHeader(http.StatusTemporaryRedirect)
		return true
	}
	c := s.client()
	c.Endpoints.Token = s.url + "/token"
	_, err := c.Refresh(t.Context(), &oauth2.Token{RefreshToken: "oidc-refresh-token-0"})
	if !errors.Is(err, ErrBadAnswer) || len(other.requests) > 0 {
		t.Errorf("%v, then %v", err, other.requests)
	}
	oidcQuiet(t, err)
}

func TestProviderSettings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*OIDC{
		"no client":  {Issuer: "https://i.example.com"},
		"no issuer":  {ClientID: "c"},
		"plain http": {Issuer: "http://i.example.com", ClientID: "c"},
		"no scheme":  {Issuer: "i.example.com", ClientID: "c"},
	} {
		if _, err := c.Refresh(t.Context(), &oauth2.Token{RefreshToken: "r"}); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := &OIDC{Issuer: "https://i", ClientID: "c", ClientSecret: oidcSecret}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "cl!ent") {
		t.Error("the client's secret is shown")
	}
	if _, err := NewSource(&SourceOptions{}); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
	if _, err := c.Source(openStore(t, filepath.Join(t.TempDir(), "d")), "A/B", false); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
}

func TestParallelRefreshesShareRotation(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	store := openStore(t, filepath.Join(t.TempDir(), "d"))
	stale := &oauth2.Token{AccessToken: "stale", RefreshToken: s.refresh, Expiry: time.Now().Add(-time.Hour)}
	if err := store.Save(t.Context(), "work", &Record{Binding: s.client().String(), Token: stale}); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 6 {
		wait.Go(func() {
			source, err := s.client().Source(store, "work", false)
			if err != nil {
				t.Error(err)
				return
			}
			fetch(t, source, "oidc-access-token-1")
		})
	}
	wait.Wait()
	if s.rotations != 1 {
		t.Errorf("%d rotations", s.rotations)
	}
}

func FuzzParseDiscovery(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://i","token_endpoint":"https://i/t"}`))
	f.Add([]byte(`{"issuer":7}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := parseDiscovery(data, "x", "https://i"); err == nil && p.IssuerURL != "https://i" {
			t.Error("another issuer is taken")
		}
	})
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	const jwt = "e30.eyJleHAiOjUwMDB9.c2ln" // exp 5000
	for body, want := range map[string]time.Time{
		`{"access_token":"a","expires_in":60}`:             time.Unix(1060, 0),
		`{"access_token":"a","expires_in":"60"}`:           time.Unix(1060, 0),
		`{"access_token":"` + jwt + `","expires_in":60.5}`: time.Unix(1060, 5e8),
		`{"access_token":"` + jwt + `"}`:                   time.Unix(5000, 0),
		`{"access_token":"a"}`:                             {},
	} {
		got, err := parseTokens([]byte(body), time.Unix(1000, 0))
		if err != nil || !got.Expiry.Equal(want) {
			t.Errorf("%s: %v, %v", body, got.Expiry, err)
		}
	}
}

func FuzzParseTokens(f *testing.F) {
	f.Add([]byte(`{"access_token":"a","expires_in":"3600","id_token":"x"}`))
	f.Add([]byte(`{"access_token":"a","expires_in":1e300}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		started := time.Unix(1000, 0)
		tok, err := parseTokens(data, started)
		if err == nil && (tok.AccessToken == "" || tok.TokenType != "Bearer") {
			t.Error("a useless token is taken")
		}
		_ = answerError("x", "y", 400, data)
	})
}

func FuzzParseDevice(f *testing.F) {
	f.Add([]byte(`{"device_code":"d","user_code":"U","verification_uri":"https://i/go","expires_in":10,"interval":1}`))
	f.Add([]byte(`{"device_code":"d","user_code":"\u001b[2J","verification_url":"javascript:1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parseDevice(data, time.Unix(1000, 0))
		if err != nil {
			return
		}
		if d.interval < time.Second || d.life <= 0 || d.life > deviceTime || !plain(d.shown.UserCode+d.shown.URL+d.shown.CompleteURL) {
			t.Errorf("%+v", d.shown)
		}
	})
}

func FuzzParseKeys(f *testing.F) {
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"AAAA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if keys, err := parseKeys(data); err == nil && len(keys.PublicKeys) == 0 {
			t.Error("no keys")
		}
	})
}
