package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
	"github.com/tidewire/tidewire/internal/localca"
)

// fakeStore keeps certificates by their fingerprint.
type fakeStore struct {
	certs map[string]bool
	fails bool
}

func (s *fakeStore) store() trustStore {
	return trustStore{name: "a store", change: func(_ context.Context, c *x509.Certificate, _ string, trust bool) error {
		if s.fails {
			return hint(errors.New("no\x1b[2J"), "ask root")
		}
		s.certs[fingerprint(c)] = trust
		return nil
	}}
}

// trustAs runs the command for a person who types.
func trustAs(t *testing.T, s *fakeStore, dir, typed string, args ...string) (stderr string, err error) {
	t.Helper()
	var out, talk bytes.Buffer
	sh := &shell{stdin: strings.NewReader(typed), stdout: &out, stderr: &talk, typing: true, configDir: func() (string, error) { return dir, nil }}
	cmd := newTrustCommand(sh, func() []trustStore { return []trustStore{s.store()} })
	cmd.SetArgs(args)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err = cmd.ExecuteContext(t.Context())
	return talk.String(), err
}

func TestTrustAsks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config")
	s := &fakeStore{certs: map[string]bool{}}
	for _, no := range []string{"n\n", "\n", "no\n", "yeah\n"} {
		if text, err := trustAs(t, s, dir, no); err != nil || len(s.certs) != 0 || !strings.Contains(text, "Trust it in a store? [y/N]") || !strings.Contains(text, "nothing was changed") {
			t.Errorf("%q: %v, %v\n%s", no, s.certs, err, text)
		}
	}
	if _, err := trustAs(t, s, dir, ""); !errors.Is(err, errGaveUp) || len(s.certs) != 0 {
		t.Errorf("nothing typed: %v, %v", s.certs, err)
	}
	if text, err := trustAs(t, s, dir, "Yes\n"); err != nil || len(s.certs) != 1 || !strings.Contains(text, "trusted in a store") {
		t.Errorf("%v, %v\n%s", s.certs, err, text)
	}
	for print, is := range s.certs {
		text, err := trustAs(t, s, dir, "y\n", "--remove")
		if err != nil || !is || s.certs[print] || !strings.Contains(text, print) || !strings.Contains(text, "Take it out of a store? [y/N]") {
			t.Errorf("%v, %v\n%s", s.certs, err, text)
		}
	}
}

// TestTrustAsksForEach has two authorities, one of which is wanted.
func TestTrustAsksForEach(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config")
	if _, err := localca.Open(filepath.Join(dir, "ca"), []string{"chat.example.com"}, nil); err != nil {
		t.Fatal(err)
	}
	s := &fakeStore{certs: map[string]bool{}}
	text, err := trustAs(t, s, dir, "n\ny\n")
	if err != nil || strings.Count(text, "[y/N]") != 2 || len(s.certs) != 1 {
		t.Errorf("%v, %v\n%s", s.certs, err, text)
	}
	if !strings.Contains(text, "chat.example.com, localhost, 127.0.0.0/8, ::1/128, and nothing else") {
		t.Errorf("the names are not shown:\n%s", text)
	}
}

func TestTrustFails(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config")
	text, err := trustAs(t, &fakeStore{fails: true}, dir, "y\n")
	if err == nil || !strings.Contains(text, "a store: nothing was changed: no") || !strings.Contains(text, "hint: ask root") || strings.Contains(text, "\x1b") {
		t.Errorf("%v\n%s", err, text)
	}
	if noted, err := localca.Trusted(filepath.Join(dir, "ca")); err != nil || len(noted) != 0 {
		t.Errorf("noted as trusted: %v, %v", noted, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca", "ca-key.pem"), []byte("noise"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := trustAs(t, &fakeStore{}, dir, "y\n"); err == nil {
		t.Error("a damaged authority was taken")
	}
}

func TestByHand(t *testing.T) {
	t.Parallel()
	update := []string{"update-ca-certificates"}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"sudo", "--", "tee", "/usr/a b.crt"}, "sudo -- tee '/usr/a b.crt' < 'ca.pem' && sudo -- update-ca-certificates"},
		{[]string{"tee", "/usr/a.crt"}, "tee /usr/a.crt < 'ca.pem' && update-ca-certificates"},
		{[]string{"sudo", "--", "rm", "-f", "/usr/a.crt"}, "sudo -- rm -f /usr/a.crt && sudo -- update-ca-certificates"},
		{[]string{"sudo", "--", "update-ca-certificates"}, "sudo -- update-ca-certificates"},
		{[]string{"sudo", "security", "add-trusted-cert", "ca.pem"}, "sudo security add-trusted-cert ca.pem"},
	} {
		_, got, _ := strings.Cut(byHand(tt.args, update, "ca.pem"), ": ")
		if got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// TestTrustAdvice says what a page will need, until it is done.
func TestTrustAdvice(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config")
	g := gatewaytest.New(t, "../../gatewaytest/testdata/graphql.yaml", &gatewaytest.Options{Gateway: gateway.Options{ConfigDir: config},
		Functions: map[string]gatewaytest.Function{"Store": func(context.Context, []byte) ([]byte, error) { return []byte("null"), nil }}})
	if text := trustAdvice(g.Gateway, "tidewire", false); !strings.Contains(text, "browsers need `tidewire trust` once") {
		t.Errorf("%q", text)
	}
	if text := trustAdvice(g.Gateway, "tidewire", true); text != "" {
		t.Errorf("with a certificate of one's own: %q", text)
	}
	if _, err := trustAs(t, &fakeStore{certs: map[string]bool{}}, config, "y\n"); err != nil {
		t.Fatal(err)
	}
	if text := trustAdvice(g.Gateway, "tidewire", false); text != "" {
		t.Errorf("trusted: %q", text)
	}
	sockets := gatewaytest.New(t, "../../gateway/testdata/chat.yaml", &gatewaytest.Options{
		Functions: map[string]gatewaytest.Function{"F": func(context.Context, []byte) ([]byte, error) { return []byte("null"), nil }}})
	if text := trustAdvice(sockets.Gateway, "tidewire", false); text != "" {
		t.Errorf("without a page: %q", text)
	}
}
