package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// visit is a browser: it follows redirects and gives the last page.
func visit(t testing.TB, ctx context.Context, address string) (int, string) {
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Errorf("the browser: %v", err)
		return 0, ""
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(body)
}

func opening(t testing.TB) *CodeOptions {
	return &CodeOptions{Open: func(ctx context.Context, address string) error {
		if status, text := visit(t, ctx, address); status != http.StatusOK || !strings.Contains(text, "close this window") {
			t.Errorf("the browser shows %d %s", status, text)
		}
		return nil
	}}
}

func oidcQuiet(t testing.TB, err error) {
	t.Helper()
	quiet(t, err, oidcSecret, url.QueryEscape(oidcSecret), oidcCode, deviceCode, "oidc-refresh-token", "oidc-access-token")
}

func TestCodeLogin(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret  string
		inBody  bool
		methods []string
		host    string
	}{
		"public":           {},
		"localhost":        {host: "localhost"},
		"secret in header": {secret: oidcSecret},
		"secret in body":   {secret: oidcSecret, inBody: true},
		"body only":        {secret: oidcSecret, methods: []string{"client_secret_post"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newProvider(t)
			s.secret = c.secret
			if c.methods != nil {
				s.metadata = map[string]any{"token_endpoint_auth_methods_supported": c.methods}
			}
			client, o := s.client(), opening(t)
			client.SecretInBody, o.Host = c.inBody, c.host
			shown := ""
			o.Show = func(address string) { shown = address }
			token, err := client.Code(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if token.AccessToken != "oidc-access-token-0" || token.RefreshToken != s.refresh || IDToken(token) == "" || token.Expiry.IsZero() {
				t.Error("incomplete tokens")
			}
			if !strings.HasPrefix(shown, s.url+"/authorize?tenant=1&") {
				t.Errorf("shown: %s", place(shown))
			}
			if host := c.host; host != "" && !strings.HasPrefix(s.redirects, "http://"+host+":") {
				t.Errorf("redirect address %s", s.redirects)
			}
		})
	}
}

func TestCodeUntrustedAnswers(t *testing.T) {
	t.Parallel()
	other := newProvider(t)
	for name, c := range map[string]struct {
		change func(s *oidcServer)
		want   error
	}{
		"nonce":          {func(s *oidcServer) { s.claims = map[string]any{"nonce": "another"} }, ErrUntrusted},
		"no nonce":       {func(s *oidcServer) { s.claims = map[string]any{"nonce": nil} }, ErrUntrusted},
		"audience":       {func(s *oidcServer) { s.claims = map[string]any{"aud": "another"} }, ErrUntrusted},
		"issuer":         {func(s *oidcServer) { s.claims = map[string]any{"iss": other.url} }, ErrUntrusted},
		"party":          {func(s *oidcServer) { s.claims = map[string]any{"azp": "another"} }, ErrUntrusted},
		"AUD for aud":    {func(s *oidcServer) { s.claims = map[string]any{"aud": nil, "AUD": oidcClient} }, ErrUntrusted},
		"a later iss":    {func(s *oidcServer) { s.claims = map[string]any{"iss": other.url, "i\u017fs": s.url} }, ErrUntrusted},
		"a later exp":    {func(s *oidcServer) { s.claims = map[string]any{"exp": nil, "Exp": s.now().Unix() + 3600} }, ErrUntrusted},
		"two audiences":  {func(s *oidcServer) { s.claims = map[string]any{"aud": []string{oidcClient, "b"}} }, ErrUntrusted},
		"expired":        {func(s *oidcServer) { s.claims = map[string]any{"exp": s.now().Unix() - 100} }, ErrUntrusted},
		"from tomorrow":  {func(s *oidcServer) { s.claims = map[string]any{"iat": s.now().Unix() + 86400} }, ErrUntrusted},
		"no subject":     {func(s *oidcServer) { s.claims = map[string]any{"sub": nil} }, ErrUntrusted},
		"at_hash":        {func(s *oidcServer) { s.claims = map[string]any{"at_hash": "AAAA"} }, ErrUntrusted},
		"signature":      {func(s *oidcServer) { s.tokens = map[string]any{"id_token": other.idToken("x")} }, ErrUntrusted},
		"alg none":       {func(s *oidcServer) { s.tokens = map[string]any{"id_token": "eyJhbGciOiJub25lIn0.e30."} }, ErrUntrusted},
		"not a token":    {func(s *oidcServer) { s.tokens = map[string]any{"id_token": "x"} }, ErrUntrusted},
		"no ID token":    {func(s *oidcServer) { s.tokens = map[string]any{"id_token": nil} }, ErrBadAnswer},
		"token type":     {func(s *oidcServer) { s.tokens = map[string]any{"token_type": "DPoP"} }, ErrBadAnswer},
		"iss of another": {func(s *oidcServer) { s.redirect = func(q url.Values) { q.Set("iss", other.url) } }, ErrUntrusted},
		"no iss": {func(s *oidcServer) {
			s.metadata = map[string]any{"authorization_response_iss_parameter_supported": true}
			s.redirect = func(q url.Values) { q.Del("iss") }
		}, ErrUntrusted},
		"denied": {func(s *oidcServer) {
			s.redirect = func(q url.Values) { q.Set("error", "access_denied"); q.Set("error_description", "no\x1b[2J") }
		}, ErrDenied},
		"no code":    {func(s *oidcServer) { s.redirect = func(q url.Values) { q.Del("code") } }, ErrBadAnswer},
		"wrong code": {func(s *oidcServer) { s.redirect = func(q url.Values) { q.Set("code", "stolen-code-value") } }, ErrDenied},
		"no keys":    {func(s *oidcServer) { s.metadata = map[string]any{"jwks_uri": nil} }, ErrUnsupported},
		"plain PKCE": {func(s *oidcServer) {
			s.metadata = map[string]any{"code_challenge_methods_supported": []string{"plain"}}
		}, ErrUnsupported},
		"other place": {func(s *oidcServer) { s.metadata = map[string]any{"token_endpoint": "http://token.example.com"} }, ErrConfig},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newProvider(t)
			c.change(s)
			o := &CodeOptions{Open: func(ctx context.Context, address string) error { visit(t, ctx, address); return nil }}
			_, err := s.client().Code(t.Context(), o)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			oidcQuiet(t, err)
			quiet(t, err, "stolen-code-value", "\x1b")
		})
	}
}

func TestCodeIgnoresStrangers(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	_, err := s.client().Code(t.Context(), &CodeOptions{Open: func(ctx context.Context, address string) error {
		u, _ := url.Parse(address)
		q := u.Query()
		back := q.Get("redirect_uri")
		for _, c := range []struct {
			address string
			want    int
		}{
			{strings.TrimSuffix(back, "/callback") + "/favicon.ico", http.StatusNotFound},
			{back + "?code=evil-code&state=guess", http.StatusBadRequest},
			{back + "?code=evil-code", http.StatusBadRequest},
			{back + "?code=evil-code&state=" + q.Get("state") + "&state=x", http.StatusBadRequest},
			{back + "?%zz", http.StatusBadRequest},
			{address, http.StatusOK},
			{back + "?code=evil-code&state=" + q.Get("state"), http.StatusConflict},
		} {
			if got, _ := visit(t, ctx, c.address); got != c.want {
				t.Errorf("%s: %d, want %d", place(c.address), got, c.want)
			}
		}
		return nil
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestCodeRefusesOtherHostNames(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	_, err := s.client().Code(t.Context(), &CodeOptions{Open: func(ctx context.Context, address string) error {
		u, _ := url.Parse(address)
		back, _ := url.Parse(u.Query().Get("redirect_uri"))
		for method, host := range map[string]string{http.MethodGet: "rebound.example.com:" + back.Port(), http.MethodPost: back.Host} {
			r, err := http.NewRequestWithContext(ctx, method, back.String()+"?code=x&state="+u.Query().Get("state"), nil)
			if err != nil {
				return err
			}
			r.Host = host
			resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
			if err != nil {
				t.Error(err)
				continue
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s for %s: %d", method, host, resp.StatusCode)
			}
		}
		visit(t, ctx, address)
		return nil
	}})
	if err != nil {
		t.Error(err)
	}
}

func TestCodeGivesUp(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	c := s.client()
	c.Timeout = 100 * time.Millisecond
	back := ""
	_, err := c.Code(t.Context(), &CodeOptions{Show: func(address string) {
		u, _ := url.Parse(address)
		back = u.Query().Get("redirect_uri")
		visit(t, t.Context(), back+"?state=guess")
	}})
	if !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "1 answers of another login") {
		t.Error(err)
	}
	u, _ := url.Parse(back)
	if conn, err := net.Dial("tcp", u.Host); err == nil {
		_ = conn.Close()
		t.Error("still listening")
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.client().Code(ctx, &CodeOptions{Show: func(string) { cancel() }}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestCodeSettings(t *testing.T) {
	t.Parallel()
	s := newProvider(t)
	show := func(string) { t.Error("shown") }
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, o := range map[string]*CodeOptions{
		"nil":        nil,
		"nobody":     {},
		"other host": {Show: show, Host: "0.0.0.0"},
		"port":       {Show: show, Port: 70000},
		"path":       {Show: show, Path: "x"},
		"query":      {Show: show, Path: "/x?y"},
		"host path":  {Show: show, Path: "//evil.example.com"},
		"port taken": {Show: show, Port: taken.Addr().(*net.TCPAddr).Port},
	} {
		if _, err := s.client().Code(t.Context(), o); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	failing := &CodeOptions{Open: func(context.Context, string) error { return errors.New("no display") }}
	if _, err := s.client().Code(t.Context(), failing); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

func TestFixedPort(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	s := newProvider(t)
	o := opening(t)
	o.Port, o.Host, o.Path = port, "localhost", "/login/done"
	if _, err := s.client().Code(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("http://localhost:%d/login/done", port); s.redirects != want {
		t.Errorf("%s, want %s", s.redirects, want)
	}
}

func FuzzCallback(f *testing.F) {
	f.Add("code=a&state=s&iss=i")
	f.Add("error=access_denied&error_description=%1b&state=s")
	f.Add("code=a&code=b")
	f.Fuzz(func(t *testing.T, query string) {
		in, err := parseCallback(query)
		if err != nil {
			return
		}
		cb := &callback{attempt: &attempt{op: "x", issuer: "i"}}
		if r := cb.judge(in); (r.err == nil) != (r.code != "") {
			t.Error("neither a code nor an error, or both")
		}
	})
}
