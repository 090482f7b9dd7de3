package library

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

func runeAt(s string, at int) (rune, int) { return utf8.DecodeRuneInString(s[at:]) }

// The sets of Java's predefined classes, as the inside of brackets. They are
// ASCII only.
const (
	digitSet      = `0-9`
	wordSet       = `a-zA-Z_0-9`
	spaceSet      = ` \t\n\x0B\f\r`
	horizontalSet = ` \t\u00A0\u1680\u180e\u2000-\u200a\u202f\u205f\u3000`
	verticalSet   = `\n\x0B\f\r\u0085\u2028\u2029`
)

// predefined is the set of \d, \w and so on; negated for the capital letters.
func predefined(c byte) (set string, negated, ok bool) {
	switch c | 0x20 {
	case 'd':
		set = digitSet
	case 'w':
		set = wordSet
	case 's':
		set = spaceSet
	case 'h':
		set = horizontalSet
	case 'v':
		set = verticalSet
	}
	return set, c < 'a', set != ""
}

func bracketed(set string, negated bool) string {
	if negated {
		return "[^" + set + "]"
	}
	return "[" + set + "]"
}

// escape reads a backslash outside brackets.
func (t *translation) escape() (string, error) {
	if t.at+1 >= len(t.s) {
		return "", t.fail("Unexpected internal error")
	}
	c := t.s[t.at+1]
	if set, negated, ok := predefined(c); ok {
		t.at += 2
		return bracketed(set, negated), nil
	}
	switch c {
	case 'b', 'B', 'A', 'G', 'z':
		t.at += 2
		return `\` + string(c), nil
	case 'Z':
		t.at += 2
		return lastLine, nil
	case 'R':
		t.at += 2
		return `(?>\r\n|[` + verticalSet + `])`, nil
	case 'X':
		t.at += 2
		return `(?>\r\n|\P{M}\p{M}*|\p{M}+)`, nil
	case 'p', 'P':
		set, negated, err := t.property()
		return bracketed(set, negated), err
	case 'k':
		return t.namedReference()
	case 'Q':
		return t.quotation(), nil
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.at += 2
		return `(?:\` + string(c) + `)`, nil
	}
	r, err := t.character()
	return literal(r), err
}

func (t *translation) namedReference() (string, error) {
	end := strings.IndexByte(t.s[t.at:], '>')
	if !t.peek(`\k<`) || end < 4 || !groupName(t.s[t.at+3:t.at+end]) {
		return "", t.fail(`\k is not followed by '<' for named capturing group`)
	}
	reference := t.s[t.at : t.at+end+1]
	t.at += end + 1
	return reference, nil
}

// quotation reads \Q…\E. A quantifier behind it is for the last character.
func (t *translation) quotation() string {
	t.at += 2
	text, _, _ := strings.Cut(t.s[t.at:], `\E`)
	end := t.at + len(text)
	if text == "" {
		t.at = min(end+2, len(t.s))
		return ""
	}
	_, size := utf8.DecodeLastRuneInString(text)
	var out strings.Builder
	for _, r := range text[:len(text)-size] {
		out.WriteString(literal(r))
	}
	r, _ := runeAt(text, len(text)-size)
	t.at = min(end+2, len(t.s))
	out.WriteString(t.quantified(literal(r)))
	return out.String()
}

// character reads a backslash that stands for one character.
func (t *translation) character() (rune, error) {
	r, size := runeAt(t.s, t.at+1)
	t.at += 1 + size
	switch r {
	case 't':
		return '\t', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 'f':
		return '\f', nil
	case 'a':
		return '\a', nil
	case 'e':
		return 0x1b, nil
	case '0':
		return t.octal()
	case 'x', 'u':
		return t.hexadecimal(r)
	case 'c':
		return t.control()
	}
	if r < utf8.RuneSelf && isLetter(byte(r)) {
		return 0, t.fail("Illegal/unsupported escape sequence")
	}
	return r, nil
}

func (t *translation) control() (rune, error) {
	if t.at >= len(t.s) {
		return 0, t.fail("Illegal control escape sequence")
	}
	r, size := runeAt(t.s, t.at)
	t.at += size
	return r ^ 64, nil
}

func (t *translation) octal() (rune, error) {
	n := 0
	for n < 3 && t.at+n < len(t.s) && t.s[t.at+n] >= '0' && t.s[t.at+n] <= '7' {
		n++
	}
	if n == 3 && t.s[t.at] > '3' {
		n = 2
	}
	value, err := strconv.ParseUint(t.s[t.at:t.at+n], 8, 16)
	if err != nil {
		return 0, t.fail("Illegal octal escape sequence")
	}
	t.at += n
	return rune(value), nil
}

// hexadecimal reads what follows \x or \u.
func (t *translation) hexadecimal(kind rune) (rune, error) {
	digits, end := 2, t.at+2
	if kind == 'u' {
		digits, end = 4, t.at+4
	}
	if kind == 'x' && t.peek("{") {
		t.at++
		digits = strings.IndexByte(t.s[t.at:], '}')
		end = t.at + digits + 1
	}
	if digits < 1 || t.at+digits > len(t.s) {
		return 0, t.fail("Illegal hexadecimal escape sequence")
	}
	value, err := strconv.ParseUint(t.s[t.at:t.at+digits], 16, 32)
	if err != nil || value > utf8.MaxRune {
		return 0, t.fail("Illegal hexadecimal escape sequence")
	}
	t.at = end
	return rune(value), nil
}

// property reads \p{Name} or \pL, and gives it as the inside of brackets.
func (t *translation) property() (set string, negated bool, err error) {
	negated = t.s[t.at+1] == 'P'
	t.at += 2
	name := ""
	if t.peek("{") {
		end := strings.IndexByte(t.s[t.at:], '}')
		if end < 0 {
			return "", false, t.fail("Unclosed character family")
		}
		name = t.s[t.at+1 : t.at+end]
		t.at += end + 1
	} else if t.at < len(t.s) {
		name = t.s[t.at : t.at+1]
		t.at++
	}
	set, ok := family(name)
	if !ok {
		return "", false, t.fail(fmt.Sprintf("Unknown character property name {%.64s}", name))
	}
	return set, negated, nil
}
