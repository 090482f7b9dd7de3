package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
	"github.com/tidewire/tidewire/sigv4"
)

func TestARefusedSignatureIsExplained(t *testing.T) {
	t.Parallel()
	out := &safeBuffer{}
	log := &safeBuffer{}
	found := &lines{found: make(chan struct{}), want: "secret-whitespace"}
	g := chat(t, newRecorder(), &gatewaytest.Options{Gateway: gateway.Options{Stderr: both{out, found}, Log: slog.New(slog.NewTextHandler(log, nil))}})
	role, err := g.RoleCredentials("Guest", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	stale := role
	stale.SecretAccessKey = strings.Repeat("x", 40)
	wrong := g.Credentials()
	wrong.SecretAccessKey += "\n"
	for _, o := range []*apigateway.DialOptions{
		{Service: "appsync"},
		{Region: "eu-west-1"},
		{Credentials: static(stale)},
		{Credentials: static(wrong)},
	} {
		if _, err := apigateway.Dial(t.Context(), g.URL(), g.DialOptions(o)); err == nil {
			t.Fatal("admitted")
		}
	}
	select {
	case <-found.found:
	case <-time.After(10 * time.Second):
		t.Fatalf("not explained:\n%s", out)
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"signed for service appsync, this API is execute-api", "signed for region eu-west-1, this API is in us-east-1", "secret-whitespace"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, out)
		}
	}
	data, err := os.ReadFile(filepath.Join(g.StateDir(), gateway.RefusalsFile))
	if err != nil {
		t.Fatal(err)
	}
	var kept []gateway.Refusal
	if err := json.Unmarshal(data, &kept); err != nil || len(kept) != 4 || kept[0].Report.Mistakes[0].Signed != "appsync" {
		t.Errorf("%v: %s", err, data)
	}
	for _, secret := range []string{g.Credentials().SecretAccessKey, role.SecretAccessKey, role.SessionToken, stale.SecretAccessKey} {
		if strings.Contains(out.String()+log.String()+string(data), secret) {
			t.Error("a secret is in the explanation, the log or the kept refusals")
		}
	}
}

func static(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

// both writes to two writers.
type both struct {
	a *safeBuffer
	b *lines
}

func (w both) Write(p []byte) (int, error) {
	_, _ = w.b.Write(p)
	return w.a.Write(p)
}

func TestALongBodyIsNotCalledChanged(t *testing.T) {
	t.Parallel()
	out := &safeBuffer{}
	found := &lines{found: make(chan struct{}), want: "was refused"}
	g := chat(t, newRecorder(), &gatewaytest.Options{Gateway: gateway.Options{Stderr: both{out, found}}})
	body := bytes.Repeat([]byte("x"), 200<<10) // longer than what is kept
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+g.Addr()+"/dev/@connections/L0SM9cOFvHcCIhw=", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := (&sigv4.Signer{Credentials: g.Developer(), Service: "appsync", Region: "us-east-1"}).Sign(t.Context(), req, sigv4.HashPayload(body)); err != nil {
		t.Fatal(err)
	}
	if status, text := do(t, g, req); status != http.StatusForbidden {
		t.Fatalf("%d %s", status, text)
	}
	select {
	case <-found.found:
	case <-time.After(10 * time.Second):
		t.Fatal("not explained")
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "signed for service appsync") || strings.Contains(out.String(), "body-") {
		t.Errorf("explained as:\n%s", out)
	}
}
