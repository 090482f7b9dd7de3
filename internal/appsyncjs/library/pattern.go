package library

import (
	"fmt"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// Pattern is a regular expression in the syntax of java.util.regex.Pattern. It is
// safe for concurrent use.
type Pattern struct{ whole, part *regexp2.Regexp }

// matchTimeout ends a match that backtracks for too long.
const matchTimeout = time.Second

// longestRegex bounds what a pattern can cost.
const longestRegex = 16 << 10

// CompilePattern compiles a Java regular expression. Not served: the flags u and
// U, \N{name} and \X beyond combining marks.
func CompilePattern(java string) (*Pattern, error) {
	if len(java) > longestRegex {
		return nil, fmt.Errorf("a pattern may have %d bytes, not %d", longestRegex, len(java))
	}
	translated, err := translate(java)
	if err != nil {
		return nil, err
	}
	p := &Pattern{}
	if p.whole, err = compile(`\A(?:` + translated + `)\z`); err != nil {
		return nil, err
	}
	p.part, err = compile(translated)
	return p, err
}

func compile(expr string) (*regexp2.Regexp, error) {
	rx, err := regexp2.Compile(expr, regexp2.OptionMaintainCaptureOrder())
	if err != nil {
		return nil, err
	}
	rx.MatchTimeout = matchTimeout
	return rx, nil
}

// Matches tells whether all of s matches, as Pattern.matches does. A match that
// takes over a second is an error.
func (p *Pattern) Matches(s string) (bool, error) { return p.whole.MatchString(s) }

// Find tells whether any part of s matches.
func (p *Pattern) Find(s string) (bool, error) { return p.part.MatchString(s) }

func matches(l *library, a arguments) goja.Value {
	if a.null(0) || a.null(1) {
		return l.vm.ToValue(false)
	}
	p, err := l.patterns.get(a.text(0), CompilePattern)
	if err != nil {
		l.throw("util.matches: %v", err)
	}
	s := a.text(1)
	l.grow(4 * len(s)) // the matcher's copy, in runes
	ok, err := p.Matches(s)
	if err != nil {
		l.throw("util.matches: %v", err)
	}
	return l.vm.ToValue(ok)
}
