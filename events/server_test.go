package events_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/memnet"
	"github.com/tidewire/tidewire/internal/sockettest"
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

func keys() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret, SessionToken: session}, nil
	})
}

func verifier(now func() time.Time) *sigv4.Verifier {
	return &sigv4.Verifier{Service: "appsync", Region: "us-east-1", Now: now,
		Key: func(context.Context, string, string) (string, error) { return secret, nil }}
}

// verify checks the object that authorizes data.
func verify(t testing.TB, now func() time.Time, object json.RawMessage, data string) {
	t.Helper()
	var m map[string]string
	if err := json.Unmarshal(object, &m); err != nil {
		t.Errorf("%s: %v", object, err)
		return
	}
	h := http.Header{}
	for name, value := range m {
		h.Set(name, value)
	}
	h.Del("Host")
	r := &sigv4.Request{Method: "POST", Path: "/event", Host: m["host"], Header: h, ContentLength: -1}
	if _, err := verifier(now).Verify(context.Background(), r, []byte(data)); err != nil {
		t.Errorf("%v for %s", err, data)
	}
}

func newClient(t testing.TB, auth *appsync.Auth, o events.Options, handler http.Handler) *events.Client {
	t.Helper()
	o.HTTPClient = memnet.Serve(t, handler)
	if o.Realtime.MinPause == 0 {
		o.Realtime.MinPause, o.Realtime.MaxPause = time.Millisecond, time.Millisecond
	}
	if o.Retry == (appsync.Retry{}) {
		o.Retry = appsync.Retry{Min: time.Nanosecond, Max: time.Nanosecond}
	}
	c, err := events.New("http://api.test", auth, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// publishes answers publishes over HTTP and keeps what it got.
type publishes struct {
	answer func(w http.ResponseWriter, n int, body []byte) // n counts from 1

	mu     sync.Mutex
	got    []*http.Request
	bodies [][]byte
}

func (p *publishes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	p.mu.Lock()
	p.got, p.bodies = append(p.got, r), append(p.bodies, body)
	n := len(p.got)
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	p.answer(w, n, body)
}

func (p *publishes) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

// accept answers as AppSync does if all is well.
func accept(w http.ResponseWriter, _ int, body []byte) {
	var b struct{ Events json.RawMessage }
	if json.Unmarshal(body, &b) == nil {
		_, _ = fmt.Fprintf(w, `{"failed":[],"successful":%s}`, sockettest.Successful(b.Events))
	}
}

func says(status int, contentType, text string) func(http.ResponseWriter, int, []byte) {
	return func(w http.ResponseWriter, _ int, _ []byte) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("X-Amzn-Requestid", "req-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

func raw(texts ...string) []json.RawMessage {
	list := make([]json.RawMessage, len(texts))
	for i, text := range texts {
		list[i] = json.RawMessage(text)
	}
	return list
}

// record keeps what a server has seen.
type record struct {
	mu   sync.Mutex
	list []string
}

func (r *record) add(s string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, s)
	return len(r.list)
}

func (r *record) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}
