package library

import (
	"fmt"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

// translation turns Java's regular expressions into regexp2's, which are those of
// .NET: what differs is written out.
type translation struct {
	s     string
	at    int
	flags regexFlags
	depth int
}

type regexFlags struct{ dotAll, multiline, unixLines, comments bool }

// deepestRegex bounds how deep groups and classes nest.
const deepestRegex = 100

func translate(java string) (string, error) {
	t := &translation{s: java}
	out, err := t.alternatives()
	if err == nil && t.at < len(t.s) {
		err = t.fail("Unmatched closing ')'")
	}
	return out, err
}

func (t *translation) fail(what string) error {
	return fmt.Errorf("%s near index %d", what, t.at)
}

func (t *translation) peek(prefix string) bool { return strings.HasPrefix(t.s[t.at:], prefix) }

// alternatives reads up to the end or the parenthesis that ends a group. Flags
// set inside do not reach outside.
func (t *translation) alternatives() (string, error) {
	if t.depth++; t.depth > deepestRegex {
		return "", t.fail("Groups are nested too deep")
	}
	before := t.flags
	defer func() { t.flags = before; t.depth-- }()
	var out strings.Builder
	for t.at < len(t.s) && t.s[t.at] != ')' {
		if t.s[t.at] == '|' {
			t.at++
			out.WriteByte('|')
			continue
		}
		atom, err := t.atom()
		if err != nil {
			return "", err
		}
		out.WriteString(t.quantified(atom))
	}
	return out.String(), nil
}

// quantified adds the quantifier behind an atom; a possessive one becomes an
// atomic group.
func (t *translation) quantified(atom string) string {
	if atom == "" {
		return ""
	}
	t.skipComments()
	q := t.quantifier()
	if q == "" {
		return atom
	}
	t.at += len(q)
	switch {
	case t.peek("+"):
		t.at++
		return "(?>(?:" + atom + ")" + q + ")"
	case t.peek("?"):
		t.at++
		q += "?"
	}
	return "(?:" + atom + ")" + q
}

// quantifier is the one that begins here, without what makes it lazy.
func (t *translation) quantifier() string {
	if t.at >= len(t.s) {
		return ""
	}
	switch t.s[t.at] {
	case '*', '+', '?':
		return t.s[t.at : t.at+1]
	case '{':
		end := strings.IndexByte(t.s[t.at:], '}')
		if end > 1 && strings.Trim(t.s[t.at+1:t.at+end], "0123456789,") == "" && t.s[t.at+1] != ',' {
			return t.s[t.at : t.at+end+1]
		}
	}
	return ""
}

func (t *translation) skipComments() {
	for t.flags.comments && t.at < len(t.s) {
		switch c := t.s[t.at]; {
		case c == ' ' || c >= '\t' && c <= '\r':
			t.at++
		case c == '#':
			end := strings.IndexByte(t.s[t.at:], '\n')
			if end < 0 {
				end = len(t.s) - t.at
			}
			t.at += end
		default:
			return
		}
	}
}

// atom reads what a quantifier can follow; "" for flags and comments.
func (t *translation) atom() (string, error) {
	if t.skipComments(); t.at >= len(t.s) || t.s[t.at] == ')' || t.s[t.at] == '|' {
		return "", nil
	}
	switch c := t.s[t.at]; c {
	case '(':
		return t.group()
	case '[':
		t.at++
		return t.class()
	case '\\':
		return t.escape()
	case '.', '^', '$':
		t.at++
		return t.anchor(c), nil
	case '*', '+', '?':
		return "", t.fail(fmt.Sprintf("Dangling meta character '%c'", c))
	case '{':
		return "", t.fail("Illegal repetition")
	}
	r, size := runeAt(t.s, t.at)
	t.at += size
	return literal(r), nil
}

const lineEnds = `\n\r\u0085\u2028\u2029`

func (t *translation) anchor(c byte) string {
	f := t.flags
	switch {
	case c == '.' && f.dotAll:
		return `[\s\S]`
	case c == '.' && f.unixLines:
		return `[^\n]`
	case c == '.':
		return `[^` + lineEnds + `]`
	case c == '^' && f.multiline && f.unixLines:
		return `(?:\A|(?<=\n)(?!\z))`
	case c == '^' && f.multiline:
		return `(?:\A|(?:(?<=[\n\u0085\u2028\u2029])|(?<=\r)(?!\n))(?!\z))`
	case c == '^':
		return `\A`
	case f.multiline && f.unixLines:
		return `(?=\n|\z)`
	case f.multiline:
		return `(?:(?<!\r)(?=\n)|(?=[\r\u0085\u2028\u2029]|\z))`
	case f.unixLines:
		return `(?=\n?\z)`
	}
	return lastLine
}

const lastLine = `(?=(?:\r\n|(?<!\r)\n|[\r\u0085\u2028\u2029])?\z)`

// group reads a group of any kind; flags on their own give "".
func (t *translation) group() (string, error) {
	open, err := t.opening()
	if err != nil {
		return "", err
	}
	if open == "" {
		t.at += len("(?")
		return t.flagged()
	}
	inner, err := t.alternatives()
	if err != nil {
		return "", err
	}
	return open + inner + ")", t.closing()
}

func (t *translation) closing() error {
	if !t.peek(")") {
		return t.fail("Unclosed group")
	}
	t.at++
	return nil
}

// opening reads how a group begins; "" for one with flags.
func (t *translation) opening() (string, error) {
	for _, known := range []string{"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"} {
		if t.peek(known) {
			t.at += len(known)
			return known, nil
		}
	}
	switch {
	case t.peek("(?<"):
		end := strings.IndexByte(t.s[t.at:], '>')
		if end < 4 || !groupName(t.s[t.at+3:t.at+end]) {
			return "", t.fail("named capturing group is missing trailing '>'")
		}
		open := t.s[t.at : t.at+end+1]
		t.at += end + 1
		return open, nil
	case t.peek("(?"):
		return "", nil
	}
	t.at++
	return "(", nil
}

func groupName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) && (i == 0 || s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != ""
}

// flagged reads (?i), which holds to the end of the group around it, and (?i:X).
func (t *translation) flagged() (string, error) {
	before := t.flags
	flags, err := t.modifiers()
	if err != nil {
		return "", err
	}
	if t.peek(")") {
		t.at++
		if flags == "" {
			return "", nil
		}
		return "(?" + flags + ")", nil
	}
	t.at++
	inner, err := t.alternatives()
	t.flags = before
	if err != nil {
		return "", err
	}
	return "(?" + flags + ":" + inner + ")", t.closing()
}

// modifiers reads up to the parenthesis or the colon, and gives those that the
// other dialect needs too.
func (t *translation) modifiers() (string, error) {
	on, flags := true, ""
	for ; t.at < len(t.s); t.at++ {
		switch c := t.s[t.at]; {
		case c == ')' || c == ':':
			return flags, nil
		case c == '-':
			on = false
		case c == 'i' && on:
			flags = "i"
		case c == 'i':
			flags = "-i"
		case c == 'u' || c == 'U':
		case !t.flags.set(c, on):
			return "", t.fail("Unknown inline modifier")
		}
	}
	return "", t.fail("Unknown inline modifier")
}

func (f *regexFlags) set(c byte, on bool) bool {
	switch c {
	case 's':
		f.dotAll = on
	case 'm':
		f.multiline = on
	case 'd':
		f.unixLines = on
	case 'x':
		f.comments = on
	default:
		return false
	}
	return true
}

// literal is a character that stands for itself.
func literal(r rune) string { return regexp2.Escape(string(r)) }
