package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxRewritten is the largest body, in bytes, of which many forms are tried.
const maxRewritten = 16 << 10

// bodyGuesses are other payload lines than the hash of the body.
func (x *exam) bodyGuesses() []guess {
	t := &bodyTries{x: x, seen: map[string]bool{x.base.payload: true}, came: x.bodyName(), length: x.base.field("content-length")}
	x.otherBodies(t)
	body := x.q.Body
	t.line(KindBodyEncoding, "UNSIGNED-PAYLOAD, which only S3 accepts", UnsignedPayload)
	if x.q.BodyUnknown || len(body) == 0 {
		return t.out
	}
	sum := sha256.Sum256(body)
	t.line(KindBodyEncoding, "the hash in upper-case hex", strings.ToUpper(hex.EncodeToString(sum[:])))
	t.line(KindBodyEncoding, "the hash in base64", base64.StdEncoding.EncodeToString(sum[:]))
	if len(body) <= maxRewritten {
		t.line(KindBodyEncoding, "the body itself in place of its hash", string(body))
		twice := sha256.Sum256([]byte(hex.EncodeToString(sum[:])))
		t.line(KindBodyEncoding, "the hash of the hash", hex.EncodeToString(twice[:]))
	}
	x.rewritten(t)
	return t.out
}

// bodyTries collects payload lines, each once.
type bodyTries struct {
	x      *exam
	out    []guess
	seen   map[string]bool
	came   string // the body that came, described
	length int    // index of a signed content-length, or -1
}

// line adds a payload line.
func (t *bodyTries) line(k Kind, signed, payload string) {
	if t.seen[payload] {
		return
	}
	t.seen[payload] = true
	m := Mistake{Kind: k, Signed: signed, Expected: t.came}
	t.out = append(t.out, guess{slot: slotBody, mistake: m, change: func(d *draft) { d.payload, d.changed = payload, d.changed|partPayload }})
}

// body adds a body. A signed content-length may be its or that of the body
// that came.
func (t *bodyTries) body(k Kind, signed string, body []byte) {
	t.x.search.budget -= len(body) / unit
	payload := HashPayload(body)
	if t.seen[payload] {
		return
	}
	t.line(k, signed, payload)
	if t.length < 0 || len(body) == len(t.x.q.Body) {
		return
	}
	m, size := t.out[len(t.out)-1].mistake, strconv.Itoa(len(body))
	t.out = append(t.out, guess{slot: slotBody, mistake: m, change: func(d *draft) {
		d.payload, d.changed = payload, d.changed|partPayload
		d.setValues(t.length, size)
	}})
}

// bodyName describes the body that came.
func (x *exam) bodyName() string {
	switch {
	case x.q.BodyUnknown && !x.declared:
		return "the body that came"
	case len(x.q.Body) == 0:
		return "an empty body"
	}
	return "the body that came, " + Fingerprint(string(x.q.Body))
}

// otherBodies adds empty bodies and those given.
func (x *exam) otherBodies(t *bodyTries) {
	t.body(KindBodyEmpty, "an empty body", nil)
	if len(x.q.Body) == 0 {
		for _, s := range [...]string{"{}", "null", `""`, "[]", "undefined", "\n"} {
			t.body(KindBodyEmpty, "the body "+strconv.Quote(s), []byte(s))
		}
	} else {
		for _, s := range [...]string{"{}", "null", `""`} {
			t.body(KindBodyEmpty, "the body "+strconv.Quote(s), []byte(s))
		}
	}
	for i, b := range x.q.Bodies[:min(len(x.q.Bodies), 32)] {
		t.body(KindBodyChanged, "body "+strconv.Itoa(i+1)+" of those given, "+Fingerprint(string(b)), b)
	}
}

// rewritten adds the body in other bytes.
func (x *exam) rewritten(t *bodyTries) {
	body := x.q.Body
	add := func(how string, b []byte) {
		if b != nil && !bytes.Equal(b, body) {
			t.body(KindBodyEncoding, how, b)
		}
	}
	add("the body with a line break at its end", append(bytes.Clone(body), '\n'))
	add("the body without line breaks at its end", bytes.TrimRight(body, "\r\n"))
	if len(body) > maxRewritten && !x.q.Thorough {
		add("the body as compact JSON", compactJSON(body))
		return
	}
	add("the body without white space around it", bytes.TrimSpace(body))
	add("the body with CR LF line breaks", bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n")))
	add("the body with LF line breaks", bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n")))
	add("the body without line breaks", bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r"), nil), []byte("\n"), nil))
	add("the body in Latin-1", latin1(body))
	add("the body in base64", []byte(base64.StdEncoding.EncodeToString(body)))
	if raw, err := base64.StdEncoding.DecodeString(string(body)); err == nil {
		add("the body decoded from base64", raw)
	}
	add("the body as a JSON string", quotedJSON(body))
	add("the body without byte order mark", bytes.TrimPrefix(body, []byte("\ufeff")))
	rewriteJSON(body, add)
}

// latin1 gives UTF-8 text in ISO 8859-1, nil if it has other characters.
func latin1(body []byte) []byte {
	if !utf8.Valid(body) {
		return nil
	}
	out := make([]byte, 0, len(body))
	for _, r := range string(body) {
		if r > 0xff {
			return nil
		}
		out = append(out, byte(r))
	}
	return out
}

// bodyFacts compares the payload line that was signed with the body, where
// the signature holds: the hash that the request declares, or nothing.
func (x *exam) bodyFacts() {
	sent := string(x.c.payload)
	hashed := len(sent) == len(EmptyPayload) && strings.Trim(sent, "0123456789abcdef") == ""
	switch {
	case !x.declared:
		if x.q.BodyUnknown && x.request.ContentLength > 0 && x.search.found[0].draft.payload == EmptyPayload {
			x.fact(KindBodyEmpty, "an empty body", x.bodyName(), "")
		}
	case !hashed:
		x.fact(KindBodyEncoding, sent, "the hash of the body", "X-Amz-Content-Sha256")
	case !x.q.BodyUnknown && sent != HashPayload(x.q.Body):
		x.declaredFact(sent)
	}
}

// declaredFact finds out what body has the declared hash.
func (x *exam) declaredFact(sent string) {
	x.base.payload = HashPayload(x.q.Body) // what it is compared with
	for _, g := range x.bodyGuesses() {
		d := draft{fields: x.base.fields}
		if g.change(&d); d.payload == sent {
			g.mistake.Detail = "X-Amz-Content-Sha256"
			x.facts = append(x.facts, g.mistake)
			return
		}
	}
	x.fact(KindBodyChanged, "a body with SHA-256 "+sent, x.bodyName(), "X-Amz-Content-Sha256")
}
