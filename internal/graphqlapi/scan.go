package graphqlapi

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// The scanner walks JSON that is known to be valid, without decoding it. On
// anything else it gives nonsense, but never leaves its text.

// blank skips white space.
func blank(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString gives the index after the string that begins at i.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(b)
}

// skipValue gives the index after the value that begins at i.
func skipValue(b []byte, i int) int {
	if i >= len(b) {
		return len(b)
	}
	switch b[i] {
	case '"':
		return skipString(b, i)
	case '{', '[':
		return skipNested(b, i)
	}
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] != ' ' && b[i] != '\n' && b[i] != '\t' && b[i] != '\r' {
		i++
	}
	return i
}

// skipNested gives the index after the object or array that begins at i.
func skipNested(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return len(b)
}

// iterator goes through the members of an object or the items of an array.
type iterator struct {
	b []byte
	i int
}

// iterate begins after the bracket that opens a value.
func iterate(value []byte) iterator { return iterator{value, min(1, len(value))} }

// item is the next item of an array; nil after the last.
func (it *iterator) item() []byte {
	it.i = blank(it.b, it.i)
	if it.i < len(it.b) && it.b[it.i] == ',' {
		it.i = blank(it.b, it.i+1)
	}
	if it.i >= len(it.b) || it.b[it.i] == ']' || it.b[it.i] == '}' {
		return nil
	}
	start := it.i
	it.i = skipValue(it.b, it.i)
	if it.i == start { // not JSON
		it.i = len(it.b)
		return nil
	}
	return it.b[start:it.i]
}

// member is the next name, with its quotes, and value of an object; nil
// after the last.
func (it *iterator) member() (name, value []byte) {
	name = it.item()
	if name == nil {
		return nil, nil
	}
	it.i = blank(it.b, it.i)
	if it.i >= len(it.b) || it.b[it.i] != ':' {
		it.i = len(it.b)
		return nil, nil
	}
	it.i = blank(it.b, it.i+1)
	start := it.i
	it.i = skipValue(it.b, it.i)
	return name, it.b[start:it.i]
}

// keyIs compares a member's name, as member gives it, with a text.
func keyIs(name []byte, text string) bool {
	if len(name) == len(text)+2 && string(name[1:len(name)-1]) == text {
		return true
	}
	return bytes.IndexByte(name, '\\') >= 0 && unquote(name) == text
}

// unquote decodes a JSON string; anything else gives its own text.
func unquote(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return string(value)
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return string(value)
	}
	return text
}

// member finds a member of an object by its name, the last one of that name;
// nil if there is none.
func member(object []byte, name string) (found []byte) {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	it := iterate(object)
	for key, value := it.member(); key != nil; key, value = it.member() {
		if keyIs(key, name) {
			found = value
		}
	}
	return found
}

// members are all members of an object, by name. Of those with the same name
// it has the last.
func members(object []byte) map[string][]byte {
	if len(object) == 0 || object[0] != '{' {
		return nil
	}
	all := make(map[string][]byte)
	it := iterate(object)
	for name, value := it.member(); name != nil; name, value = it.member() {
		all[unquote(name)] = value
	}
	return all
}

func isNull(value []byte) bool { return len(value) == 0 || string(value) == "null" }

// trim takes the white space around a value away.
func trim(value []byte) []byte { return bytes.Trim(value, " \n\t\r") }

// appendString writes a JSON string. Unlike encoding/json it leaves <, > and &
// alone, as AppSync does.
func appendString(dst []byte, text string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// appendRaw writes a value; null if there is none.
func appendRaw(dst, value []byte) []byte {
	if len(value) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, value...)
}

// javaText is what Java's toString makes of a JSON value: the text of a
// string, {a=1, b=[x, y]} of an object. AppSync shows it where a String was
// declared.
func javaText(dst, value []byte) []byte {
	if len(value) == 0 {
		return append(dst, "null"...)
	}
	switch value[0] {
	case '"':
		return append(dst, unquote(value)...)
	case '[':
		return javaItems(dst, value)
	case '{':
		return javaMembers(dst, value)
	}
	return append(dst, value...)
}

func javaItems(dst, value []byte) []byte {
	dst = append(dst, '[')
	it := iterate(value)
	for n, v := 0, it.item(); v != nil; n, v = n+1, it.item() {
		if n > 0 {
			dst = append(dst, ", "...)
		}
		dst = javaText(dst, v)
	}
	return append(dst, ']')
}

func javaMembers(dst, value []byte) []byte {
	dst = append(dst, '{')
	it := iterate(value)
	n := 0
	for k, v := it.member(); k != nil; k, v = it.member() {
		if n > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(append(dst, unquote(k)...), '=')
		dst = javaText(dst, v)
		n++
	}
	return append(dst, '}')
}

// javaClass names the Java class that Jackson makes of a JSON value.
func javaClass(value []byte) string {
	if len(value) == 0 {
		return "null"
	}
	switch value[0] {
	case '"':
		return "String"
	case '{':
		return "LinkedHashMap"
	case '[':
		return "ArrayList"
	case 't', 'f':
		return "Boolean"
	case 'n':
		return "null"
	}
	if bytes.ContainsAny(value, ".eE") {
		return "Double"
	}
	if n, err := strconv.ParseInt(string(value), 10, 64); err != nil {
		return "BigInteger"
	} else if n > 1<<31-1 || n < -1<<31 {
		return "Long"
	}
	return "Integer"
}
