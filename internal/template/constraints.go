package template

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// constrain checks a value against the parameter's type and constraints.
func (l *loader) constrain(name string, p *parameter, raw *node) {
	at := p.node.get("Default")
	if at == nil || l.o.Parameters[name] != "" {
		at = p.node
	}
	bad := func(why string) {
		if c := p.node.get("ConstraintDescription"); c != nil && c.text != "" {
			why += " (" + c.text + ")"
		}
		l.problem(at, fmt.Sprintf("the value %s of the parameter %s %s", raw.show(), name, why), "--parameter "+name+"=VALUE")
	}
	for _, v := range listOrString(p.typ, raw).each() {
		l.constrainNumber(p, v, bad)
		if allowed := p.node.get("AllowedValues"); allowed != nil && !allows(allowed, v.text) {
			bad("is none of the AllowedValues " + allowedValues(allowed))
		}
	}
	l.constrainText(p, raw, bad)
}

// each is the items of a list, or the node itself.
func (n *node) each() []*node {
	if n.kind == kindList {
		return n.items
	}
	return []*node{n}
}

func allows(allowed *node, v string) bool {
	for _, a := range allowed.items {
		if a.text == v {
			return true
		}
	}
	return false
}

func allowedValues(allowed *node) string {
	var texts []string
	for _, a := range allowed.items {
		texts = append(texts, a.text)
	}
	return strings.Join(texts, ", ")
}

func (l *loader) constrainNumber(p *parameter, v *node, bad func(string)) {
	if p.typ != "Number" && p.typ != "List<Number>" {
		return
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if err != nil {
		bad("is not a number")
		return
	}
	if lo, ok := l.bound(p, "MinValue"); ok && f < lo {
		bad(fmt.Sprintf("is less than MinValue %v", lo))
	}
	if hi, ok := l.bound(p, "MaxValue"); ok && f > hi {
		bad(fmt.Sprintf("is more than MaxValue %v", hi))
	}
}

func (l *loader) constrainText(p *parameter, raw *node, bad func(string)) {
	size := float64(utf8.RuneCountInString(raw.text))
	if lo, ok := l.bound(p, "MinLength"); ok && size < lo {
		bad(fmt.Sprintf("is shorter than MinLength %v", lo))
	}
	if hi, ok := l.bound(p, "MaxLength"); ok && size > hi {
		bad(fmt.Sprintf("is longer than MaxLength %v", hi))
	}
	pattern := p.node.get("AllowedPattern")
	if pattern == nil || pattern.text == "" {
		return
	}
	re, err := regexp.Compile(`^(?:` + pattern.text + `)\z`)
	if err != nil {
		l.note(pattern, "this AllowedPattern is not checked: Go's regular expressions do not know it")
	} else if !re.MatchString(raw.text) {
		bad("does not match AllowedPattern " + pattern.text)
	}
}

// bound is a numeric constraint of a parameter.
func (l *loader) bound(p *parameter, name string) (float64, bool) {
	n := p.node.get(name)
	if n == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil {
		l.problem(n, name+" must be a number", "")
		return 0, false
	}
	return f, true
}
