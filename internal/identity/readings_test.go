package identity_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/sigv4"
)

// TestSignatureOverOneOfTwoPaths: one that was made over either path is nobody's
// refusal, and one that was made over neither is one refusal, which is explained
// by the path that was meant.
func TestSignatureOverOneOfTwoPaths(t *testing.T) {
	t.Parallel()
	const first, second = "/graphql/connect", "/graphql/realtime/connect"
	var by *identity.Authenticator
	var refusals []identity.Refusal
	w := newWorld(t, providers(), func(o *identity.ModesOptions) {
		s := stack(t)
		io := options(t, s, &clock{start})
		io.Service = "appsync"
		io.Refused = func(f identity.Refusal) { refusals = append(refusals, f) }
		var err error
		if by, err = identity.New(io); err != nil {
			t.Fatal(err)
		}
		o.Spec, o.IAM = s, by
	})
	for name, tt := range map[string]struct {
		path, service, secret, other string
		holds                        bool
		kinds                        string // of the mistakes
	}{
		"the first path":                     {path: first, other: second, holds: true},
		"the second path":                    {path: second, other: second, holds: true},
		"no second path":                     {path: second, kinds: "-"},
		"neither":                            {path: "/odd", other: second, kinds: "-"},
		"another service, the first path":    {path: first, service: "lambda", other: second, kinds: "service"},
		"another service, the second path":   {path: second, service: "lambda", other: second, kinds: "service"},
		"a spoilt secret, the second path":   {path: second, secret: secretOf(bobID) + "\n", other: second, kinds: "secret-whitespace"},
		"somebody's secret, the second path": {path: second, secret: secretOf(devID), other: second, kinds: "-"},
	} {
		refusals = nil
		r := signedAt(t, tt.path, tt.service, tt.secret)
		r.Signed.Path, r.OtherPath = first, tt.other
		_, f := w.modes.Admit(context.Background(), r)
		if (f == nil) != tt.holds || len(refusals) == 1 == tt.holds || len(refusals) > 1 {
			t.Errorf("%s: %v, %d refusals", name, f, len(refusals))
			continue
		}
		if tt.holds {
			continue
		}
		report := by.Explain(context.Background(), &refusals[0], nil, nil)
		var kinds []string
		for _, m := range report.Mistakes {
			kinds = append(kinds, string(m.Kind))
		}
		if got := strings.Join(kinds, " "); tt.kinds != "-" && (got != tt.kinds || report.Unmatched) {
			t.Errorf("%s: explained as\n%s", name, report)
		}
		if refusals[0].Fault != f || refusals[0].Request.Path != first || refusals[0].At.IsZero() {
			t.Errorf("%s: the refusal is %+v", name, refusals[0])
		}
	}
}

// signedAt is bob's request to connect, signed for a path; service and secret
// may be others than they should be.
func signedAt(t *testing.T, path, service, secret string) *identity.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4577"+path, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	c := longTerm(bobID)
	if secret != "" {
		c.SecretAccessKey = secret
	}
	s := signer(c, start)
	if s.Service = service; service == "" {
		s.Service = "appsync"
	}
	if err := s.Sign(context.Background(), r, sigv4.HashPayload([]byte("{}"))); err != nil {
		t.Fatal(err)
	}
	q := request(r.Header)
	q.Signed, q.Body = sigv4.FromHTTP(r), []byte("{}")
	return q
}
