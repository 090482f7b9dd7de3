package appsync_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/sigv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	keyID   = "AKIDEXAMPLE"
	secret  = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	session = "SESSION/with+chars=="
	apiKey  = "da2-abcdefghijklmnopqrstuvwxyz"
	apiHost = "abcdefghijklmnopqrstuvwxyz.appsync-api.us-east-1.amazonaws.com"
)

func signedAt() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }

func keys(token string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: token}, nil
	})
}

func verifier() *sigv4.Verifier {
	return &sigv4.Verifier{Service: "appsync", Region: "us-east-1", Now: signedAt,
		Key: func(context.Context, string, string) (string, error) { return secret, nil }}
}

// api is a server that answers with answer and keeps what it got.
type api struct {
	url    string
	client *http.Client

	mu     sync.Mutex
	got    []*http.Request
	bodies [][]byte
}

func newAPI(t *testing.T, answer http.HandlerFunc) *api {
	t.Helper()
	a := &api{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read body: %v", err)
		}
		a.mu.Lock()
		a.got, a.bodies = append(a.got, r), append(a.bodies, body)
		a.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	a.url, a.client = server.URL+"/graphql", server.Client()
	return a
}

func (a *api) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.got)
}

func (a *api) last(t *testing.T) (*http.Request, []byte) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.got) == 0 {
		t.Fatal("the server got nothing")
	}
	return a.got[len(a.got)-1], a.bodies[len(a.bodies)-1]
}

func text(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Amzn-Requestid", "req-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func newClient(t *testing.T, a *api, auth *appsync.Auth, o appsync.Options) *appsync.Client {
	t.Helper()
	o.HTTPClient = a.client
	if o.Retry == (appsync.Retry{}) {
		o.Retry = appsync.Retry{Min: time.Nanosecond, Max: time.Nanosecond}
	}
	c, err := appsync.New(a.url, auth, &o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func object(t *testing.T, raw []byte) map[string]string {
	t.Helper()
	var m map[string]string
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return m
}
