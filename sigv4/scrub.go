package sigv4

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Shorter values are not looked for all over a report, only shown redacted.
const (
	minCredential = 8  // bytes
	minSecret     = 16 // bytes
)

// clean removes credentials of the request from all texts of a report, however
// they got there, and makes the texts valid UTF-8.
func (x *exam) clean(r *Report) {
	replace := x.show.scrub
	if replace == nil {
		replace = x.scrubber()
	}
	text := func(s *string) { *s = valid(replace(*s)) }
	mistakes := func(all []Mistake) {
		for i := range all {
			text(&all[i].Signed)
			text(&all[i].Expected)
			text(&all[i].Detail)
		}
	}
	mistakes(r.Mistakes)
	for _, a := range r.Alternatives {
		mistakes(a)
	}
	for _, lines := range [...][]Line{r.Signed, r.Canonical} {
		for i := range lines {
			text(&lines[i].Text)
		}
	}
	text(&r.Reason)
}

// scrubber replaces every form of every credential by its fingerprint.
func (x *exam) scrubber() func(string) string {
	var all []string
	note := func(s string, least int) {
		for _, form := range [...]string{s, decodePlus(s), string(canonicalQuery(nil, s)), string(appendEncoded(nil, s, '-'))} {
			if len(form) >= least {
				all = append(all, form)
			}
		}
	}
	note(x.secret, minSecret)
	for _, c := range x.q.Candidates {
		note(c.Secret, minSecret)
	}
	if !x.q.Reveal {
		x.credentials(func(s string) { note(s, minCredential) })
	}
	if len(all) == 0 {
		return func(s string) string { return s }
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	all = slices.Compact(all)
	pairs := make([]string, 0, 2*len(all))
	for _, s := range all {
		pairs = append(pairs, s, Fingerprint(s))
	}
	return strings.NewReplacer(pairs...).Replace
}

// credentials visits the confidential values of a request.
func (x *exam) credentials(visit func(string)) {
	visit(x.claim.token)
	visit(x.claim.signature)
	visit(x.known)
	for _, c := range x.q.Candidates {
		visit(c.SessionToken)
	}
	if x.q.Request == nil || len(x.q.Request.Header) > maxHeaders || len(x.q.Request.RawQuery) > maxQuery {
		return
	}
	for name, values := range x.q.Request.Header {
		if !confidential(name) {
			continue
		}
		for _, v := range values {
			if len(v) <= maxAuth {
				visit(v)
				visit(string(appendFolded(nil, v)))
			}
		}
	}
	for _, p := range splitQuery(x.q.Request.RawQuery) {
		if confidential(p.key()) {
			visit(p.value)
		}
	}
}

// valid escapes bytes that are not UTF-8.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		if r == utf8.RuneError && s[i] >= 0x80 && !strings.HasPrefix(s[i:], "\ufffd") {
			fmt.Fprintf(&b, `\x%02x`, s[i])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
