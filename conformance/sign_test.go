//go:build conformance

package conformance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// emptyPayload is the hex SHA-256 of nothing.
const emptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// signing is how a URL is presigned; zero values are what is right.
type signing struct {
	region, service, payload string
	at                       time.Time
}

// presign signs a URL with the AWS SDK for Go and has the signature guarded.
func (s *server) presign(t testing.TB, c credentials, address string, how signing) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if how.at.IsZero() {
		how.at = time.Now()
	}
	signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), c.keys(), r, or(how.payload, emptyPayload), or(how.service, "execute-api"), or(how.region, c.region), how.at)
	if err != nil {
		t.Fatal(err)
	}
	s.keepSignature(t, signed)
	return signed
}

func (c credentials) keys() aws.Credentials {
	return aws.Credentials{AccessKeyID: c.accessKeyID, SecretAccessKey: c.secretAccessKey, SessionToken: c.sessionToken}
}

// openSigned opens a socket as c.
func (s *server) openSigned(t testing.TB, c credentials) *socket {
	t.Helper()
	return open(t, s.sign(t, c), nil)
}

// sign presigns the first API's URL.
func (s *server) sign(t testing.TB, c credentials) string {
	t.Helper()
	return s.presign(t, c, s.apis[0].URL, signing{})
}

// keepSignature has a signed URL's signature guarded.
func (s *server) keepSignature(t testing.TB, signed string) {
	t.Helper()
	u, err := url.Parse(signed)
	if err != nil {
		t.Fatal("the signed URL is none")
	}
	s.keep(u.Query().Get("X-Amz-Signature"))
}

// call makes a call to @connections, signed by the AWS SDK for Go.
func (s *server) call(t testing.TB, c credentials, method, id, text string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, s.apis[0].management(false)+"/@connections/"+url.PathEscape(id), strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	if err := v4.NewSigner().SignHTTP(t.Context(), c.keys(), r, hex.EncodeToString(sum[:]), "execute-api", c.region, time.Now()); err != nil {
		t.Fatal(err)
	}
	return r
}

// signedBy is what an npm signer made.
type signedBy struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// signer is a job for sign.mjs.
type signer struct {
	Signer       string `json:"signer"`
	Form         string `json:"form"`
	URL          string `json:"url"`
	Region       string `json:"region"`
	Service      string `json:"service"`
	Expires      int    `json:"expires,omitempty"`
	AccessKeyID  string `json:"accessKeyId"`
	Secret       string `json:"secretAccessKey"`
	SessionToken string `json:"sessionToken,omitempty"`
}

// signWith signs the first API's URL with an npm signer.
func (s *server) signWith(t testing.TB, name, form string, c credentials) signedBy {
	t.Helper()
	job := signer{name, form, s.apis[0].URL, c.region, "execute-api", 0, c.accessKeyID, c.secretAccessKey, c.sessionToken}
	var made signedBy
	p := node(t, "sign.mjs", job, nil)
	if code := p.exit(t); code != 0 {
		t.Fatalf("%s failed:\n%s", name, p.stderr)
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &made); err != nil {
		t.Fatalf("%s gave no JSON: %v", name, err)
	}
	s.keepSignature(t, made.URL)
	if _, after, ok := strings.Cut(made.Headers["Authorization"], "Signature="); ok {
		s.keep(after)
	}
	return made
}

// node starts one of the scripts in conformance/clients with a job.
func node(t testing.TB, script string, job any, env []string) *process {
	t.Helper()
	return start(t, command{argv: []string{"node", suite.clients + "/" + script}, env: env, stdin: strings.NewReader(marshal(t, job))})
}

func marshal(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// messageOf is the message of an error body, in either of AWS's spellings.
func messageOf(body []byte) string {
	var m struct{ Message string } // encoding/json does not mind the case
	_ = json.Unmarshal(body, &m)   // no JSON: no message
	return m.Message
}

// lines decodes one JSON object a line.
func decodeLines[T any](t testing.TB, text string) []T {
	t.Helper()
	var all []T
	for line := range strings.Lines(text) {
		var v T
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, v)
	}
	return all
}
