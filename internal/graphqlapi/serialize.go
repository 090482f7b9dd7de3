package graphqlapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// leaf writes a value of a type without fields.
func (w *writer) leaf(f *field, t *namedType, raw []byte) bool {
	if w.x.refused != nil && t.leaf == leafJSON && raw[0] == '"' { // it has been serialized before
		w.buf = append(w.buf, raw...)
		return true
	}
	dst, why := t.serialize(w.buf, raw)
	if why != "" {
		w.complain(f, "Can't serialize value (%s) : %s", pathText(w.path), why)
		return false
	}
	w.buf = dst
	return true
}

// serialize writes a value that is not null, as graphql-java's
// Coercing.serialize does. why is empty if it is one.
func (t *namedType) serialize(dst, raw []byte) (_ []byte, why string) {
	switch t.leaf {
	case leafString:
		if raw[0] == '"' {
			return append(dst, raw...), ""
		}
	case leafEnum:
		if name := unquote(raw); raw[0] != '"' || !t.enum[name] {
			return dst, fmt.Sprintf("Invalid input for Enum '%s'. Unknown value '%s'", t.name, javaText(nil, raw))
		}
		return append(dst, raw...), ""
	case leafText:
		if raw[0] != '"' || !t.scalar.Valid(unquote(raw)) {
			return dst, fmt.Sprintf("Unable to serialize `%s` as a valid %s.", javaText(nil, raw), t.scalar.Noun)
		}
		return append(dst, raw...), ""
	case leafTimestamp:
		text := number(raw)
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return dst, fmt.Sprintf("Unable to serialize `%s` as a valid %s.", javaText(nil, raw), t.scalar.Noun)
		}
		return append(dst, text...), ""
	case leafJSON:
		return appendString(dst, string(compact(raw))), ""
	}
	before := len(dst)
	dst, ok := t.builtin(dst, raw)
	if !ok {
		return dst[:before], fmt.Sprintf("Expected type '%s' but was '%s'.", t.name, javaClass(raw))
	}
	return dst, ""
}

// compact takes the white space out of a value.
func compact(raw []byte) []byte {
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return raw
	}
	return out.Bytes()
}
