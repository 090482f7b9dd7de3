//go:build conformance

package conformance

import (
	"testing"
)

// wscat starts wscat (npm), which sends a message and prints what comes.
func (s *server) wscat(t testing.TB, address, message string, headers ...string) *process {
	t.Helper()
	argv := []string{"wscat", "--no-color", "-c", address, "-x", message, "-w", "-1"}
	for _, h := range headers {
		argv = append(argv, "-H", h)
	}
	argv[0] = suite.clients + "/node_modules/.bin/wscat"
	p := start(t, command{argv: argv})
	s.overhear(p)
	return p
}

// refusedByWscat wants wscat to show the status of a refusal.
func (s *server) refusedByWscat(t *testing.T, status, address string, headers ...string) {
	t.Helper()
	p := s.wscat(t, address, "unheard", headers...)
	p.stderr.await(t, `error: Unexpected server response: `+status+`\n`)
	if code := p.exit(t); code == 0 {
		t.Error("wscat thinks that all is well")
	}
}

func TestWscatWithAPIKey(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE", key: true}.write(t, nil), serveOptions{})
	a := s.apis[0]
	if len(a.APIKeys) != 1 || len(a.APIKeys[0]) < 20 {
		t.Fatalf("the ready line shows %d API keys", len(a.APIKeys))
	}
	p := s.wscat(t, a.URL, "through the key", "X-API-Key: "+a.APIKeys[0])
	p.stdout.await(t, `^through the key\n`)
	s.refusedByWscat(t, "403", a.URL)
	s.refusedByWscat(t, "403", a.URL, "X-API-Key: "+a.APIKeys[0]+"x")
	s.stderr.await(t, `(?i)level=WARN.*key`)
}

func TestWscatWithPresignedURL(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "AWS_IAM"}.write(t, nil), serveOptions{})
	p := s.wscat(t, s.sign(t, s.credentials(t, "")), "signed")
	p.stdout.await(t, `^signed\n`)
	s.refusedByWscat(t, "403", s.apis[0].URL)
}

func TestWscatOverTLS(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	argv := []string{suite.clients + "/node_modules/.bin/wscat", "-c", s.apis[0].SecureURL, "--ca", s.authority(t), "-x", "over TLS", "-w", "-1"}
	start(t, command{argv: argv}).stdout.await(t, `^over TLS\n`)
}
