package library

import (
	"fmt"
	"strings"
)

// datePattern is a pattern of java.time.format.DateTimeFormatter (US English),
// read for formatting and for parsing.
type datePattern struct{ elements []dateElement }

// dateElement is one part of a pattern: a field, a literal (letter 0), or an
// optional section, which has elements of its own.
type dateElement struct {
	letter   byte
	count    int
	pad      int // blanks up to this width, from pattern letter p
	literal  string
	optional []dateElement

	// How a number is read: its widths, its sign, and the digits that follow it
	// without a separator (-1: no more and no less than max).
	min, max, subsequent int
	sign                 signStyle
}

// signStyle is how a number shows its sign.
type signStyle byte

const (
	noNumber signStyle = iota
	notNegative
	normal
	exceedsPad
)

const dateLetters = "GuyYDMLdQqwWEecaBFHkKhmsSAnNgVvzOXxZ"

// longestPattern bounds what a pattern can cost.
const longestPattern = 1000

func compileDate(pattern string) (*datePattern, error) {
	if len(pattern) > longestPattern {
		return nil, fmt.Errorf("a date pattern may have %d characters, not %d", longestPattern, len(pattern))
	}
	c := &dateCompiler{s: pattern}
	elements, err := c.elements(0)
	if err != nil {
		return nil, err
	}
	return &datePattern{elements}, nil
}

type dateCompiler struct {
	s  string
	at int
}

// elements reads up to the end, or to the bracket that ends an optional section.
func (c *dateCompiler) elements(depth int) ([]dateElement, error) {
	var all []dateElement
	for c.at < len(c.s) {
		if c.s[c.at] == ']' {
			if depth == 0 {
				return nil, fmt.Errorf("Pattern invalid as it contains ] without previous [")
			}
			break
		}
		e, err := c.element(depth)
		if err != nil {
			return nil, err
		}
		if e.letter != 0 || e.literal != "" || e.optional != nil {
			all = append(all, e)
		}
	}
	adjoin(all)
	return all, nil
}

func (c *dateCompiler) element(depth int) (dateElement, error) {
	switch b := c.s[c.at]; {
	case b|0x20 >= 'a' && b|0x20 <= 'z':
		return c.field()
	case b == '\'':
		return c.quoted()
	case b == '[':
		return c.section(depth)
	case b == '{' || b == '}' || b == '#':
		return dateElement{}, fmt.Errorf("Pattern includes reserved character: '%c'", b)
	}
	begin := c.at
	for c.at < len(c.s) && !special(c.s[c.at]) {
		c.at++
	}
	return dateElement{literal: c.s[begin:c.at]}, nil
}

func special(b byte) bool {
	return b|0x20 >= 'a' && b|0x20 <= 'z' || strings.IndexByte("'[]{}#", b) >= 0
}

// quoted reads text between apostrophes, of which two stand for one.
func (c *dateCompiler) quoted() (dateElement, error) {
	var text strings.Builder
	begin := c.at
	for c.at++; c.at < len(c.s); c.at++ {
		if c.s[c.at] != '\'' {
			text.WriteByte(c.s[c.at])
			continue
		}
		if c.at+1 >= len(c.s) || c.s[c.at+1] != '\'' {
			break
		}
		text.WriteByte('\'')
		c.at++
	}
	if c.at >= len(c.s) {
		return dateElement{}, fmt.Errorf("Pattern ends with an incomplete string literal: %s", c.s)
	}
	c.at++
	if c.at == begin+2 {
		return dateElement{literal: "'"}, nil
	}
	return dateElement{literal: text.String()}, nil
}

func (c *dateCompiler) section(depth int) (dateElement, error) {
	if depth > 20 {
		return dateElement{}, fmt.Errorf("Pattern has optional sections nested too deep")
	}
	c.at++
	inner, err := c.elements(depth + 1)
	if err != nil {
		return dateElement{}, err
	}
	if c.at < len(c.s) { // an optional section need not be closed
		c.at++
	}
	return dateElement{optional: append([]dateElement{}, inner...)}, nil
}

// field reads one letter, repeated; p before a field is its width.
func (c *dateCompiler) field() (dateElement, error) {
	letter, count := c.run()
	pad := 0
	if letter == 'p' {
		if c.at >= len(c.s) || !isLetter(c.s[c.at]) {
			return dateElement{}, fmt.Errorf("Pad letter 'p' must be followed by valid pad pattern: %s", c.s)
		}
		pad = count
		letter, count = c.run()
	}
	e := dateElement{letter: letter, count: count, pad: pad}
	if strings.IndexByte(dateLetters, letter) < 0 {
		return e, fmt.Errorf("Unknown pattern letter: %c", letter)
	}
	if err := e.check(); err != nil {
		return e, err
	}
	e.number()
	return e, nil
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func (c *dateCompiler) run() (letter byte, count int) {
	letter = c.s[c.at]
	for c.at < len(c.s) && c.s[c.at] == letter {
		c.at++
		count++
	}
	return letter, count
}

// most are how often a letter may be repeated; 19 where nothing else is said.
func (e *dateElement) most() int {
	switch e.letter {
	case 'W', 'F', 'a':
		return 1
	case 'w', 'd', 'H', 'k', 'K', 'h', 'm', 's':
		return 2
	case 'D':
		return 3
	case 'z', 'v':
		return 4
	case 'G', 'M', 'L', 'Q', 'q', 'E', 'e', 'c', 'B', 'X', 'x', 'Z':
		return 5
	case 'S':
		return 9
	}
	return 19
}

func (e *dateElement) check() error {
	n := e.count
	switch e.letter {
	case 'V':
		if n != 2 {
			return fmt.Errorf("Pattern letter count must be 2: V")
		}
	case 'O':
		if n != 1 && n != 4 {
			return fmt.Errorf("Pattern letter count must be 1 or 4: O")
		}
	case 'v':
		if n != 1 && n != 4 {
			return fmt.Errorf("Wrong number of pattern letters: v")
		}
	case 'B':
		if n != 1 && n != 4 && n != 5 {
			return fmt.Errorf("Wrong number of pattern letters: B")
		}
	case 'c':
		if n == 2 {
			return fmt.Errorf("Invalid pattern \"cc\"")
		}
	}
	if n > e.most() {
		return fmt.Errorf("Too many pattern letters: %c", e.letter)
	}
	return nil
}

// number sets the widths and the sign of a field that is a number.
func (e *dateElement) number() {
	n := e.count
	set := func(sign signStyle, min, max int) { e.sign, e.min, e.max = sign, min, max }
	switch e.letter {
	case 'u', 'y', 'Y':
		e.year(set)
	case 'M', 'L', 'Q', 'q', 'e', 'c':
		if n <= 2 {
			oneOrTwo(n, set)
		}
	case 'w', 'd', 'H', 'k', 'K', 'h', 'm', 's':
		oneOrTwo(n, set)
	case 'D':
		switch n {
		case 1:
			set(normal, 1, 19)
		default:
			set(notNegative, n, 3)
		}
	case 'W', 'F':
		set(normal, 1, 19)
	case 'S':
		set(notNegative, n, n)
	case 'A', 'n', 'N':
		set(notNegative, n, 19)
	case 'g':
		set(normal, n, 19)
	}
}

func oneOrTwo(n int, set func(signStyle, int, int)) {
	if n == 1 {
		set(normal, 1, 19)
		return
	}
	set(notNegative, 2, 2)
}

func (e *dateElement) year(set func(signStyle, int, int)) {
	switch n := e.count; {
	case n == 2:
		set(notNegative, 2, 2)
	case n < 4:
		set(normal, n, 19)
	default:
		set(exceedsPad, n, 19)
	}
}

// adjoin tells each number how many digits of the numbers behind it are not its
// own, as in yyyyMMdd.
func adjoin(elements []dateElement) {
	active := -1
	for i := range elements {
		e := &elements[i]
		switch {
		case e.sign == noNumber || e.pad > 0:
			active = -1
		case active < 0:
			active = i
		case e.min == e.max && e.sign == notNegative:
			elements[active].subsequent += e.max
			e.subsequent = -1
		default:
			if elements[active].subsequent == 0 {
				elements[active].subsequent = -1
			}
			active = i
		}
	}
}
