package apigateway_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/sigv4"
)

const prod = "wss://abc123.execute-api.us-east-1.amazonaws.com/prod"

// The signatures are those that AWS's own signers give for the same request.
func TestDialSignature(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		url     string
		options apigateway.DialOptions
		want    string
	}{
		{"presigned", prod + "?room=a%20b", apigateway.DialOptions{Credentials: keys("")},
			"799941b3392008e721898088e9c25449b972e64705162e7791e8c262aa8fb716"},
		{"presigned, token", prod + "?room=a%20b", apigateway.DialOptions{Credentials: keys(token)},
			"713fbab09f93957138fa64d25f0567eb5b20e0cb75792a0e523cff0141666405"},
		{"presigned, expires", prod + "?room=a%20b", apigateway.DialOptions{Credentials: keys(""), Expires: 300 * time.Second},
			"8442e2d4a019adb7cf4f1c5167aa38c001ac59ab0c2644423d4062a578081a75"},
		{"presigned, local", "ws://localhost:8080/prod", apigateway.DialOptions{Credentials: keys(""), Region: "us-east-1"},
			"7ff22df6a4b2d9243dd12d528e38eb554a914992eabaac4dfad7ec6840cfff4a"},
		{"presigned, alias", "ws://127.0.0.1:8080/prod", apigateway.DialOptions{Credentials: keys(""), Region: "us-east-1",
			Header: http.Header{"Host": {"localhost:8080"}}},
			"7ff22df6a4b2d9243dd12d528e38eb554a914992eabaac4dfad7ec6840cfff4a"},
		{"headers", prod, apigateway.DialOptions{Credentials: keys(""), Auth: apigateway.Headers},
			"c2efd2906dd0e1ad452636a4b71b6cb9017a7468a39fe59e1ca54f2c4105cdaf"},
		{"headers, default port", strings.Replace(prod, ".com", ".com:443", 1), apigateway.DialOptions{Credentials: keys(""), Auth: apigateway.Headers},
			"c2efd2906dd0e1ad452636a4b71b6cb9017a7468a39fe59e1ca54f2c4105cdaf"},
		{"headers, token", prod, apigateway.DialOptions{Credentials: keys(token), Auth: apigateway.Headers},
			"3e450a7a0be1a87af4eac8125f53648178df1c869941f97a51eb17c5b71a7495"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sent := &recorder{}
			test.options.HTTPClient = &http.Client{Transport: sent}
			test.options.Now = signedAt
			_, err := apigateway.Dial(t.Context(), test.url, &test.options)
			if err == nil || strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "X-Amz") {
				t.Errorf("error %v", err)
			}
			r := sent.last(t)
			if got := signature(r); got != test.want {
				t.Errorf("signature %s, want %s", got, test.want)
			}
		})
	}
}

// signature is the signature of a request, in the query or the header.
func signature(r *http.Request) string {
	if s := r.URL.Query().Get("X-Amz-Signature"); s != "" {
		return s
	}
	_, s, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
	return s
}

// A verifier that checks what really arrives finds every kind of signature
// good, whatever else is in the handshake.
func TestDialIsVerified(t *testing.T) {
	t.Parallel()
	verifier := &sigv4.Verifier{Service: "execute-api", Region: "eu-west-1",
		Key: func(context.Context, string, string) (string, error) { return secret, nil }}
	g := newGateway(t, func(p *peer) {
		if _, err := verifier.Verify(context.Background(), sigv4.FromHTTP(p.r), nil); err != nil {
			t.Errorf("%s: %v", p.r.RequestURI, err)
		}
		echo(p)
	})
	for _, auth := range []apigateway.Auth{apigateway.Auto, apigateway.Presigned, apigateway.Headers} {
		for _, url := range []string{g.url, g.url + "/", g.url + "?a=b+c&d=%2B&&e", g.url + "?q=%C3%A4&q=x/y"} {
			o := apigateway.DialOptions{Auth: auth, Credentials: keys(token), Region: "eu-west-1", APIKey: "k", Subprotocols: []string{"chat.v2"},
				Header: http.Header{"X-Custom": {"  two  blanks "}, "Cookie": {"a=b"}}}
			before := o
			before.Header = o.Header.Clone()
			conn := dial(t, url, &o)
			if got := conn.Subprotocol(); got != "chat.v2" {
				t.Errorf("subprotocol %q", got)
			}
			if diff := cmp.Diff(before.Header, o.Header); diff != "" {
				t.Errorf("the caller's header was changed: %s", diff)
			}
			if err := conn.Close(1000, ""); err != nil {
				t.Error(err)
			}
		}
	}
}

// What a URL and options make of a handshake, beside signatures.
func TestDialSends(t *testing.T) {
	t.Parallel()
	signed := "ws://127.0.0.1:1/prod?X-Amz-Signature=aa&X-Amz-Date=20240102T030405Z"
	for _, test := range []struct {
		name    string
		url     string
		options *apigateway.DialOptions
		target  string
		header  http.Header
	}{
		{"no options", "ws://127.0.0.1:1", nil, "", nil},
		{"signed already", signed, &apigateway.DialOptions{Credentials: keys(""), Auth: apigateway.Headers},
			"/prod?X-Amz-Signature=aa&X-Amz-Date=20240102T030405Z", nil},
		{"none", "ws://127.0.0.1:1/prod?a=%2f", &apigateway.DialOptions{Credentials: keys(""), Auth: apigateway.None}, "/prod?a=%2f", nil},
		{"own headers", "ws://127.0.0.1:1/p", &apigateway.DialOptions{APIKey: "key", Header: http.Header{"X-Other": {"1", "2"}},
			Token: func(context.Context) (string, error) { return "Bearer t", nil }},
			"/p", http.Header{"X-Api-Key": {"key"}, "X-Other": {"1", "2"}, "Authorization": {"Bearer t"}}},
		{"token header", "ws://127.0.0.1:1/p", &apigateway.DialOptions{TokenHeader: "Auth",
			Token: func(context.Context) (string, error) { return "t", nil }},
			"/p", http.Header{"Auth": {"t"}}},
		{"subprotocols", "ws://127.0.0.1:1/p", &apigateway.DialOptions{Subprotocols: []string{"a", "b"}},
			"/p", http.Header{"Sec-Websocket-Protocol": {"a,b"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sent := &recorder{}
			o := apigateway.DialOptions{}
			if test.options != nil {
				o = *test.options
			}
			o.HTTPClient = &http.Client{Transport: sent}
			if _, err := apigateway.Dial(t.Context(), test.url, &o); err == nil {
				t.Fatal("no error without a network")
			}
			r := sent.last(t)
			if got := strings.TrimPrefix(r.URL.String(), "http://127.0.0.1:1"); got != test.target {
				t.Errorf("target %q, want %q", got, test.target)
			}
			if diff := cmp.Diff(test.header, own(r.Header)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// own is h without what every WebSocket handshake has.
func own(h http.Header) http.Header {
	var rest http.Header
	for name, values := range h {
		switch name {
		case "Connection", "Upgrade", "Sec-Websocket-Version", "Sec-Websocket-Key":
			continue
		}
		if rest == nil {
			rest = http.Header{}
		}
		rest[name] = values
	}
	return rest
}

func TestDialBeforeTheNetwork(t *testing.T) {
	t.Parallel()
	none := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("nothing configured")
	})
	empty := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, nil })
	for _, test := range []struct {
		name    string
		url     string
		options apigateway.DialOptions
		want    string
	}{
		{"no provider", prod, apigateway.DialOptions{Auth: apigateway.Presigned}, "looked in DialOptions.Credentials: it is nil"},
		{"provider fails", prod, apigateway.DialOptions{Credentials: none}, "nothing configured"},
		{"provider is empty", prod, apigateway.DialOptions{Credentials: empty}, "gave an empty access key"},
		{"no region", "wss://ws.example.com/prod", apigateway.DialOptions{Credentials: keys("")}, "no region to sign for: ws.example.com"},
		{"unknown auth", prod, apigateway.DialOptions{Auth: 9}, "unknown Auth 9"},
		{"two tokens", prod, apigateway.DialOptions{Credentials: keys(""), Auth: apigateway.Headers,
			Token: func(context.Context) (string, error) { return "", nil }}, "set TokenHeader"},
		{"token fails", "wss://h/p", apigateway.DialOptions{
			Token: func(context.Context) (string, error) { return "", errors.New("not logged in") }}, "header Authorization: not logged in"},
		{"too long", prod + "?x=" + strings.Repeat("y", 4096), apigateway.DialOptions{Credentials: keys("")}, "use Auth Headers"},
		{"http", "https://h/p?secret=1", apigateway.DialOptions{}, `not "https"`},
		{"no host", "wss:///p?secret=1", apigateway.DialOptions{}, "no host"},
		{"user", "wss://u:secret@h/p", apigateway.DialOptions{}, "user or password"},
		{"fragment", "wss://h/p#secret", apigateway.DialOptions{}, "fragment"},
		{"unreadable", "wss://h/%zz?secret=1", apigateway.DialOptions{}, "cannot be read"},
		{"control", "wss://h/\x7f?secret=1", apigateway.DialOptions{}, "cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sent := &recorder{}
			test.options.HTTPClient = &http.Client{Transport: sent}
			_, err := apigateway.Dial(t.Context(), test.url, &test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v, want one with %q and without the URL's secret", err, test.want)
			}
			if len(sent.requests) > 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestDialErrorTypes(t *testing.T) {
	t.Parallel()
	var missing *apigateway.NoCredentialsError
	_, err := apigateway.Dial(t.Context(), prod, &apigateway.DialOptions{Auth: apigateway.Headers})
	if !errors.As(err, &missing) {
		t.Errorf("%T is not *NoCredentialsError", err)
	}
	var region *apigateway.NoRegionError
	_, err = apigateway.Dial(t.Context(), "ws://localhost/p", &apigateway.DialOptions{Credentials: keys("")})
	if !errors.As(err, &region) || region.Host != "localhost" {
		t.Errorf("%v is not *NoRegionError for localhost", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = apigateway.Dial(ctx, "ws://127.0.0.1:1/p?X-Amz-Signature=0123456789", nil); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "0123456789") {
		t.Errorf("error %v", err)
	}
}

func TestDialRefused(t *testing.T) {
	t.Parallel()
	mismatch := "The request signature we calculated does not match the signature you provided.\n\n" +
		"The Canonical String for this request should have been\n'GET\n/prod\nX-Amz-Date=20240102T030405Z&X-Amz-Security-Token=TOKEN%2Fwith%2Bchars%3D%3D&X-Amz-SignedHeaders=host\nhost:h\n'"
	for _, test := range []struct {
		name   string
		status int
		header http.Header
		body   string
		want   apigateway.RefusedError // without URL and Header
	}{
		{"denied", 403, http.Header{"X-Amzn-Errortype": {"AccessDeniedException"}}, `{"Message":"User: anonymous is not authorized"}`,
			apigateway.RefusedError{Status: 403, Type: "AccessDeniedException", Message: "User: anonymous is not authorized"}},
		{"forbidden", 403, http.Header{"X-Amzn-Errortype": {"ForbiddenException:http://internal.amazon.com/"}}, `{"message":"Forbidden"}`,
			apigateway.RefusedError{Status: 403, Type: "ForbiddenException", Message: "Forbidden"}},
		{"mismatch", 403, http.Header{"X-Amzn-Errortype": {"InvalidSignatureException"}}, fmt.Sprintf(`{"message":%q}`, mismatch),
			apigateway.RefusedError{Status: 403, Type: "InvalidSignatureException",
				Message: strings.Replace(mismatch, "TOKEN%2Fwith%2Bchars%3D%3D", "[18 bytes, sha256 0efb05cf]", 1)}},
		{"long", 403, nil, `{"message":"` + strings.Repeat("x", 5000) + `"}`, apigateway.RefusedError{Status: 403, Message: strings.Repeat("x", 5000)}},
		{"endless", 500, nil, strings.Repeat("x", 1<<20), apigateway.RefusedError{Status: 500}},
		{"redirect", 301, http.Header{"Location": {"/elsewhere"}}, "", apigateway.RefusedError{Status: 301}},
		{"html", 502, nil, "<html>Bad gateway</html>", apigateway.RefusedError{Status: 502}},
		{"text", 429, nil, "slow down\n", apigateway.RefusedError{Status: 429, Message: "slow down"}},
		{"ok without upgrade", 200, nil, "", apigateway.RefusedError{Status: 200}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					t.Error("a redirect was followed")
				}
				for name, values := range test.header {
					w.Header()[name] = values
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			}))
			defer server.Close()
			url := strings.Replace(server.URL, "http", "ws", 1) + "/prod"
			_, err := apigateway.Dial(t.Context(), url+"?x=1", &apigateway.DialOptions{Credentials: keys(token), Region: "us-east-1"})
			var got *apigateway.RefusedError
			if !errors.As(err, &got) {
				t.Fatalf("error %v", err)
			}
			if got.URL != url || got.Header.Get("Date") == "" {
				t.Errorf("URL %q, header %v", got.URL, got.Header)
			}
			got.URL, got.Header = "", nil
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRegionOf(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"abc123.execute-api.us-east-1.amazonaws.com":         "us-east-1",
		"ABC123.Execute-Api.eu-central-1.amazonaws.com:443":  "eu-central-1",
		"abc123.execute-api.cn-north-1.amazonaws.com.cn":     "cn-north-1",
		"a-vpce-1.execute-api.us-gov-west-1.amazonaws.com":   "us-gov-west-1",
		"abc123.execute-api.us-east-1.amazonaws.com.evil.eu": "",
		"execute-api.us-east-1.amazonaws.com":                "",
		"x.y.execute-api.us-east-1.amazonaws.com":            "",
		"abc.appsync-api.us-east-1.amazonaws.com":            "",
		"abc123.execute-api.us-east-1":                       "",
		"abc123.execute-api.us-east-1.amazonaws.org":         "",
		"localhost:4577": "",
		"":               "",
	} {
		if got := apigateway.RegionOf(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}
