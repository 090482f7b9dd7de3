package library

import (
	"fmt"
	"strings"

	"github.com/dlclark/regexp2/v2"
)

// Replace puts replacement, in the syntax of Java's Matcher.replaceAll ($1,
// ${name}, \ before what stands for itself), in place of the first match or of
// all. grow, which may be nil, is told of bytes before they are made.
func (p *Pattern) Replace(s, replacement string, all bool, grow func(bytes int)) (string, error) {
	if grow == nil {
		grow = func(int) {}
	}
	w := &replacer{source: []rune(s), replacement: replacement, grow: grow}
	m, err := p.part.FindStringMatch(s)
	for err == nil && m != nil {
		if err = w.match(m); err != nil || !all {
			break
		}
		m, err = p.part.FindNextMatch(m)
	}
	if err != nil {
		return "", err
	}
	w.copy(w.source[w.at:])
	return w.out.String(), nil
}

type replacer struct {
	source      []rune
	at          int // what has been written of the source
	replacement string
	out         strings.Builder
	grow        func(int)
}

func (w *replacer) copy(text []rune) {
	w.grow(len(text))
	w.out.WriteString(string(text))
}

func (w *replacer) match(m *regexp2.Match) error {
	w.copy(w.source[w.at:m.RuneIndex])
	w.at = m.RuneIndex + m.RuneLength
	rest := w.replacement
	for rest != "" {
		i := strings.IndexAny(rest, `$\`)
		if i < 0 {
			break
		}
		w.grow(i)
		w.out.WriteString(rest[:i])
		var err error
		if rest, err = w.special(m, rest[i:]); err != nil {
			return err
		}
	}
	w.grow(len(rest))
	w.out.WriteString(rest)
	return nil
}

// special writes what a dollar sign or a backslash begins, and gives the rest.
func (w *replacer) special(m *regexp2.Match, s string) (string, error) {
	switch {
	case s[0] == '\\' && len(s) == 1:
		return "", fmt.Errorf("character to be escaped is missing")
	case s[0] == '\\':
		w.out.WriteByte(s[1])
		return s[2:], nil
	case strings.HasPrefix(s, "${"):
		name, rest, ok := strings.Cut(s[2:], "}")
		if g := m.GroupByName(name); ok && g != nil {
			w.copy([]rune(g.String()))
			return rest, nil
		}
		return "", fmt.Errorf("No group with name {%.64s}", name)
	case digitsAt(s[1:], 1) == 0:
		return "", fmt.Errorf("Illegal group reference")
	}
	return w.numbered(m, s[1:])
}

// numbered takes as many digits as still name a group.
func (w *replacer) numbered(m *regexp2.Match, s string) (string, error) {
	number := int(s[0] - '0')
	if number >= m.GroupCount() {
		return "", fmt.Errorf("No group %d", number)
	}
	s = s[1:]
	for digitsAt(s, 1) == 1 {
		next := number*10 + int(s[0]-'0')
		if next >= m.GroupCount() {
			break
		}
		number, s = next, s[1:]
	}
	if g := m.GroupByNumber(number); g != nil {
		w.copy([]rune(g.String()))
	}
	return s, nil
}
