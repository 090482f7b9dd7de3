package sigv4

import (
	"bytes"
	"slices"
	"strings"
)

// orderGuesses are other orders of the parameters.
func (x *exam) orderGuesses() []guess {
	if len(x.base.params) < 2 {
		return nil
	}
	var out []guess
	add := func(how string, order queryOrder) {
		m := Mistake{Kind: KindQueryOrder, Signed: how, Expected: "sorted by encoded name, then value"}
		out = append(out, guess{slot: slotOrder, mistake: m, change: func(d *draft) { d.order, d.changed = order, d.changed|partQuery }})
	}
	add("in the order of the URL", nil)
	add("sorted by name only", func(a, b codedParam) int { return bytes.Compare(a.name, b.name) })
	add("sorted as joined text", func(a, b codedParam) int {
		return strings.Compare(string(a.name)+"="+string(a.value), string(b.name)+"="+string(b.value))
	})
	add("sorted before encoding", func(a, b codedParam) int {
		if d := bytes.Compare(decodeLoosely(string(a.name)), decodeLoosely(string(b.name))); d != 0 {
			return d
		}
		return bytes.Compare(decodeLoosely(string(a.value)), decodeLoosely(string(b.value)))
	})
	add("sorted without regard to case", func(a, b codedParam) int {
		return bytes.Compare(bytes.ToLower(a.name), bytes.ToLower(b.name))
	})
	return out
}

// queryGuesses are other encodings of the parameters.
func (x *exam) queryGuesses() []guess {
	if len(x.base.params) == 0 {
		return nil
	}
	var out []guess
	add := func(how string, style queryStyle) {
		m := Mistake{Kind: KindQueryEncoding, Signed: how, Expected: "each byte but A-Z a-z 0-9 - . _ ~ percent-encoded once"}
		out = append(out, guess{slot: slotQuery, mistake: m, change: func(d *draft) { d.query, d.changed = style, d.changed|partQuery }})
	}
	encoded := func(change func(string) string) queryStyle {
		return queryStyle{encode: func(dst []byte, s string) []byte { return append(dst, change(string(canonicalQuery(nil, s)))...) }}
	}
	add(`with "+" for a blank`, encoded(func(s string) string { return strings.ReplaceAll(s, "%20", "+") }))
	add(`with "+" meaning itself (%2B), not a blank`, queryStyle{encode: func(dst []byte, s string) []byte {
		return appendEncoded(dst, string(decodeLoosely(s)), '-')
	}})
	add("as sent", queryStyle{encode: func(dst []byte, s string) []byte { return append(dst, s...) }})
	add(`names without "="`, queryStyle{encode: canonicalQuery, bare: true})
	add(`as sent, names without "="`, queryStyle{encode: func(dst []byte, s string) []byte { return append(dst, s...) }, bare: true})
	add("encoded twice", encoded(func(s string) string { return string(appendEncoded(nil, s, '-')) }))
	add("not encoded", queryStyle{encode: func(dst []byte, s string) []byte { return append(dst, decodePlus(s)...) }})
	add("with a bare /", encoded(func(s string) string { return strings.ReplaceAll(s, "%2F", "/") }))
	add("as by encodeURIComponent, which leaves !'()*", queryStyle{encode: func(dst []byte, s string) []byte {
		return appendEncodedBut(dst, decodePlus(s), "!'()*")
	}})
	add("as by encodeURI", queryStyle{encode: func(dst []byte, s string) []byte {
		return appendEncodedBut(dst, decodePlus(s), "!'()*@:=&$,;+/?")
	}})
	add("with lower-case escapes", encoded(func(s string) string { return string(lowerEscapes([]byte(s), 0)) }))
	return out
}

// maxDropped is how many parameters are left out in turn.
const maxDropped = 16

// paramGuesses are other sets of parameters.
func (x *exam) paramGuesses() []guess {
	params := x.base.params
	var out []guess
	add := func(signed, expected string, change func(d *draft)) {
		m := Mistake{Kind: KindQueryChanged, Signed: signed, Expected: expected}
		out = append(out, guess{slot: slotParams, mistake: m, change: func(d *draft) { change(d); d.changed |= partQuery }})
	}
	var own []string // names of the parameters that are not the signature's
	for _, p := range params {
		if k := p.key(); !slices.Contains(own, k) && (!strings.HasPrefix(k, "X-Amz-") || k == expiresParam || !x.claim.presigned) {
			own = append(own, k)
		}
	}
	for _, name := range own[:min(len(own), maxDropped)] {
		add("without the parameter "+x.shown(name), "with it", func(d *draft) { d.params = without(d.params, name) })
	}
	if len(own) > 1 {
		add("without the parameters "+x.shown(strings.Join(own, ", ")), "with them", func(d *draft) { d.params = without(d.params, own...) })
	}
	add("with an empty X-Amz-Signature", "without it", func(d *draft) {
		d.params = append(slices.Clone(d.params), param{name: signatureParam})
	})
	add("with an empty parameter", "without it", func(d *draft) { d.params = append(slices.Clone(d.params), param{}) })
	if repeats(params) {
		add("repeated parameters with their first value only", "with all values", func(d *draft) { d.params = onlyOne(d.params) })
		add("repeated parameters with their last value only", "with all values", func(d *draft) {
			back := slices.Clone(d.params)
			slices.Reverse(back)
			d.params = onlyOne(back)
			slices.Reverse(d.params)
		})
	}
	return out
}

func repeats(params []param) bool { return len(onlyOne(params)) < len(params) }

// onlyOne keeps the first parameter of each name.
func onlyOne(params []param) []param {
	var out []param
	seen := make(map[string]bool)
	for _, p := range params {
		if k := p.key(); !seen[k] {
			seen[k] = true
			out = append(out, p)
		}
	}
	return out
}
