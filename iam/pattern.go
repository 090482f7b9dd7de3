package iam

import (
	"errors"
	"strings"
)

// syntax says which characters of a text are special.
type syntax uint8

const (
	wildcards syntax = 1 << iota // "*" and "?"
	variables                    // "${…}"
	foldCase                     // letters match in either case
	anyPart                      // of an ARN: variables may stand in every part
)

// Mistakes in a policy variable.
var (
	errOpenVariable = errors.New(`"${" begins a policy variable and is not closed by "}"; write ${$}{ for the two characters themselves`)
	errNoKey        = errors.New("a policy variable names no condition key; write ${aws:username} or the like")
	errDefault      = errors.New("the default of a policy variable must be in single quotes, as in ${aws:username, 'anonymous'}")
)

// compile reads a text into a pattern.
func compile(source string, special syntax) (pattern, error) {
	c := compiler{rest: source, special: special}
	if special&foldCase != 0 {
		c.rest = lowerASCII(source)
	}
	for c.rest != "" {
		if err := c.next(); err != nil {
			return pattern{}, err
		}
	}
	p := pattern{source: source, pieces: c.pieces, fold: special&foldCase != 0}
	p.shape, p.head = c.shape()
	return p, nil
}

// shape recognises the commonest patterns; head is their literal.
func (c *compiler) shape() (s shape, head string) {
	pieces := c.pieces
	if len(pieces) > 0 && pieces[0].kind == literal {
		head, pieces = pieces[0].text, pieces[1:]
	}
	switch {
	case len(pieces) == 0:
		return exactly, head
	case len(pieces) == 1 && pieces[0].kind == many:
		return startsWith, head
	}
	return general, ""
}

// compiler is the state of one compile.
type compiler struct {
	rest    string
	special syntax
	pieces  []piece
}

// next takes one piece off rest.
func (c *compiler) next() error {
	n := c.plain()
	switch {
	case n > 0:
		c.pieces = append(c.pieces, piece{kind: literal, text: c.rest[:n]})
		c.rest = c.rest[n:]
	case c.rest[0] == '$':
		return c.reference()
	case c.rest[0] == '?':
		c.pieces = append(c.pieces, piece{kind: one})
		c.rest = c.rest[1:]
	default: // a run of stars counts as one
		c.pieces = append(c.pieces, piece{kind: many})
		c.rest = strings.TrimLeft(c.rest, "*")
	}
	return nil
}

// plain is how many bytes come before the next special character.
func (c *compiler) plain() int {
	for i := range len(c.rest) {
		switch c.rest[i] {
		case '*', '?':
			if c.special&wildcards != 0 {
				return i
			}
		case '$':
			if c.special&variables != 0 && strings.HasPrefix(c.rest[i:], "${") {
				return i
			}
		}
	}
	return len(c.rest)
}

// reference takes "${…}": a variable, with or without default, or one of the
// escapes ${*}, ${?} and ${$}.
func (c *compiler) reference() error {
	end := closing(c.rest)
	if end < 0 {
		return errOpenVariable
	}
	inner := c.rest[len("${"):end]
	c.rest = c.rest[end+1:]
	switch inner {
	case "*", "?", "$":
		c.pieces = append(c.pieces, piece{kind: literal, text: inner})
		return nil
	}
	v, err := parseVariable(inner)
	c.pieces = append(c.pieces, v)
	return err
}

// closing finds the "}" that ends the variable at the start of s; a quoted
// default may contain one. It is -1 if there is none.
func closing(s string) int {
	quoted := false
	for i := len("${"); i < len(s); i++ {
		switch {
		case s[i] == '\'':
			quoted = !quoted
		case s[i] == '}' && !quoted:
			return i
		}
	}
	return -1
}

// parseVariable reads "key" or "key, 'default'".
func parseVariable(inner string) (piece, error) {
	key, rest, found := strings.Cut(inner, ",")
	v := piece{kind: variable, text: strings.ToLower(strings.TrimSpace(key))}
	if v.text == "" {
		return v, errNoKey
	}
	if !found {
		return v, nil
	}
	rest = strings.TrimSpace(rest)
	if len(rest) < 2 || rest[0] != '\'' || rest[len(rest)-1] != '\'' {
		return v, errDefault
	}
	v.fallback, v.hasFallback = rest[1:len(rest)-1], true
	return v, nil
}
