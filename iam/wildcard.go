package iam

import (
	"strings"
	"unicode/utf8"
)

// pieceKind says what one piece of a pattern stands for.
type pieceKind uint8

const (
	literal  pieceKind = iota // the text itself
	many                      // "*": any run of characters, also none
	one                       // "?": exactly one character
	variable                  // "${key}": the value of a condition key
)

// piece is one element of a pattern. Text is the literal, or the lower-case
// key of a variable.
type piece struct {
	kind        pieceKind
	text        string
	fallback    string // of a variable: its default
	hasFallback bool
}

// shape tells patterns apart that need no search.
type shape uint8

const (
	general    shape = iota
	exactly          // a literal, or nothing
	startsWith       // a literal, or nothing, and a star
)

// pattern is a compiled text with wildcards and variables.
type pattern struct {
	source string
	pieces []piece
	fold   bool // ASCII letters match in either case; literals are lower case
	shape  shape
	head   string // of the shapes that are not general: their literal
}

// match reports whether the whole of s fits.
func (p *pattern) match(s string, ctx Context) bool {
	switch {
	case p.shape == general:
		return p.search(s, ctx)
	case len(s) < len(p.head), p.shape == exactly && len(s) != len(p.head):
		return false
	case p.fold:
		return hasPrefixFold(s, p.head)
	}
	return s[:len(p.head)] == p.head
}

// search is match for a general pattern. It backtracks only to the latest
// star, which is enough because a run between two stars may always be taken at
// its first occurrence; so the time is bounded by len(pattern) × len(s).
func (p *pattern) search(s string, ctx Context) bool {
	i, pos, star, mark := 0, 0, -1, 0
	for {
		if i == len(p.pieces) {
			if pos == len(s) {
				return true
			}
		} else if p.pieces[i].kind == many {
			if i == len(p.pieces)-1 {
				return true
			}
			star, mark = i, pos
			i++
			continue
		} else if n, ok := p.step(i, s[pos:], ctx); ok {
			pos += n
			i++
			continue
		}
		if star < 0 || mark >= len(s) {
			return false
		}
		_, width := utf8.DecodeRuneInString(s[mark:])
		mark += width
		i, pos = star+1, mark
	}
}

// step matches piece i, which is not a star, at the start of s and returns how
// many bytes it took.
func (p *pattern) step(i int, s string, ctx Context) (int, bool) {
	text := p.pieces[i].text
	switch p.pieces[i].kind {
	case one:
		_, width := utf8.DecodeRuneInString(s)
		return width, width > 0
	case variable:
		value, ok := p.pieces[i].value(ctx)
		if !ok {
			return 0, false
		}
		text = value
	}
	if p.fold {
		return len(text), hasPrefixFold(s, text)
	}
	return len(text), strings.HasPrefix(s, text)
}

// value resolves a variable. A key with several values has no single value
// and so resolves to nothing, as a missing one does.
func (v *piece) value(ctx Context) (string, bool) {
	if values := ctx[v.text]; len(values) == 1 {
		return values[0], true
	}
	return v.fallback, v.hasFallback
}

// unresolved names the first variable of p that has no value; empty if all
// have one.
func (p *pattern) unresolved(ctx Context) string {
	for i := range p.pieces {
		if p.pieces[i].kind != variable {
			continue
		}
		if _, ok := p.pieces[i].value(ctx); !ok {
			return p.pieces[i].text
		}
	}
	return ""
}

// hasPrefixFold reports whether s starts with prefix, which is in lower case,
// ASCII letters of s counting in either case.
func hasPrefixFold(s, prefix string) bool {
	if len(s) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if lower(s[i]) != prefix[i] {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}

// lowerASCII lowers ASCII letters only, as hasPrefixFold compares.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// matchFold is match for a pattern without wildcards, letters of any script
// counting in either case.
func (p *pattern) matchFold(s string, ctx Context) bool {
	for i := range p.pieces {
		text := p.pieces[i].text
		if p.pieces[i].kind == variable {
			value, ok := p.pieces[i].value(ctx)
			if !ok {
				return false
			}
			text = value
		}
		n := bytesOfRunes(s, utf8.RuneCountInString(text))
		if !strings.EqualFold(s[:n], text) {
			return false
		}
		s = s[n:]
	}
	return s == ""
}

// bytesOfRunes is how many bytes the first n characters of s take.
func bytesOfRunes(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
