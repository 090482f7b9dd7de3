package library

import (
	"fmt"
	"strconv"
	"strings"
)

// node is an element's content by name, in the order of first appearance. Its
// values are nodes, strings, and raw text.
type node struct {
	order   []string
	members map[string][]any
}

// raw is text that stays text, whatever it looks like.
type raw string

func (n *node) add(name string, v any) {
	if n.members == nil {
		n.members = map[string][]any{}
	}
	if _, ok := n.members[name]; !ok {
		n.order = append(n.order, name)
	}
	n.members[name] = append(n.members[name], v)
}

// value is what the element stands for in its parent: nothing is "", and text
// alone is that text.
func (n *node) value() any {
	switch {
	case len(n.order) == 0:
		return raw("")
	case len(n.order) == 1 && n.order[0] == "content" && len(n.members["content"]) == 1:
		return n.members["content"][0]
	}
	return n
}

// markup reads XML as org.json does: without namespaces, entities or DTDs, with
// attributes as members, and text beside elements as "content".
type markup struct {
	s    string
	at   int
	grow func(int)
}

// parseXML ends with an error for XML that does not nest, and for elements
// nested too deep. grow is told of the memory that the result needs.
func parseXML(s string, grow func(int)) (*node, error) {
	m := &markup{s: s, grow: grow}
	root := &node{}
	for m.skipPast("<") && m.at < len(m.s) {
		if _, err := m.tag(root, "", 0); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func (m *markup) fail(format string, args ...any) error {
	return fmt.Errorf("%s at %d [line %d]", fmt.Sprintf(format, args...), m.at, 1+strings.Count(m.s[:min(m.at, len(m.s))], "\n"))
}

// skipPast moves behind the next end, or to the end of the text.
func (m *markup) skipPast(end string) bool {
	i := strings.Index(m.s[m.at:], end)
	if i < 0 {
		m.at = len(m.s)
		return false
	}
	m.at += i + len(end)
	return true
}

func (m *markup) space() {
	for m.at < len(m.s) && m.s[m.at] <= ' ' {
		m.at++
	}
}

// tag reads what follows a "<". closed tells that it was the end of name.
func (m *markup) tag(parent *node, name string, depth int) (closed bool, err error) {
	m.space()
	if m.at >= len(m.s) {
		return false, m.fail("Misshaped element")
	}
	switch m.s[m.at] {
	case '!':
		m.at++
		return false, m.declaration(parent)
	case '?':
		m.skipPast("?>")
		return false, nil
	case '/':
		m.at++
		return true, m.end(name)
	}
	return false, m.start(parent, depth)
}

// declaration reads a comment, CDATA or a DTD, of which only CDATA says anything.
func (m *markup) declaration(parent *node) error {
	rest := m.s[m.at:]
	switch {
	case strings.HasPrefix(rest, "--"):
		m.skipPast("-->")
		return nil
	case strings.HasPrefix(rest, "[CDATA["):
		m.at += len("[CDATA[")
		begin := m.at
		if !m.skipPast("]]>") {
			return m.fail("Unclosed CDATA")
		}
		if text := m.s[begin : m.at-3]; text != "" {
			m.grow(64)
			parent.add("content", raw(text))
		}
		return nil
	}
	for open := 1; open > 0; m.at++ {
		if m.at >= len(m.s) {
			return m.fail("Missing '>' after '<!'.")
		}
		switch m.s[m.at] {
		case '<':
			open++
		case '>':
			open--
		}
	}
	return nil
}

func (m *markup) end(name string) error {
	got, err := m.word()
	switch {
	case err != nil:
		return err
	case name == "":
		return m.fail("Mismatched close tag %s", got)
	case got != name:
		return m.fail("Mismatched %s and %s", name, got)
	}
	if m.space(); m.at >= len(m.s) || m.s[m.at] != '>' {
		return m.fail("Misshaped close tag")
	}
	m.at++
	return nil
}

func (m *markup) start(parent *node, depth int) error {
	if depth > deepest-10 {
		return m.fail("Elements are nested too deep")
	}
	name, err := m.word()
	if err != nil {
		return err
	}
	m.grow(128)
	n := &node{}
	empty, err := m.attributes(n)
	if err == nil && !empty {
		err = m.body(n, name, depth)
	}
	if err != nil {
		return err
	}
	parent.add(name, n.value())
	return nil
}

// attributes reads up to the end of a start tag; empty tells that it was "/>".
func (m *markup) attributes(n *node) (empty bool, err error) {
	for {
		m.space()
		switch {
		case m.at >= len(m.s):
			return false, m.fail("Misshaped tag")
		case m.s[m.at] == '>':
			m.at++
			return false, nil
		case strings.HasPrefix(m.s[m.at:], "/>"):
			m.at += 2
			return true, nil
		}
		if err := m.attribute(n); err != nil {
			return false, err
		}
	}
}

func (m *markup) attribute(n *node) error {
	name, err := m.word()
	if err != nil {
		return err
	}
	m.grow(64)
	if m.space(); m.at >= len(m.s) || m.s[m.at] != '=' {
		n.add(name, raw(""))
		return nil
	}
	m.at++
	m.space()
	value, err := m.word()
	if err != nil {
		return err
	}
	n.add(name, value)
	return nil
}

// body reads an element's content and its end tag.
func (m *markup) body(n *node, name string, depth int) error {
	for {
		i := strings.IndexByte(m.s[m.at:], '<')
		if i < 0 {
			m.at = len(m.s)
			return m.fail("Unclosed tag %s", name)
		}
		if text := strings.Trim(m.s[m.at:m.at+i], blanks); text != "" {
			m.grow(64)
			n.add("content", unescape(text))
		}
		m.at += i + 1
		closed, err := m.tag(n, name, depth+1)
		if err != nil || closed {
			return err
		}
	}
}

// blanks are what Java's String.trim takes away, as far as XML can have it.
const blanks = "\t\n\v\f\r "

// word reads a name, or a text in quotes.
func (m *markup) word() (string, error) {
	m.space()
	if m.at >= len(m.s) {
		return "", m.fail("Misshaped element")
	}
	if q := m.s[m.at]; q == '"' || q == '\'' {
		m.at++
		begin := m.at
		if !m.skipPast(string(q)) {
			return "", m.fail("Unterminated string")
		}
		return unescape(m.s[begin : m.at-1]), nil
	}
	begin := m.at
	for m.at < len(m.s) && m.s[m.at] > ' ' && strings.IndexByte(`>/=!?[]<"'`, m.s[m.at]) < 0 {
		m.at++
	}
	if m.at == begin || m.at < len(m.s) && strings.IndexByte(`<"'`, m.s[m.at]) >= 0 {
		return "", m.fail("Bad character in a name")
	}
	return m.s[begin:m.at], nil
}

// unescape resolves XML's own entities and character numbers; others stay.
func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '&')
		end := strings.IndexByte(s[max(i, 0):], ';')
		if i < 0 || end < 0 {
			break
		}
		b.WriteString(s[:i])
		b.WriteString(entity(s[i+1 : i+end]))
		s = s[i+end+1:]
	}
	b.WriteString(s)
	return b.String()
}

func entity(name string) string {
	switch name {
	case "lt":
		return "<"
	case "gt":
		return ">"
	case "amp":
		return "&"
	case "apos":
		return "'"
	case "quot":
		return `"`
	}
	if number, ok := strings.CutPrefix(name, "#"); ok {
		if r, ok := characterNumber(number); ok {
			return string(r)
		}
	}
	return "&" + name + ";"
}

func characterNumber(s string) (rune, bool) {
	base := 10
	if s != "" && s[0]|0x20 == 'x' {
		s, base = s[1:], 16
	}
	n, err := strconv.ParseInt(s, base, 32)
	if err != nil || n <= 0 || n > 0x10FFFF {
		return 0, false
	}
	return rune(n), true
}
