//go:build conformance

package conformance

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// kept is a refusal in the state directory.
type kept struct {
	Code   string
	Report struct {
		Mistakes     []struct{ Kind, Signed, Expected string }
		Alternatives [][]struct{ Kind string }
		Unmatched    bool
	}
}

// kinds are those of the first explanation.
func (k kept) kinds() []string {
	var out []string
	for _, m := range k.Report.Mistakes {
		out = append(out, m.Kind)
	}
	return out
}

// refusals are those kept in the state directory.
func (s *server) refusals(t *testing.T) []kept {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.state, refusalsFile))
	if err != nil {
		t.Fatal(err)
	}
	var all []kept
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// whyBlock is an explanation in the log.
var whyBlock = regexp.MustCompile(`(?m)^why .*\n(?:    .*\n|\n)*`)

// TestWhyWasIRefused has npm's websocket connect to the echo example with URLs
// that npm's aws4 signed for AppSync, as thousands have tried, and asks why.
func TestWhyWasIRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, filepath.Join(suite.root, "examples", "echo"), serveOptions{})
	c := s.credentials(t, "")
	for range 2 { // when the second is explained, the first has been kept
		mark := s.stderr.mark()
		p := node(t, "websocket.mjs", object{"url": s.signWrongly(t, c), "send": []string{"unheard"}, "count": 1}, nil)
		s.overhear(p)
		p.exit(t)
		if got := p.stdout.String(); !strings.Contains(got, `"refused"`) || !strings.Contains(got, "403") {
			t.Errorf("npm websocket says\n%s%s", got, p.stderr)
		}
		s.stderr.awaitAfter(t, mark, `(?m)^why "GET" "/dev" was refused with InvalidSignatureException:\n    service: signed for service appsync, this API is execute-api\n      fix: sign for service execute-api$`)
	}
	s.explainedAgain(t, "while it runs")
	s.stop(t)
	s.explainedAgain(t, "after its end")
	p, code := finished(t, command{argv: []string{suite.tidewire, "explain", "--last", "--output", "json", "--state", s.state}, env: s.own()})
	s.overhear(p)
	const want = `"report":{"holds":false,"mistakes":[{"kind":"service","signed":"appsync","expected":"execute-api"}]`
	if code != 0 || !strings.Contains(p.stdout.String(), want) {
		t.Errorf("explain --last --output json: %d\n%s%s", code, p.stdout, p.stderr)
	}
	s.judge(t)
}

// signWrongly signs the API's URL for AppSync with aws4.
func (s *server) signWrongly(t *testing.T, c credentials) string {
	t.Helper()
	j := s.job(c, "aws4", "query")
	j.Service = "appsync"
	w := signAll(t, []job{j})[0]
	s.keepSignature(t, "ws://"+s.listen+w.Target)
	return "ws://" + s.listen + w.Target
}

// explainedAgain wants tidewire explain --last to print the first explanation
// of the log.
func (s *server) explainedAgain(t *testing.T, when string) {
	t.Helper()
	p, code := finished(t, command{argv: []string{suite.tidewire, "explain", "--last", "--state", s.state}, env: s.own()})
	s.overhear(p)
	_, block, _ := strings.Cut(whyBlock.FindString(s.stderr.String()), "\n")
	head, said, _ := strings.Cut(p.stdout.String(), "\n")
	if code != 0 || !strings.Contains(head, " GET /dev, ") || flat(said) != flat(block) || flat(said) == "" {
		t.Errorf("%s, explain --last: %d\n%s\n%s%s\nthe log has\n%s", when, code, head, said, p.stderr, block)
	}
}

// flat is text without indentation, and without the time.
func flat(text string) string {
	text = regexp.MustCompile(`20\d{6}T\d{6}Z`).ReplaceAllString(text, "TIME")
	return strings.Join(strings.Fields(text), " ")
}

// TestRefusalsHideSecrets has smithy sign everything that is secret, with a
// wrong key: the canonical request is then printed and kept, without them.
func TestRefusalsHideSecrets(t *testing.T) {
	t.Parallel()
	s := serve(t, roled().write(t, nil), serveOptions{})
	const secret = "hush-hush-hush-hush-hush-hush-hush-hush"
	s.keep(secret)
	j := s.job(s.credentials(t, "Caller"), "smithy", "headers")
	j.Secret = strings.Repeat("wrong", 8)
	j.Headers = [][2]string{{"Cookie", "session=" + secret}, {"X-Api-Key", secret}}
	j.Pairs = [][2]string{{"x-api-key", secret}, {"X-Api-Key", secret}, {"cookie", secret}, {"authorization", secret}, {"Authorization", "Bearer " + secret}, {"X-Amz-Signature", secret}}
	query := j
	query.Form, query.Headers, query.Pairs = "query", nil, query.Pairs[:5]
	for _, w := range signAll(t, []job{j, query}) {
		w.Host = s.listen
		_, signature, _ := strings.Cut(string(w.text()), "Signature=")
		s.keep(signature[:64])
		mark := s.stderr.mark()
		if got := deliver(t, s.listen, w); got.status != http.StatusForbidden {
			t.Errorf("answered %+v", got)
		}
		s.stderr.awaitAfter(t, mark, `(?m)^why "GET" "/dev" was refused with InvalidSignatureException:\n(?:    .*\n)*?    no known mistake gives this signature(?:.*\n)*?.*X-Api-Key=\(\d+ bytes, sha256 `)
	}
	s.stop(t)
	for _, output := range []string{"text", "json"} {
		p, code := finished(t, command{argv: []string{suite.tidewire, "explain", "--last", "2", "--output", output, "--state", s.state}, env: s.own()})
		s.overhear(p)
		if code != 0 || strings.Count(p.stdout.String(), "no known mistake")+strings.Count(p.stdout.String(), `"unmatched":true`) != 2 {
			t.Errorf("explain --last 2: %d\n%s%s", code, p.stdout, p.stderr)
		}
	}
	s.judge(t)
}

// TestProxies has requests go through proxies that change what was signed.
func TestProxies(t *testing.T) {
	t.Parallel()
	s := serve(t, managed().write(t, nil), serveOptions{})
	c := s.credentials(t, "Poster")
	sock := s.connect(t)
	id := sock.ask(t, `{"action":"who"}`)
	job := calls{s.apis[0].management(false), c.region, id, []string{"post"}, "through a proxy"}
	through := func(proxy string) []string { return append(c.env(), "http_proxy="+proxy, "no_proxy=") }

	t.Run("boto3, nothing changed", func(t *testing.T) {
		got := s.sdk(t, "boto3", job, through(s.proxy(t, func(*httputil.ProxyRequest) {})))
		if len(got) != 1 || got[0].Status != http.StatusOK || sock.receive(t) != job.Data {
			t.Errorf("boto3 says %+v", got)
		}
	})
	t.Run("boto3, session token removed", func(t *testing.T) {
		s.blames(t, `token-missing: signed `, func() {
			got := s.sdk(t, "boto3", job, through(s.proxy(t, func(p *httputil.ProxyRequest) { p.Out.Header.Del("X-Amz-Security-Token") })))
			if len(got) != 1 || got[0].Status != http.StatusForbidden {
				t.Errorf("boto3 says %+v", got)
			}
		})
	})
	t.Run("SDK for JavaScript, host changed", func(t *testing.T) {
		proxy := s.proxy(t, func(p *httputil.ProxyRequest) {
			p.SetXForwarded()
			p.Out.Host = s.listen
		})
		job := job
		job.Endpoint = strings.Replace(job.Endpoint, "http://"+s.listen, proxy, 1)
		s.blames(t, `host-port: signed for `+strings.TrimPrefix(proxy, "http://")+`, received for `+s.listen, func() {
			got := s.sdk(t, "javascript", job, c.env())
			if len(got) != 1 || got[0].Status != http.StatusForbidden {
				t.Errorf("the SDK says %+v", got)
			}
		})
	})
	for _, m := range []struct{ signer, says, value string }{
		{"aws4", `header-changed: signed text/plain, should be text/plain; charset=utf-8 \(content-type\)`, "text/plain; charset=utf-8"},
		{"smithy", `header-missing: signed text/plain, should be no such header \(content-type\)`, ""},
		{"botocore", `header-missing: signed text/plain, should be no such header \(content-type\)`, ""},
	} {
		t.Run(m.signer+", header changed", func(t *testing.T) {
			s.blames(t, m.says, func() { s.postThrough(t, c, m.signer, id, m.value) })
		})
	}
}

// postThrough has a signer's request go through a proxy that changes its
// Content-Type.
func (s *server) postThrough(t *testing.T, c credentials, signer, id, value string) {
	t.Helper()
	j := s.job(c, signer, "headers")
	j.Method, j.Scheme, j.Path, j.Body = "POST", "http", "/dev/@connections/"+url.PathEscape(id), []byte("text")
	j.Headers = [][2]string{{"Content-Type", "text/plain"}}
	w := signAll(t, []job{j})[0]
	w.Host = s.listen
	proxy := s.proxy(t, func(p *httputil.ProxyRequest) {
		if p.Out.Header.Del("Content-Type"); value != "" {
			p.Out.Header.Set("Content-Type", value)
		}
	})
	if got := deliver(t, strings.TrimPrefix(proxy, "http://"), w); got.status != http.StatusForbidden {
		t.Errorf("answered %+v", got)
	}
}

// blames wants what is done to be explained so.
func (s *server) blames(t *testing.T, says string, do func()) {
	t.Helper()
	mark := s.stderr.mark()
	do()
	s.stderr.awaitAfter(t, mark, `(?m)^why "POST" "/dev/@connections/.*" was refused with \w+:\n(?:    .*\n)*?    `+says)
}

// proxy is one in front of the server, or one that clients are told of, which
// keeps the Host unless rewrite changes it.
func (s *server) proxy(t *testing.T, rewrite func(p *httputil.ProxyRequest)) string {
	t.Helper()
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.Out.URL.Scheme, p.Out.URL.Host, p.Out.Host = "http", s.listen, p.In.Host
		rewrite(p)
	}})
	t.Cleanup(proxy.Close)
	return proxy.URL
}
