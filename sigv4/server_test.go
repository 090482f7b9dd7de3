package sigv4

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// verifying answers with the refusal, if any.
func verifying(v *Verifier) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			_, err = v.Verify(r.Context(), FromHTTP(r), body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
		}
	})
}

func send(t *testing.T, client *http.Client, r *http.Request) (int, string) {
	t.Helper()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// Requests that went through net/http's client and server, over HTTP/1.1 and
// HTTP/2, verify with what the server leaves of them, whether we or the SDK
// signed.
func TestThroughServer(t *testing.T) {
	t.Parallel()
	sdk := v4.NewSigner()
	creds := aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret, SessionToken: testToken}
	signers := map[string]func(*http.Request, string) error{
		"ours": func(r *http.Request, hash string) error { return testSigner(testToken).Sign(t.Context(), r, hash) },
		"sdk": func(r *http.Request, hash string) error {
			return sdk.SignHTTP(t.Context(), creds, r, hash, "execute-api", "us-east-1", testTime())
		},
	}
	for _, h2 := range []bool{false, true} {
		server := httptest.NewUnstartedServer(verifying(testVerifier()))
		server.EnableHTTP2 = h2
		if h2 {
			server.StartTLS()
		} else {
			server.Start()
		}
		defer server.Close()
		for name, sign := range signers {
			for _, target := range []string{"/dev/@connections/a%3D", "/dev/%40connections/a=", "/dev?x=a+b&x=%2B&y", "/d%20e/é?q=%C3%A9"} {
				for _, body := range []string{"", "hello"} {
					r, err := http.NewRequest(http.MethodPost, server.URL+target, bytes.NewReader([]byte(body)))
					if err != nil {
						t.Fatal(err)
					}
					r.Header["X-Many"] = []string{"b", "  a   c "}
					r.Header.Set("Content-Type", "text/plain")
					if err := sign(r, HashPayload([]byte(body))); err != nil {
						t.Fatal(err)
					}
					if status, text := send(t, server.Client(), r); status != http.StatusOK {
						t.Errorf("%s, HTTP/2 %v, %s, body %q: %d %s", name, h2, target, body, status, text)
					}
				}
			}
		}
	}
}

func TestPresignedThroughServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(verifying(testVerifier()))
	defer server.Close()
	r := newRequest(t, http.MethodGet, server.URL+"/dev?room=a%20b", "")
	for _, life := range []time.Duration{0, time.Minute} {
		signed, err := testSigner(testToken).Presign(t.Context(), r, life, EmptyPayload)
		if err != nil {
			t.Fatal(err)
		}
		// amplify rewrites the query so.
		u, err := url.Parse(signed)
		if err != nil {
			t.Fatal(err)
		}
		u.RawQuery = u.Query().Encode()
		for _, s := range []string{signed, u.String()} {
			if status, text := send(t, server.Client(), newRequest(t, http.MethodGet, s, "")); status != http.StatusOK {
				t.Errorf("%d %s", status, text)
			}
		}
		if status, _ := send(t, server.Client(), newRequest(t, http.MethodGet, signed+"0", "")); status != http.StatusForbidden {
			t.Errorf("admitted with another signature: %d", status)
		}
	}
}
