package appsyncjs

import (
	"bytes"
	"unicode/utf8"
)

const (
	maxLazyDepth   = 64
	maxLazyMembers = 32 // of one object
)

// isCanonical tells whether the text of an object or a list is what
// JSON.stringify would give for it, so that the one stands for the other: no white space, shortest
// numbers and escapes, no key twice, none that is a whole number. It may say no
// for text that is.
func isCanonical(text []byte) bool {
	if len(text) < 2 || text[0] != '{' && text[0] != '[' || !utf8.Valid(text) {
		return false
	}
	c := canonical{text: text}
	return c.value() && c.pos == len(text)
}

// canonical reads text once.
type canonical struct {
	text  []byte
	pos   int
	depth int
}

func (c *canonical) peek() byte {
	if c.pos < len(c.text) {
		return c.text[c.pos]
	}
	return 0
}

// take moves over a byte if it is the next one.
func (c *canonical) take(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.pos++
	return true
}

func (c *canonical) value() bool {
	switch c.peek() {
	case '{':
		return c.object()
	case '[':
		return c.array()
	case '"':
		return c.str()
	case 't':
		return c.word("true")
	case 'f':
		return c.word("false")
	case 'n':
		return c.word("null")
	}
	return c.number()
}

func (c *canonical) word(word string) bool {
	if !bytes.HasPrefix(c.text[c.pos:], []byte(word)) {
		return false
	}
	c.pos += len(word)
	return true
}

func (c *canonical) object() bool {
	c.pos++
	if c.depth++; c.depth > maxLazyDepth {
		return false
	}
	if c.take('}') {
		c.depth--
		return true
	}
	var seen [maxLazyMembers][]byte
	for n := 0; n < len(seen); n++ {
		key, ok := c.key()
		if !ok || !c.take(':') || !c.value() {
			return false
		}
		for _, other := range seen[:n] {
			if len(other) == len(key) && string(other) == string(key) {
				return false
			}
		}
		seen[n] = key
		if c.take('}') {
			c.depth--
			return true
		}
		if !c.take(',') {
			return false
		}
	}
	return false
}

// key reads a key without escapes that does not begin as a number does.
func (c *canonical) key() ([]byte, bool) {
	start := c.pos + 1
	if !c.str() {
		return nil, false
	}
	key := c.text[start : c.pos-1]
	if len(key) > 0 && key[0] >= '0' && key[0] <= '9' || bytes.IndexByte(key, '\\') >= 0 {
		return nil, false
	}
	return key, true
}

func (c *canonical) array() bool {
	c.pos++
	if c.depth++; c.depth > maxLazyDepth {
		return false
	}
	for first := true; ; first = false {
		if c.take(']') {
			c.depth--
			return true
		}
		if !first && !c.take(',') || !c.value() {
			return false
		}
	}
}

// str moves over a string.
func (c *canonical) str() bool {
	if !c.take('"') {
		return false
	}
	for i := c.pos; i < len(c.text); i++ {
		switch b := c.text[i]; {
		case b == '"':
			c.pos = i + 1
			return true
		case b < ' ':
			return false
		case b == '\\':
			if i++; i >= len(c.text) || bytes.IndexByte([]byte(`"\bfnrt`), c.text[i]) < 0 {
				return false
			}
		}
	}
	return false
}

// number moves over a number of at most 15 digits that JavaScript would write
// the same way.
func (c *canonical) number() bool {
	start := c.pos
	c.take('-')
	first := c.pos
	whole := c.digits()
	zero := whole == 1 && c.text[first] == '0'
	if whole == 0 || whole > 1 && c.text[first] == '0' {
		return false
	}
	if c.peek() != '.' {
		b := c.peek()
		return b != 'e' && b != 'E' && whole <= 15 && !(zero && start < first)
	}
	c.pos++
	fraction := c.digits()
	if fraction == 0 || whole+fraction > 15 || c.text[c.pos-1] == '0' || zero && c.text[first+2] == '0' {
		return false
	}
	b := c.peek()
	return b != 'e' && b != 'E'
}

func (c *canonical) digits() (n int) {
	for b := c.peek(); b >= '0' && b <= '9'; b = c.peek() {
		c.pos++
		n++
	}
	return n
}

// skipCanonical gives where a value of canonical text ends.
func skipCanonical(text []byte, pos int) int {
	depth := 0
	for ; pos < len(text); pos++ {
		switch text[pos] {
		case '"':
			pos = skipString(text, pos)
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return pos
			}
			depth--
		case ',':
			if depth == 0 {
				return pos
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return pos + 1
		}
	}
	return pos
}

// skipString gives where a string's closing quote is.
func skipString(text []byte, pos int) int {
	for pos++; pos < len(text); pos++ {
		switch text[pos] {
		case '"':
			return pos
		case '\\':
			pos++
		}
	}
	return pos
}
