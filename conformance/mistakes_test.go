//go:build conformance

package conformance

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// mistake is one that a real signer is made to make.
type mistake struct {
	says   string // a line of the explanation begins so
	signer string // and form
	role   bool   // signed in a session of a role
	post   string // the body of a call to @connections; "" connects
	wrong  func(j *job)
	sent   func(w *wire) // changes what is sent after it was signed
	kinds  string        // all kinds that are named, if not only that of says
}

// mistakes are in the order of the kinds in sigv4.
func mistakes(now time.Time, token string) []mistake {
	const body = `{"b":1,"a":"<ä>"}`
	at := func(d time.Duration) func(*job) { return func(j *job) { j.At = now.Add(d).UTC().Format(time.RFC3339) } }
	more := func(text string) func(*wire) { return func(w *wire) { w.Target += text } }
	path := func(path string) func(*job) { return func(j *job) { j.Path = path } }
	return []mistake{
		{says: "service: signed for service appsync, this API is execute-api", signer: "aws4 headers", wrong: func(j *job) { j.Service = "appsync" }},
		{says: "service: signed for service appsync, this API is execute-api", signer: "botocore query", wrong: func(j *job) { j.Service = "appsync" }},
		{says: "region: signed for region eu-west-1, this API is in us-east-1", signer: "smithy headers", wrong: func(j *job) { j.Region = "eu-west-1" }},
		{says: "region: signed for region eu-west-1, this API is in us-east-1", signer: "amplify-5 query", wrong: func(j *job) { j.Region = "eu-west-1" }},
		{says: "host-port: signed for 127.0.0.1, received for 127.0.0.1:", signer: "aws4 query", wrong: func(j *job) { j.Host = "127.0.0.1" }},
		{says: "host-port: signed for 127.0.0.1:443, received for 127.0.0.1:", signer: "smithy headers", wrong: func(j *job) { j.Host = "127.0.0.1:443" }},
		{says: "host-name: signed for localhost:", signer: "amplify-4 query", wrong: func(j *job) { j.Host = strings.Replace(j.Host, "127.0.0.1", "localhost", 1) }},
		{says: "scheme: signed for ws://127.0.0.1:", signer: "aws4 headers", wrong: func(j *job) { j.Host = "ws://" + j.Host }},
		{says: "path-slash: signed path /dev, should be /dev/", signer: "smithy query", sent: func(w *wire) { w.Target = strings.Replace(w.Target, "/dev?", "/dev/?", 1) }},
		{says: "path-slash: signed path /dev/, should be /dev", signer: "amplify-5 query", wrong: path("/dev/"), sent: func(w *wire) { w.Target = strings.Replace(w.Target, "/dev/?", "/dev?", 1) }},
		{says: "path-stage: signed path /, should be /dev", signer: "botocore headers", wrong: path("/"), sent: func(w *wire) { w.Target = "/dev" }},
		{says: "path-stage: signed path /@connections/abc%3D, should be /dev/@connections/abc%3D", signer: "aws4 headers", post: body, wrong: path("/@connections/abc%3D"),
			sent: func(w *wire) { w.Target = "/dev" + w.Target }},
		{says: "path-encoding: signed path /dev/@connections/abc%3D, should be /dev/%40connections/abc%253D", signer: "smithy headers", post: body,
			wrong: func(j *job) { j.How = object{"uriEscapePath": false} }},
		{says: "path-encoding: signed path ", signer: "aws4 headers", post: body,
			wrong: func(j *job) { j.How = object{"doNotEncodePath": true} }},
		{says: "query-order: signed ", signer: "amplify-5 query", wrong: func(j *job) { j.Query = "%C3%A9=1&z=2" }},
		{says: "query-encoding: signed ", signer: "botocore headers", wrong: func(j *job) { j.Query = "room=a+b" }},
		{says: "query-changed: signed without the parameter room, should be with it", signer: "smithy query", sent: more("&room=blue")},
		{says: "query-changed: signed without the parameter room, should be with it", signer: "aws4 headers", sent: more("?room=blue")},
		{says: "body-empty: signed an empty body, should be the body that came", signer: "aws4 headers", post: body, wrong: func(j *job) { j.Body = nil }, sent: func(w *wire) { w.Body = []byte(body) }},
		{says: "body-empty: signed an empty body, should be the body that came", signer: "botocore headers", post: body, wrong: func(j *job) { j.Body = nil }, sent: func(w *wire) { w.Body = []byte(body) }},
		{says: "body-changed: signed a body with SHA-256 ", signer: "smithy headers", post: body, sent: func(w *wire) { w.Body = []byte("something else") }},
		{says: "body-encoding: signed ", signer: "botocore headers", post: body, sent: func(w *wire) { w.Body = []byte("{\n  \"b\": 1,\n  \"a\": \"<ä>\"\n}") }},
		{says: "header-changed: signed text/plain, should be ", signer: "botocore headers", post: body, wrong: func(j *job) { j.Headers = [][2]string{{"Content-Type", "text/plain"}} },
			sent: func(w *wire) { w.set("Content-Type", "text/plain;charset=UTF-8") }},
		{says: "header-missing: signed with the header x-room, should be without it", signer: "aws4 headers", wrong: func(j *job) { j.Headers = [][2]string{{"X-Room", "blue"}} }, sent: func(w *wire) { w.drop("X-Room") }},
		{says: "token-unsigned: signed without the session token, should be with it", signer: "aws4 query", role: true, wrong: func(j *job) { j.SessionToken = "" },
			sent: more("&X-Amz-Security-Token=" + url.QueryEscape(token))},
		{says: "token-unsigned: signed without the session token, should be with it", signer: "botocore headers", role: true, wrong: func(j *job) { j.SessionToken = "" },
			sent: func(w *wire) { w.set("X-Amz-Security-Token", token) }},
		{says: "service: signed for service iotdevicegateway, this API is execute-api", signer: "amplify-5 query", role: true, wrong: func(j *job) { j.Service = "iotdevicegateway" },
			kinds: "service token-unsigned"},
		{says: "token-missing: signed nothing, should be the session token", signer: "smithy query", role: true, wrong: func(j *job) { j.SessionToken = "" }},
		{says: "token-missing: signed nothing, should be the session token", signer: "amplify-4 query", role: true, wrong: func(j *job) { j.SessionToken = "" }},
		{says: "secret-whitespace: signed a line break after the secret", signer: "botocore headers", wrong: func(j *job) { j.Secret += "\n" }},
		{says: "secret-whitespace: signed a blank before the secret", signer: "aws4 query", wrong: func(j *job) { j.Secret = " " + j.Secret }},
		{says: "secret: signed the secret in double quotes", signer: "smithy headers", wrong: func(j *job) { j.Secret = `"` + j.Secret + `"` }},
		{says: "date-skew: dated ", signer: "smithy headers", wrong: at(2 * time.Hour)},
		{says: "date-skew: dated ", signer: "aws4 query", wrong: at(20 * time.Minute)},
		{says: "expired: dated ", signer: "smithy query", wrong: at(-10 * time.Minute)},
		{says: "expired: dated ", signer: "aws4 query", wrong: func(j *job) { at(-10 * time.Minute)(j); j.Expires = 60 }},
		{says: "date-skew: dated ", signer: "aws4 headers", wrong: at(-10 * time.Minute)}, // or expired
		{says: "scope-date: the key is of day ", signer: "smithy headers", wrong: func(j *job) { j.How = object{"localDay": true} }},
		{says: "access-key: access key AKIAUNKNOWNUNKNOWN12 is unknown here", signer: "amplify-5 query", wrong: func(j *job) { j.AccessKeyID = "AKIAUNKNOWNUNKNOWN12" }},
	}
}

// drop removes a header.
func (w *wire) drop(name string) {
	w.Headers = slices.DeleteFunc(w.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
}

// TestMistakesAreNamed has real signers make every mistake that they can, one
// after another, and the gateway name it.
func TestMistakesAreNamed(t *testing.T) {
	t.Parallel()
	s := serve(t, roled().write(t, nil), serveOptions{})
	developer, session := s.credentials(t, ""), s.credentials(t, "Caller")
	all := mistakes(time.Now(), session.sessionToken)
	for i, w := range s.signBadly(t, all, developer, session) {
		t.Run(all[i].signer+" "+all[i].says, func(t *testing.T) {
			mark := s.stderr.mark()
			if got := deliver(t, s.listen, w); got.status != http.StatusForbidden {
				t.Fatalf("answered %+v", got)
			}
			s.stderr.awaitAfter(t, mark, `(?m)^why "`+w.Method+`" ".*" was refused with \w+:\n(?:    .*\n)*?    `+regexp.QuoteMeta(all[i].says))
		})
	}
	s.stop(t)
	s.keptMistakes(t, all)
}

// keptMistakes compares what the state directory keeps with what was done, and
// that with all there is.
func (s *server) keptMistakes(t *testing.T, all []mistake) {
	t.Helper()
	var made []string
	for i, r := range s.refusals(t) {
		kind, _, _ := strings.Cut(all[i].says, ":")
		if got := strings.Join(r.kinds(), " "); got != or(all[i].kinds, kind) {
			t.Errorf("%s %s: the kept report names %s", all[i].signer, all[i].says, got)
		}
		made = append(made, r.kinds()...)
	}
	help := strings.Join(strings.Fields(succeeded(t, command{argv: []string{suite.tidewire, "explain", "--help"}})), " ")
	_, kinds, _ := strings.Cut(help, "Kinds are ")
	kinds, _, _ = strings.Cut(kinds, ". ")
	for _, kind := range regexp.MustCompile(`,? and |, `).Split(kinds, -1) {
		if !slices.Contains(made, kind) {
			t.Errorf("nobody made the mistake %q of tidewire explain --help", kind)
		}
	}
}

// signBadly has the signers make the mistakes.
func (s *server) signBadly(t *testing.T, all []mistake, developer, session credentials) []wire {
	t.Helper()
	jobs := map[bool][]job{}
	for _, m := range all {
		c := developer
		if m.role {
			c = session
		}
		library, form, _ := strings.Cut(m.signer, " ")
		j := s.job(c, library, form)
		if m.post != "" {
			j.Method, j.Scheme, j.Path, j.Body = "POST", "http", "/dev/@connections/abc%3D", []byte(m.post)
		}
		if m.wrong != nil {
			m.wrong(&j)
		}
		jobs[library == "botocore"] = append(jobs[library == "botocore"], j)
	}
	made := map[bool][]wire{true: signAll(t, jobs[true]), false: signAll(t, jobs[false])}
	var out []wire
	for _, m := range all {
		python := strings.HasPrefix(m.signer, "botocore")
		w := made[python][0]
		made[python] = made[python][1:]
		if w.Error != "" {
			t.Fatalf("%s: %s", m.signer, w.Error)
		}
		w.Host = s.listen
		if m.sent != nil {
			m.sent(&w)
		}
		_, signature, _ := strings.Cut(string(w.text()), "Signature=")
		s.keep(signature[:64])
		out = append(out, w)
	}
	return out
}

// job is to sign a handshake as it must be.
func (s *server) job(c credentials, library, form string) job {
	return job{Signer: library, Form: form, Method: "GET", Scheme: "ws", Host: s.listen, Path: "/dev", Service: "execute-api", Region: c.region,
		AccessKeyID: c.accessKeyID, Secret: c.secretAccessKey, SessionToken: c.sessionToken}
}

// deliver sends a request over a connection of its own to the server, or to a
// proxy in front of it.
func deliver(t *testing.T, address string, w wire) *refusal {
	t.Helper()
	if w.Method == "GET" {
		w.Headers = append(w.Headers, [][2]string{{"Connection", "Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}, {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}}...)
	}
	nc, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	sock := newSocket(nc)
	if _, err := nc.Write(w.text()); err != nil {
		t.Fatal(err)
	}
	if refused := sock.answer(t, &http.Request{Method: w.Method}); refused != nil {
		return refused
	}
	return &refusal{status: http.StatusSwitchingProtocols}
}
