package sigv4

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
)

// draft is a request as some signer may have seen it: everything that enters a
// signature, in a form in which one thing can be changed at a time. Copies
// share slices; what changes one copies it first.
type draft struct {
	method string
	path   string    // escaped, as on the wire
	encode encodeURI // makes the canonical URI

	params []param
	order  queryOrder
	query  queryStyle

	host   string
	fields []headerField
	listed string // SignedHeaders as sent, if it is to be taken literally

	payload string // the last line

	key   *signingKey
	stamp string
	scope string

	changed part // what differs from the base
}

// part is a set of the parts of a canonical request.
type part uint8

const (
	partURI part = 1 << iota
	partQuery
	partHeaders
	partPayload
	partKey
)

// encodeURI appends the canonical URI of a path.
type encodeURI func(dst []byte, path string) []byte

// headerField is a signed header: its name as listed in SignedHeaders, and the
// function that folds its values; nil: as AWS does.
type headerField struct {
	name   string
	values []string
	fold   func(dst []byte, values []string) []byte
}

// setValues gives a signed header other values.
func (d *draft) setValues(i int, values ...string) {
	d.fields = slices.Clone(d.fields)
	d.fields[i].values = values
	d.changed |= partHeaders
}

// field finds a signed header.
func (d *draft) field(name string) int {
	return slices.IndexFunc(d.fields, func(f headerField) bool { return f.name == name })
}

// pieces are the rendered parts of a canonical request.
type pieces struct{ uri, query, headers []byte }

// press renders drafts and computes their signatures. It is the working memory
// of one explanation.
type press struct {
	base    pieces // of the draft that the others are changed from
	now     pieces
	scratch []byte
	coded   []codedParam
	request []byte
	text    []byte
	sum     [sha256.Size]byte
	mac     [2 * sha256.Size]byte
}

// start makes d the draft that the next ones are changed from.
func (p *press) start(d *draft) {
	p.base.uri = d.encode(p.base.uri[:0], d.path)
	p.base.query = p.appendQuery(p.base.query[:0], d)
	p.base.headers = appendHeaders(p.base.headers[:0], d)
}

// print renders the canonical request of a draft into p.request, and its
// changed parts into p.now.
func (p *press) print(d *draft) []byte {
	parts := p.base
	if d.changed&partURI != 0 {
		p.now.uri = d.encode(p.now.uri[:0], d.path)
		parts.uri = p.now.uri
	}
	if d.changed&partQuery != 0 {
		p.now.query = p.appendQuery(p.now.query[:0], d)
		parts.query = p.now.query
	}
	if d.changed&partHeaders != 0 {
		p.now.headers = appendHeaders(p.now.headers[:0], d)
		parts.headers = p.now.headers
	}
	return p.join(d.method, &parts, d.payload)
}

// join puts the parts of a canonical request together in p.request.
func (p *press) join(method string, parts *pieces, payload string) []byte {
	b := append(append(p.request[:0], method...), '\n')
	b = append(append(b, parts.uri...), '\n')
	b = append(append(b, parts.query...), '\n')
	b = append(append(b, parts.headers...), '\n')
	p.request = append(b, payload...)
	return p.request
}

// changes keeps the changed parts of the draft that was printed last.
func (p *press) changes(d *draft) pieces {
	var out pieces
	if d.changed&partURI != 0 {
		out.uri = bytes.Clone(p.now.uri)
	}
	if d.changed&partQuery != 0 {
		out.query = bytes.Clone(p.now.query)
	}
	if d.changed&partHeaders != 0 {
		out.headers = bytes.Clone(p.now.headers)
	}
	return out
}

// signs reports that the key of d makes the signature want of the canonical
// request with this hash.
func (p *press) signs(d *draft, sum *[sha256.Size]byte, want string) bool {
	b := append(append(p.text[:0], algorithm...), '\n')
	b = append(append(b, d.stamp...), '\n')
	b = append(append(b, d.scope...), '\n')
	p.text = hex.AppendEncode(b, sum[:])
	hex.Encode(p.mac[:], d.key.mac(p.text, p.sum[:0]))
	return subtle.ConstantTimeCompare(p.mac[:], []byte(want)) == 1
}

// appendHeaders appends the CanonicalHeaders block and the SignedHeaders line.
func appendHeaders(dst []byte, d *draft) []byte {
	for i := range d.fields {
		f := &d.fields[i]
		dst = append(append(dst, f.name...), ':')
		switch {
		case strings.EqualFold(f.name, "host"):
			dst = append(dst, d.host...)
		case f.fold != nil:
			dst = f.fold(dst, f.values)
		default:
			dst = foldValues(dst, f.values, ",")
		}
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	if d.listed != "" {
		return append(dst, d.listed...)
	}
	for i := range d.fields {
		if i > 0 {
			dst = append(dst, ';')
		}
		dst = append(dst, d.fields[i].name...)
	}
	return dst
}

func foldValues(dst []byte, values []string, separator string) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, separator...)
		}
		dst = appendFolded(dst, v)
	}
	return dst
}
