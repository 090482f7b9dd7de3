//go:build conformance

package conformance

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/sigv4"
)

// job is a request for outside.mjs and outside.py to sign.
type job struct {
	Signer       string      `json:"signer"`
	Form         string      `json:"form"` // query or headers
	Method       string      `json:"method"`
	Scheme       string      `json:"scheme"`
	Host         string      `json:"host"`
	Path         string      `json:"path"`  // escaped
	Query        string      `json:"query"` // text
	Pairs        [][2]string `json:"pairs"` // the same, decoded
	Headers      [][2]string `json:"headers"`
	Body         []byte      `json:"body,omitempty"`
	Service      string      `json:"service"`
	Region       string      `json:"region"`
	AccessKeyID  string      `json:"accessKeyId"`
	Secret       string      `json:"secretAccessKey"`
	SessionToken string      `json:"sessionToken,omitempty"`
	Expires      int         `json:"expires,omitempty"`
	At           string      `json:"at,omitempty"` // RFC 3339
	How          object      `json:"how,omitempty"`
}

// wire is a request as a client sends it.
type wire struct {
	Method  string
	Host    string
	Target  string      `json:"target"`
	Headers [][2]string `json:"headers"`
	Body    []byte
	Error   string `json:"error"`
}

// signAll has one client program sign jobs.
func signAll(t testing.TB, jobs []job) []wire {
	t.Helper()
	var input strings.Builder
	for _, j := range jobs {
		input.WriteString(marshal(t, j) + "\n")
	}
	argv := []string{"node", suite.clients + "/outside.mjs"}
	if jobs[0].Signer == "botocore" {
		argv = []string{"/usr/bin/python3", suite.clients + "/outside.py"}
	}
	wires := decodeLines[wire](t, succeeded(t, command{argv: argv, stdin: strings.NewReader(input.String())}))
	if len(wires) != len(jobs) {
		t.Fatalf("%d jobs, %d answers", len(jobs), len(wires))
	}
	for i, j := range jobs {
		w := &wires[i]
		w.Method, w.Host, w.Body = j.Method, j.Host, j.Body
	}
	return wires
}

// text is the request in HTTP/1.1. Content-Length is added where it is needed
// and the signer did not set it.
func (w wire) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", w.Method, w.Target, w.Host)
	for _, h := range w.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	if len(w.Body) > 0 && w.header("Content-Length") < 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(w.Body))
	}
	b.WriteString("\r\n")
	b.Write(w.Body)
	return b.Bytes()
}

// header is the index of a header, or -1.
func (w wire) header(name string) int {
	for i, h := range w.Headers {
		if strings.EqualFold(h[0], name) {
			return i
		}
	}
	return -1
}

// set replaces a header or adds it.
func (w *wire) set(name, value string) {
	if i := w.header(name); i >= 0 {
		w.Headers[i][1] = value
		return
	}
	w.Headers = append(w.Headers, [2]string{name, value})
}

// read reads the request as a server does.
func (w wire) read() (*sigv4.Request, []byte, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(w.text())))
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return sigv4.FromHTTP(r), body, err
}

// outsider is a signer of other people.
type outsider struct {
	name   string
	quirks []quirk
}

// quirk is a request that a client signs otherwise than it sends it: AWS must
// refuse it, and so does tidewire.
type quirk struct {
	name string
	hits func(j *job, w *wire) bool
}

// Keys of the requests that are signed in bulk; the second needs its token.
const (
	longTerm  = "AKIAOUTSIDE000000001"
	temporary = "ASIAOUTSIDE000000002"
	outsideKy = "bPxRfiCYEXAMPLEKEY/K7MDENG+wJalrXUtnFEMI"
	outsideTk = "FwoGZXIvYXdzEBYaDH//outside+token/of==AAAA=="
)

func outsideKey(_ context.Context, id, token string) (string, error) {
	if id == longTerm && token == "" || id == temporary && token == outsideTk {
		return outsideKy, nil
	}
	return "", sigv4.ErrUnknownKey
}

// seed is that of the random requests, unless CONFORMANCE_SEED is another.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(or(os.Getenv("CONFORMANCE_SEED"), "20260715"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("CONFORMANCE_SEED=%d", n)
	return n
}

// perSigner is how many requests each signer signs.
const perSigner = 4000

// TestOutsideSigners has botocore, aws4 and smithy sign random requests. All
// of them verify, but those of the clients' own quirks, which must not; and
// none does after one change.
func TestOutsideSigners(t *testing.T) {
	t.Parallel()
	for i, o := range outsiders() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed(t), uint64(i)))
			jobs := make([]job, perSigner)
			for i := range jobs {
				jobs[i] = sketch(r, o.name)
			}
			o.judge(t, r, jobs, signAll(t, jobs))
		})
	}
}

// judge verifies what a signer made.
func (o outsider) judge(t *testing.T, r *rand.Rand, jobs []job, wires []wire) {
	t.Helper()
	v := &sigv4.Verifier{Service: "execute-api", Region: "eu-west-1", Key: outsideKey}
	held, changed, odd, named := 0, map[string]int{}, map[string]int{}, map[string]int{}
	for i := range jobs {
		j, w := &jobs[i], &wires[i]
		if w.Error != "" {
			t.Errorf("%s could not sign %+v: %s", o.name, *j, w.Error)
			continue
		}
		w.Host = sentHost(r, j)
		err := w.verify(v)
		if q := o.quirk(j, w); q != "" {
			if odd[q]++; err == nil {
				t.Errorf("verified, though %s:\n%s", q, w.text())
			}
			continue
		}
		if err != nil {
			t.Errorf("refused: %v\n%s\n%s", err, w.text(), w.explained(v))
			continue
		}
		held++
		kind, other := w.changed(r)
		if changed[kind]++; other.verify(v) == nil {
			t.Errorf("verified after a change of %s:\n%s\n%s", kind, w.text(), other.text())
		}
		if held%explainedOnceIn == 0 {
			named[other.blamed(t, kind, v)]++
		}
	}
	t.Logf("%s: %d of %d verified, and none after one change of %v; left out: %v; explained: %v", o.name, held, len(jobs), changed, odd, named)
	if held < len(jobs)*2/3 {
		t.Errorf("only %d of %d were tried", held, len(jobs))
	}
}

// explainedOnceIn is how many changed requests there are for each that is
// explained, which takes milliseconds.
const explainedOnceIn = 16

// truths are what may be said after a change: nothing else was done. A changed
// query or header may be one that says who signed, for what, and when.
var truths = map[string]string{
	"signature": ``,
	"method":    ``,
	"path":      `path-`,
	"host":      `host-|scheme`,
	"body":      `body-|header-changed`, // that is the Content-Length
	"query":     `query-|service|region|scope-date|date-skew|expired|access-key|token-|header-`,
	"header":    `header-|body-|scope-date|date-skew|expired|access-key|token-`,
}

// blamed explains a request that was changed, and wants no mistake to be named
// that it cannot be. It gives the kinds.
func (w wire) blamed(t *testing.T, where string, v *sigv4.Verifier) string {
	t.Helper()
	report := w.explained(v)
	var kinds []string
	for _, all := range append(report.Alternatives, report.Mistakes) {
		for _, m := range all {
			if truth := truths[where]; truth == "" || !regexp.MustCompile("^("+truth+")").MatchString(string(m.Kind)) {
				t.Errorf("after a change of %s, a mistake is named that was not made:\n%s\n%s", where, w.text(), report)
			}
			kinds = append(kinds, string(m.Kind))
		}
	}
	if report.Holds {
		t.Errorf("explained as holding after a change of %s:\n%s", where, w.text())
	}
	slices.Sort(kinds)
	return where + ":" + strings.Join(slices.Compact(kinds), "+")
}

// verify verifies the request as a server receives it.
func (w wire) verify(v *sigv4.Verifier) error {
	r, body, err := w.read()
	if err != nil {
		return fmt.Errorf("no server reads it: %w", err)
	}
	_, err = v.Verify(context.Background(), r, body)
	return err
}

// explained says why the request is refused.
func (w wire) explained(v *sigv4.Verifier) *sigv4.Report {
	r, body, err := w.read()
	if err != nil {
		return &sigv4.Report{Reason: err.Error()}
	}
	return sigv4.Explain(context.Background(), v.Question(r, body))
}

func (o outsider) quirk(j *job, w *wire) string {
	for _, q := range o.quirks {
		if q.hits(j, w) {
			return q.name
		}
	}
	return ""
}

// outsiders are the signers and what they are known to get wrong.
func outsiders() []outsider {
	proto := func(j *job, _ *wire) bool {
		return slices.ContainsFunc(j.Pairs, func(p [2]string) bool { return p[0] == "__proto__" })
	}
	return []outsider{
		{"botocore", []quirk{
			{"urllib3 writes the escapes of a path in upper case, which botocore signed in lower case", func(j *job, _ *wire) bool {
				kept := path.Clean(j.Path)
				return upperEscapes(kept) != kept
			}},
			{"botocore writes the zone of a Date header as -0000, which is no HTTP date (RFC 9110, section 5.6.7)", func(_ *job, w *wire) bool {
				return w.header("Authorization") >= 0 && w.header("Date") >= 0
			}},
			{"botocore signs the query of a URL as it is spelled, if it signs into headers", func(j *job, _ *wire) bool {
				return j.Form == "headers" && j.How["params"] == false && !j.spelledClean()
			}},
		}},
		{"aws4", []quirk{
			{"aws4 leaves the parameter __proto__ out of the signature", proto},
			{"aws4 does not trim the values of a repeated header before it joins them", func(j *job, w *wire) bool { return j.joinsBlanks(w) }},
		}},
		{"smithy", []quirk{{"smithy signs [object Object] for the parameter __proto__", proto}}},
	}
}

// upperEscapes is what urllib3 does to a path.
func upperEscapes(path string) string {
	return regexp.MustCompile(`%[0-9a-fA-F]{2}`).ReplaceAllStringFunc(path, strings.ToUpper)
}

// spelledClean says whether the query is spelled as AWS does.
func (j *job) spelledClean() bool {
	for i, part := range strings.Split(j.Query, "&") {
		if name, value, _ := strings.Cut(part, "="); len(j.Pairs) > 0 && (name != clean(j.Pairs[i][0]) || value != clean(j.Pairs[i][1])) {
			return false
		}
	}
	return true
}

// joinsBlanks says whether blanks are at the joints of a signed header with
// several values.
func (j *job) joinsBlanks(w *wire) bool {
	fold := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	whole, each := map[string]string{}, map[string]string{}
	for _, h := range j.Headers {
		name := strings.ToLower(h[0])
		if _, more := whole[name]; more {
			whole[name], each[name] = whole[name]+","+h[1], each[name]+","+fold(h[1])
		} else {
			whole[name], each[name] = h[1], fold(h[1])
		}
	}
	return slices.ContainsFunc(w.signedHeaders(), func(name string) bool { return fold(whole[name]) != each[name] })
}
