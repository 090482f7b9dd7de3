package websocketapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"
)

// maxDepth bounds how deep JSON may be nested, as encoding/json does; what
// is deeper does not count as JSON.
const maxDepth = 10000

// A jsonPath is the subset of JSONPath that names one place: member names
// and array positions. An empty one is the whole document.
type jsonPath []step

// A step is a member name, or an array position if index is not negative.
type step struct {
	name  string
	index int
}

// parsePath reads what follows request.body: .name, ['name'], ["name"] and
// [0], in any number.
func parsePath(text string) (jsonPath, error) {
	path := jsonPath{}
	for rest := text; rest != ""; {
		read := dotStep
		if rest[0] == '[' {
			read = bracketStep
		}
		s, n, err := read(rest)
		if err != nil {
			return nil, fmt.Errorf("JSONPath %q: %w", text, err)
		}
		path = append(path, s)
		rest = rest[n:]
	}
	return path, nil
}

// dotStep reads .name.
func dotStep(text string) (step, int, error) {
	if text[0] != '.' {
		return step{}, 0, fmt.Errorf("%q where . or [ should stand", text[:1])
	}
	n := 1
	for n < len(text) && text[n] != '.' && text[n] != '[' {
		if strings.IndexByte(`*?()@,'" `, text[n]) >= 0 {
			return step{}, 0, fmt.Errorf("%q is not supported: name one member or position", text[n:n+1])
		}
		n++
	}
	if n == 1 {
		return step{}, 0, errors.New("a dot without a member name")
	}
	return step{name: text[1:n], index: -1}, n, nil
}

// bracketStep reads ['name'], ["name"] or [0].
func bracketStep(text string) (step, int, error) {
	if len(text) > 1 && (text[1] == '\'' || text[1] == '"') {
		return quotedStep(text)
	}
	end := strings.IndexByte(text, ']')
	if end < 0 {
		return step{}, 0, errors.New("[ without ]")
	}
	index, err := strconv.ParseUint(strings.TrimSpace(text[1:end]), 10, 31)
	if err != nil {
		return step{}, 0, fmt.Errorf("%s is not supported: write [0] or ['name']", text[:end+1])
	}
	return step{index: int(index)}, end + 1, nil
}

// quotedStep reads ['name'] or ["name"]; \ quotes the next character.
func quotedStep(text string) (step, int, error) {
	var name strings.Builder
	for i := 2; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text):
			i++
			name.WriteByte(text[i])
		case text[i] == text[1]:
			if i+1 >= len(text) || text[i+1] != ']' {
				return step{}, 0, errors.New("] is missing after a quoted name")
			}
			return step{name: name.String(), index: -1}, i + 2, nil
		default:
			name.WriteByte(text[i])
		}
	}
	return step{}, 0, errors.New("a quoted name does not end")
}

// isNameByte says whether c may stand in a bare member name.
func isNameByte(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// A value is a place in a valid JSON document, or none.
type value struct{ gjson.Result }

// parseJSON checks that text is one JSON document and gives its root. The
// value shares text's memory: text must not change while it is in use.
func parseJSON(text []byte) (value, bool) {
	if len(text) == 0 || !shallow(text) || !gjson.ValidBytes(text) {
		return value{}, false
	}
	return value{gjson.Parse(unsafe.String(&text[0], len(text)))}, true
}

// shallow says that text is not nested deeper than maxDepth, so that the
// recursive validator cannot be made to grow its stack without bound.
func shallow(text []byte) bool {
	if len(text) <= maxDepth {
		return true
	}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxDepth {
				return false
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return true
}

// find walks the path from root. Of members with the same name the last one
// counts, as in the JSON readers of the functions behind us.
func (p jsonPath) find(root value) value {
	at := root
	for _, s := range p {
		at = at.step(s)
		if !at.Exists() {
			return value{}
		}
	}
	return at
}

// step goes to one member or position; a value that does not exist if there
// is none.
func (v value) step(s step) value {
	var found value
	if s.index >= 0 && v.IsArray() {
		n := 0
		v.ForEach(func(_, item gjson.Result) bool {
			if n == s.index {
				found = value{item}
			}
			n++
			return n <= s.index
		})
	}
	if s.index < 0 && v.IsObject() {
		v.ForEach(func(name, item gjson.Result) bool {
			if name.Str == s.name {
				found = value{item}
			}
			return true
		})
	}
	return found
}

// text is the value as a selection expression shows it: a string's
// characters, [item1, item2] for an array, the JSON text of everything else,
// and nothing for a value that does not exist.
func (v value) text() string {
	switch {
	case !v.Exists():
		return ""
	case v.Type == gjson.String:
		return v.str()
	case v.IsArray():
		return v.arrayText()
	default:
		return v.Raw
	}
}

// arrayText is [item1, item2].
func (v value) arrayText() string {
	var b strings.Builder
	b.WriteByte('[')
	v.ForEach(func(_, item gjson.Result) bool {
		if b.Len() > 1 {
			b.WriteString(", ")
		}
		b.WriteString(value{item}.text())
		return true
	})
	b.WriteByte(']')
	return b.String()
}

// str is the content of a JSON string. Escapes of the form \u go through
// encoding/json, which treats half surrogate pairs as every JSON reader
// does; the rest is already decoded.
func (v value) str() string {
	if !strings.Contains(v.Raw, `\u`) {
		return v.Str
	}
	var s string
	if err := json.Unmarshal([]byte(v.Raw), &s); err != nil {
		return v.Str // unreachable for validated JSON
	}
	return s
}
