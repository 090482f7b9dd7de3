package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// visible is text in which everything that could control a terminal, or turn
// the direction of writing, stands as an escape such as \x1b or \u202e. Line
// feeds and tabs stay.
func visible(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case harmless(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	return b.String()
}

// harmless says whether a terminal shows r and does nothing else. Joiners are
// format characters, but parts of words and emoji.
func harmless(r rune) bool {
	const nonJoiner, joiner = 0x200c, 0x200d
	return unicode.IsPrint(r) || unicode.Is(unicode.Zs, r) || r == '\n' || r == '\t' || r == nonJoiner || r == joiner
}

// readable is a message for a terminal of this width: as it is when it fits
// into a line with two characters before it, JSON indented when not, always
// visible, with blanks before every line but the first.
func readable(text []byte, width int) string {
	if len(text)+2 > width || bytes.IndexByte(text, '\n') >= 0 {
		var pretty bytes.Buffer
		if json.Indent(&pretty, text, "", "  ") == nil {
			text = pretty.Bytes()
		}
	}
	return strings.ReplaceAll(visible(string(text)), "\n", "\n  ")
}

// oneLine is a message as one line for another program: exactly as it is, or
// when it has line breaks, compact JSON, or with the breaks escaped.
func oneLine(text []byte) []byte {
	if !bytes.ContainsAny(text, "\r\n") {
		return text
	}
	var compact bytes.Buffer
	if json.Compact(&compact, text) == nil {
		return compact.Bytes()
	}
	return []byte(strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(string(text)))
}

// putJSON writes v as one line of JSON in which nothing can control a
// terminal: what could stands as an escape of JSON's.
func (sh *shell) putJSON(v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	var b bytes.Buffer
	for _, r := range text.String() {
		if harmless(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	if _, err := sh.stdout.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}
