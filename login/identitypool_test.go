package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

const testIdentities = "eu-west-1:11111111-2222-3333-4444-555555555555"

// identityServer is an identity pool that trusts one provider.
type identityServer struct {
	t     testing.TB
	url   string
	login string // the key of Logins that is trusted; "": guests only

	mu      sync.Mutex
	calls   []string
	gone    bool // the identity of before is forgotten
	expires time.Time
}

func newIdentities(t testing.TB) *identityServer {
	s := &identityServer{t: t, expires: time.Now().Add(time.Hour).Truncate(time.Second)}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *identityServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSCognitoIdentityService.")
	s.calls = append(s.calls, op)
	var in struct {
		IdentityPoolID, IdentityID string
		Logins                     map[string]string
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		s.t.Error(err)
	}
	var out any = map[string]any{"IdentityId": "eu-west-1:1"}
	switch {
	case s.login != "" && in.Logins[s.login] == "" || s.login == "" && len(in.Logins) > 0:
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]any{"__type": "NotAuthorizedException", "message": "Invalid login token. " + in.Logins[s.login]}
		for _, token := range in.Logins {
			out = map[string]any{"__type": "NotAuthorizedException", "message": "Invalid login token. " + token}
		}
	case op == "GetCredentialsForIdentity" && s.gone:
		s.gone = false
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]any{"__type": "ResourceNotFoundException", "message": "Identity 'eu-west-1:1' not found."}
	case op == "GetCredentialsForIdentity":
		out = map[string]any{"IdentityId": in.IdentityID, "Credentials": map[string]any{"AccessKeyId": "ASIAEXAMPLE",
			"SecretKey": "secret", "SessionToken": "session", "Expiration": s.expires.Unix()}}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func TestIdentityPool(t *testing.T) {
	t.Parallel()
	users, s := newPool(t), newIdentities(t)
	token, err := users.pool().SRP(t.Context(), testAlias, testPassword)
	if err != nil {
		t.Fatal(err)
	}
	s.login = strings.TrimPrefix(users.url, "http://") + "/" + testPool
	source, err := users.pool().Source(nil, "", true)
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Save(t.Context(), token, nil); err != nil {
		t.Fatal(err)
	}
	p := &IdentityPool{PoolID: testIdentities, Endpoint: s.url, Token: source.Fetch}
	var provider aws.CredentialsProvider = p
	for range 2 {
		got, err := provider.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := aws.Credentials{AccessKeyID: "ASIAEXAMPLE", SecretAccessKey: "secret", SessionToken: "session",
			Source: "CognitoIdentityPool", CanExpire: true, Expires: s.expires}
		if !got.Expires.Equal(want.Expires) {
			t.Errorf("expires %v, want %v", got.Expires, want.Expires)
		}
		want.Expires = got.Expires
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	s.gone = true
	if _, err := p.Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	want := "GetId GetCredentialsForIdentity GetCredentialsForIdentity GetCredentialsForIdentity GetId GetCredentialsForIdentity"
	if got := strings.Join(s.calls, " "); got != want {
		t.Errorf("calls %s", got)
	}
}

func TestIdentityPoolGuests(t *testing.T) {
	t.Parallel()
	s := newIdentities(t)
	if _, err := (&IdentityPool{PoolID: testIdentities, Endpoint: s.url}).Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestIdentityPoolRefusals(t *testing.T) {
	t.Parallel()
	s := newIdentities(t)
	const secret = "an-opaque-token"
	opaque := func(context.Context) (*oauth2.Token, error) { return &oauth2.Token{AccessToken: secret}, nil }
	failing := func(context.Context) (*oauth2.Token, error) { return nil, &Error{Op: "token", Kind: ErrLoginRequired} }
	for name, c := range map[string]struct {
		pool *IdentityPool
		want error
	}{
		"untrusted":     {&IdentityPool{PoolID: testIdentities, Endpoint: s.url, Token: opaque, Login: "idp"}, ErrDenied},
		"not a JWT":     {&IdentityPool{PoolID: testIdentities, Endpoint: s.url, Token: opaque}, ErrConfig},
		"no token":      {&IdentityPool{PoolID: testIdentities, Endpoint: s.url, Token: failing}, ErrLoginRequired},
		"odd id":        {&IdentityPool{PoolID: "x", Endpoint: s.url}, ErrConfig},
		"plain http":    {&IdentityPool{PoolID: testIdentities, Endpoint: "http://example.com"}, ErrConfig},
		"clock is late": {&IdentityPool{PoolID: testIdentities, Endpoint: s.url, Now: func() time.Time { return s.expires }}, ErrBadAnswer},
	} {
		_, err := c.pool.Retrieve(t.Context())
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		quiet(t, err, secret)
	}
}
