package sigv4

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// compactJSON gives JSON without white space, nil if body is no JSON.
func compactJSON(body []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, body) != nil {
		return nil
	}
	return b.Bytes()
}

// rewriteJSON gives the forms in which serialisers write the same JSON.
func rewriteJSON(body []byte, add func(how string, b []byte)) {
	compact := compactJSON(body)
	if compact == nil {
		return
	}
	spaced(compact, "", add)
	spaced(sortedJSON(compact), " with sorted keys", add)
}

// spaced gives one JSON text in all usual spacings and escapings.
func spaced(compact []byte, order string, add func(how string, b []byte)) {
	if compact == nil {
		return
	}
	for _, e := range [...]struct {
		how    string
		escape func([]byte) []byte
	}{
		{"", func(b []byte) []byte { return b }},
		{" with <, > and & escaped", escapeHTML},
		{" with <, >, & and / not escaped", unescapeHTML},
		{" in ASCII", escapeASCII},
		{" not in ASCII", unescapeASCII},
	} {
		b := e.escape(compact)
		if e.how != "" && bytes.Equal(b, compact) {
			continue
		}
		tail := order + e.how
		add("the body as compact JSON"+tail, b)
		add(`the body as JSON with ", " and ": "`+tail, wide(b))
		if depth(b) > maxIndented {
			continue
		}
		for _, indent := range [...]string{"  ", "    ", "\t"} {
			var out bytes.Buffer
			if json.Indent(&out, b, "", indent) == nil {
				add(fmt.Sprintf("the body as JSON indented by %q", indent)+tail, out.Bytes())
			}
		}
	}
}

// maxIndented is the deepest nesting of JSON that is indented, which grows with
// its square.
const maxIndented = 32

// depth is the deepest nesting of JSON, brackets in strings included.
func depth(b []byte) int {
	now, most := 0, 0
	for _, c := range b {
		switch c {
		case '[', '{':
			now++
			most = max(most, now)
		case ']', '}':
			now--
		}
	}
	return most
}

// quotedJSON gives text as a JSON string.
func quotedJSON(text []byte) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(string(text)) != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// sortedJSON gives compact JSON with the keys of all objects sorted.
func sortedJSON(compact []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(compact))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// wide adds a blank after each comma and colon outside of strings, as Python
// does.
func wide(compact []byte) []byte {
	out := make([]byte, 0, len(compact)+len(compact)/8)
	quoted := false
	for i := 0; i < len(compact); i++ {
		c := compact[i]
		out = append(out, c)
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted && i+1 < len(compact):
			i++
			out = append(out, compact[i])
		case !quoted && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out
}

func escapeHTML(compact []byte) []byte {
	var b bytes.Buffer
	json.HTMLEscape(&b, compact)
	return b.Bytes()
}

func unescapeHTML(compact []byte) []byte {
	return unescape(compact, func(r rune) bool { return r == '<' || r == '>' || r == '&' || r == '/' })
}

func unescapeASCII(compact []byte) []byte {
	return unescape(compact, func(r rune) bool { return r >= 0x80 && r < 0xd800 || r > 0xdfff })
}

// unescape writes the escaped characters plainly that may be.
func unescape(compact []byte, plain func(rune) bool) []byte {
	out := make([]byte, 0, len(compact))
	for i := 0; i < len(compact); i++ {
		if compact[i] != '\\' || i+1 >= len(compact) {
			out = append(out, compact[i])
			continue
		}
		i++
		switch {
		case compact[i] == '/' && plain('/'):
			out = append(out, '/')
			continue
		case compact[i] == 'u' && i+4 < len(compact):
			if n, err := strconv.ParseUint(string(compact[i+1:i+5]), 16, 16); err == nil && plain(rune(n)) {
				out = utf8.AppendRune(out, rune(n))
				i += 4
				continue
			}
		}
		out = append(out, '\\', compact[i])
	}
	return out
}

// escapeASCII escapes what is not ASCII, as Python does.
func escapeASCII(compact []byte) []byte {
	if !utf8.Valid(compact) {
		return compact
	}
	out := make([]byte, 0, len(compact))
	for _, r := range string(compact) {
		switch {
		case r < 0x80:
			out = append(out, byte(r))
		case r < 0x10000:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		}
	}
	return out
}
