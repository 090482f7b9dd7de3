package sigv4

import (
	"bytes"
	"slices"
	"strings"
)

// param is a query parameter as on the wire.
type param struct {
	name, value string
	bare        bool // without "="
}

// key is the decoded name.
func (p param) key() string { return string(decodeLoosely(p.name)) }

// splitQuery takes a raw query apart.
func splitQuery(raw string) []param {
	var out []param
	for s := range strings.SplitSeq(raw, "&") {
		if s != "" {
			name, value, ok := strings.Cut(s, "=")
			out = append(out, param{name, value, !ok})
		}
	}
	return out
}

// without drops parameters by decoded name.
func without(params []param, names ...string) []param {
	return slices.DeleteFunc(slices.Clone(params), func(p param) bool { return slices.Contains(names, p.key()) })
}

// codedParam is a parameter in the encoding of a draft.
type codedParam struct {
	name, value []byte // in press.scratch
	bare        bool
}

// appendQuery appends the canonical query of a draft.
func (p *press) appendQuery(dst []byte, d *draft) []byte {
	p.scratch, p.coded = p.scratch[:0], p.coded[:0]
	for _, q := range d.params {
		c := codedParam{bare: q.bare && d.query.bare}
		c.name = p.code(d, q.name)
		c.value = p.code(d, q.value)
		p.coded = append(p.coded, c)
	}
	if d.order != nil {
		slices.SortStableFunc(p.coded, d.order)
	}
	for i, c := range p.coded {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(dst, c.name...)
		if !c.bare {
			dst = append(append(dst, '='), c.value...)
		}
	}
	return dst
}

func (p *press) code(d *draft, s string) []byte {
	start := len(p.scratch)
	p.scratch = d.query.encode(p.scratch, s)
	return p.scratch[start:len(p.scratch):len(p.scratch)]
}

// queryOrder sorts encoded parameters; nil leaves them as on the wire.
type queryOrder func(a, b codedParam) int

func byNameThenValue(a, b codedParam) int {
	if d := bytes.Compare(a.name, b.name); d != 0 {
		return d
	}
	return bytes.Compare(a.value, b.value)
}

// queryStyle encodes the names and values of parameters.
type queryStyle struct {
	encode func(dst []byte, s string) []byte
	bare   bool // a parameter without "=" stays so
}

// canonicalQuery is AWS's encoding.
func canonicalQuery(dst []byte, s string) []byte { return appendEncoded(dst, decodePlus(s), '-') }

func decodePlus(s string) string {
	if strings.IndexByte(s, '+') >= 0 {
		s = strings.ReplaceAll(s, "+", " ")
	}
	return string(decodeLoosely(s))
}

// decodeLoosely decodes percent escapes and leaves malformed ones.
func decodeLoosely(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return out
}
