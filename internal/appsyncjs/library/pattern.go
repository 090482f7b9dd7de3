package library

import (
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// Pattern is a regular expression in the syntax of java.util.regex.Pattern.
type Pattern struct{ rx *regexp2.Regexp }

// matchTimeout ends a match that backtracks for too long.
const matchTimeout = time.Second

// CompilePattern compiles a Java regular expression.
func CompilePattern(java string) (*Pattern, error) {
	rx, err := regexp2.Compile(java)
	if err != nil {
		return nil, err
	}
	rx.MatchTimeout = matchTimeout
	return &Pattern{rx}, nil
}

// Matches tells whether all of s matches, as Pattern.matches does. A match that
// takes over a second is an error.
func (p *Pattern) Matches(s string) (bool, error) { return p.rx.MatchString(s) }

func matches(l *library, a arguments) goja.Value {
	if a.null(0) || a.null(1) {
		return l.vm.ToValue(false)
	}
	p := l.pattern(a.text(0))
	ok, err := p.Matches(a.text(1))
	if err != nil {
		l.throw("util.matches: %v", err)
	}
	return l.vm.ToValue(ok)
}

// pattern compiles once per runtime, for a few patterns.
func (l *library) pattern(java string) *Pattern {
	if p, ok := l.patterns[java]; ok {
		return p
	}
	p, err := CompilePattern(java)
	if err != nil {
		l.throw("util.matches: %v", err)
	}
	const most = 64
	if l.patterns == nil || len(l.patterns) >= most {
		l.patterns = make(map[string]*Pattern)
	}
	l.patterns[java] = p
	return p
}
