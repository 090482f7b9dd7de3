package appsyncjs

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// str writes a string; lone surrogates are escaped, as JSON.stringify does.
func (e *encoder) str(s goja.String) {
	text := s.String()
	if len(e.out)+len(text) > e.most {
		e.throw("the value is larger than %d bytes", e.most)
	}
	if !strings.ContainsRune(text, utf8.RuneError) {
		e.out = appendQuoted(e.out, text)
		return
	}
	e.out = append(e.out, '"')
	for i := 0; i < s.Length(); i++ {
		unit := s.CharAt(i)
		lone := unit >= 0xd800 && unit < 0xe000
		if lone && unit < 0xdc00 && i+1 < s.Length() {
			if low := s.CharAt(i + 1); low >= 0xdc00 && low < 0xe000 {
				e.out = utf8.AppendRune(e.out, (rune(unit)-0xd800)<<10|(rune(low)-0xdc00)+0x10000)
				i++
				continue
			}
		}
		if lone {
			e.out = fmt.Appendf(e.out, `\u%04x`, unit)
			continue
		}
		e.out = appendEscaped(e.out, string(rune(unit)))
	}
	e.out = append(e.out, '"')
}

func appendQuoted(out []byte, text string) []byte {
	return append(appendEscaped(append(out, '"'), text), '"')
}

// appendEscaped escapes what JSON.stringify escapes, and nothing else.
func appendEscaped(out []byte, text string) []byte {
	start := 0
	for i := range len(text) {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[start:i]...)
		start = i + 1
		if j := strings.IndexByte("\"\\\b\f\n\r\t", c); j >= 0 {
			out = append(out, '\\', `"\bfnrt`[j])
		} else {
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return append(out, text[start:]...)
}
