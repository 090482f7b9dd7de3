package template

import (
	"bytes"
	"encoding/json"
)

// toJSON writes an evaluated value as JSON. With asText every scalar becomes a
// string, which is what policy documents and comparisons want.
func toJSON(n *node, asText bool) []byte {
	doc, _ := writeJSON(n, asText)
	return bytes.ReplaceAll(doc, []byte("\n"), nil)
}

// writeJSON puts each scalar and each key on a line of its own and says which
// node each line (from 1, at index 0) comes from, so that a line of the JSON
// leads back to a line of the template.
func writeJSON(n *node, asText bool) (doc []byte, lines []*node) {
	w := &jsonWriter{asText: asText, lines: []*node{n}}
	w.value(n)
	return w.out.Bytes(), w.lines
}

type jsonWriter struct {
	out    bytes.Buffer
	asText bool
	lines  []*node
}

func (w *jsonWriter) newline(n *node) {
	w.out.WriteByte('\n')
	w.lines = append(w.lines, n)
}

func (w *jsonWriter) value(n *node) {
	switch n.kind {
	case kindMap:
		w.out.WriteByte('{')
		for i, f := range n.fields {
			if i > 0 {
				w.out.WriteByte(',')
			}
			w.newline(f.val)
			w.quote(f.key)
			w.out.WriteByte(':')
			w.value(f.val)
		}
		w.out.WriteByte('}')
	case kindList:
		w.out.WriteByte('[')
		for i, v := range n.items {
			if i > 0 {
				w.out.WriteByte(',')
			}
			w.newline(v)
			w.value(v)
		}
		w.out.WriteByte(']')
	default:
		w.scalar(n)
	}
}

func (w *jsonWriter) scalar(n *node) {
	switch {
	case n.kind == kindString, w.asText && n.scalar():
		w.quote(n.text)
	case n.scalar() && json.Valid([]byte(n.text)):
		w.out.WriteString(n.text)
	case n.scalar():
		w.quote(n.text)
	default:
		w.out.WriteString("null")
	}
}

// quote writes a JSON string without escaping <, > and &.
func (w *jsonWriter) quote(s string) {
	enc := json.NewEncoder(&w.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	w.out.Truncate(w.out.Len() - 1)
}
