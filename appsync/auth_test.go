package appsync_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/sigv4"
)

type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

func target() appsync.Target {
	return appsync.Target{URL: "https://" + apiHost + "/graphql", Now: signedAt}
}

func TestHeadersPerMode(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		auth       *appsync.Auth
		name, want string
		object     string
	}{
		"api key": {appsync.APIKey(apiKey), "X-Api-Key", apiKey, `{"host":"` + apiHost + `","x-api-key":"` + apiKey + `"}`},
		"token": {appsync.Token(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a.b.c", TokenType: "Bearer"})), "Authorization", "a.b.c",
			`{"host":"` + apiHost + `","Authorization":"a.b.c"}`},
		"lambda": {appsync.Lambda("custom <token>"), "Authorization", "custom <token>", `{"host":"` + apiHost + `","Authorization":"custom <token>"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := c.auth.Headers(t.Context(), target(), []byte("{}"))
			if err != nil || h.Get(c.name) != c.want || h.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v, %v", h, err)
			}
			for _, get := range []func() ([]byte, error){
				func() ([]byte, error) {
					return c.auth.SubscriptionHeaders(t.Context(), target(), []byte(`{"query":""}`))
				},
				func() ([]byte, error) { return c.auth.ConnectHeaders(t.Context(), target()) },
			} {
				raw, err := get()
				if err != nil || string(raw) != c.object {
					t.Errorf("object %s, %v; want %s", raw, err, c.object)
				}
			}
		})
	}
}

// verify checks an object as a server does.
func verify(t *testing.T, raw []byte, path, body string) {
	t.Helper()
	r := &sigv4.Request{Method: http.MethodPost, Path: path, Header: http.Header{}, ContentLength: -1}
	for name, value := range object(t, raw) {
		if name == "host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	who, err := verifier().Verify(t.Context(), r, []byte(body))
	if err != nil {
		t.Fatalf("our signature for %s is refused: %v", path, err)
	}
	want := []string{"accept", "content-encoding", "content-type", "host", "x-amz-date"}
	if r.Header.Get("X-Amz-Security-Token") != "" {
		want = append(want, "x-amz-security-token")
	}
	if diff := cmp.Diff(want, who.SignedHeaders); diff != "" {
		t.Error(diff)
	}
}

func TestIAMSignsWhatAppSyncVerifies(t *testing.T) {
	t.Parallel()
	const data = `{"query":"subscription { a }","variables":{}}`
	for _, token := range []string{"", session} {
		auth := appsync.IAM(keys(token), "")
		connect, err := auth.ConnectHeaders(t.Context(), target())
		if err != nil {
			t.Fatal(err)
		}
		verify(t, connect, "/graphql/connect", "{}")
		start, err := auth.SubscriptionHeaders(t.Context(), target(), []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		verify(t, start, "/graphql", data)
		h, err := auth.Headers(t.Context(), target(), []byte(data))
		if err != nil {
			t.Fatal(err)
		}
		r := &sigv4.Request{Method: http.MethodPost, Path: "/graphql", Host: apiHost, Header: h, ContentLength: int64(len(data))}
		if _, err := verifier().Verify(t.Context(), r, []byte(data)); err != nil {
			t.Error(err)
		}
	}
}

func TestEventAPIsSignTheirOwnPath(t *testing.T) {
	t.Parallel()
	auth, to := appsync.IAM(keys(""), ""), target()
	to.URL = "https://" + apiHost + "/event"
	connect, err := auth.ConnectHeaders(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	verify(t, connect, "/event", "{}")
	protocols, err := auth.Subprotocols(t.Context(), to)
	if err != nil || protocols[0] != "aws-appsync-event-ws" {
		t.Error(protocols, err)
	}
}

func TestRealtimeURL(t *testing.T) {
	t.Parallel()
	realtime := strings.Replace(apiHost, "appsync-api", "appsync-realtime-api", 1)
	for name, c := range map[string]struct {
		to         appsync.Target
		want, host string
	}{
		"AWS":           {appsync.Target{URL: "https://" + apiHost + "/graphql"}, "wss://" + realtime + "/graphql", apiHost},
		"AWS events":    {appsync.Target{URL: "https://" + apiHost + "/event"}, "wss://" + realtime + "/event/realtime", apiHost},
		"custom domain": {appsync.Target{URL: "https://api.example.com/graphql/"}, "wss://api.example.com/graphql/realtime", "api.example.com"},
		"local":         {appsync.Target{URL: "http://localhost:4577/graphql"}, "ws://localhost:4577/graphql/realtime", "localhost:4577"},
		"signed host": {appsync.Target{URL: "https://vpce-1.appsync-api.us-east-1.vpce.amazonaws.com/graphql", Host: apiHost},
			"wss://vpce-1.appsync-api.us-east-1.vpce.amazonaws.com/graphql", apiHost},
		"given": {appsync.Target{URL: "https://x.example/graphql", RealtimeURL: "wss://y.example/rt"}, "wss://y.example/rt", "x.example"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw, err := appsync.APIKey(apiKey).RealtimeURL(t.Context(), c.to)
			if err != nil {
				t.Fatal(err)
			}
			address, query, _ := strings.Cut(raw, "?")
			values, err := url.ParseQuery(query)
			if err != nil || address != c.want || values.Get("payload") != "e30=" || !strings.HasSuffix(query, "&payload=e30=") {
				t.Fatalf("%s %v, want %s", raw, err, c.want)
			}
			header, err := base64.StdEncoding.DecodeString(values.Get("header"))
			if err != nil || object(t, header)["host"] != c.host {
				t.Errorf("header %s, %v", header, err)
			}
			protocols, err := appsync.APIKey(apiKey).Subprotocols(t.Context(), c.to)
			if err != nil {
				t.Fatal(err)
			}
			same, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(protocols[1], "header-"))
			if err != nil || string(same) != string(header) {
				t.Errorf("subprotocol %s, %v", same, err)
			}
		})
	}
}

func TestRegionOf(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		apiHost:          "us-east-1",
		apiHost + ":443": "us-east-1",
		"x.appsync-realtime-api.cn-north-1.amazonaws.com.cn": "cn-north-1",
		"X.APPSYNC-API.EU-WEST-1.AMAZONAWS.COM":              "eu-west-1",
		"x.execute-api.eu-west-1.amazonaws.com":              "",
		"appsync-api.eu-west-1.amazonaws.com":                "",
		"x.appsync-api.eu-west-1.amazonaws.com.evil.example": "",
		"localhost:8080": "",
	} {
		if got := appsync.RegionOf(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

func TestMissingCredentialsAreTyped(t *testing.T) {
	t.Parallel()
	for name, auth := range map[string]*appsync.Auth{
		"nil":           nil,
		"key":           appsync.APIKey(""),
		"line break":    appsync.APIKey("da2-x\n"),
		"provider":      appsync.IAM(nil, "us-east-1"),
		"source":        appsync.Token(nil),
		"no token":      appsync.Token(oauth2.StaticTokenSource(nil)),
		"expired":       appsync.Token(sourceFunc(func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: "x", Expiry: time.Unix(1, 0)}, nil })),
		"source fails":  appsync.Token(sourceFunc(func() (*oauth2.Token, error) { return nil, errors.New("no") })),
		"lambda":        appsync.Lambda(""),
		"lambda nil":    appsync.LambdaFunc(nil),
		"lambda failed": appsync.LambdaFunc(func(context.Context) (string, error) { return "", errors.New("no") }),
	} {
		_, err := auth.Headers(t.Context(), target(), nil)
		var missing *appsync.NoCredentialsError
		if !errors.As(err, &missing) || missing.LookedFor == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := appsync.New("http://localhost/graphql", appsync.IAM(keys(""), ""), nil)
	var region *appsync.NoRegionError
	if !errors.As(err, &region) || region.Host != "localhost" {
		t.Error(err)
	}
}

func TestTokenSourceThatHangs(t *testing.T) {
	t.Parallel()
	release, calls := make(chan struct{}), make(chan struct{}, 9)
	auth := appsync.Token(sourceFunc(func() (*oauth2.Token, error) {
		calls <- struct{}{}
		<-release
		return &oauth2.Token{AccessToken: "late"}, nil
	}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 {
		if _, err := auth.Headers(ctx, target(), nil); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	<-calls
	close(release)
	if h, err := auth.Headers(t.Context(), target(), nil); err != nil || h.Get("Authorization") != "late" {
		t.Error(h, err)
	}
	if len(calls) > 1 { // at most the one after release
		t.Errorf("the source was asked %d more times while it hung", len(calls))
	}
}
