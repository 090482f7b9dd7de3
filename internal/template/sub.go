package template

import (
	"strings"
)

// sub is Fn::Sub: a string, or a string and a map of its own variables.
func (l *loader) sub(at, arg *node) *node {
	text, own := arg, (*node)(nil)
	if arg.kind == kindList && len(arg.items) == 2 && arg.items[1].kind == kindMap {
		text, own = arg.items[0], arg.items[1]
	}
	if !text.scalar() {
		return l.fail(at, "Fn::Sub takes a string, or a list of a string and a map", "Fn::Sub: \"${AWS::StackName}-x\"")
	}
	var b strings.Builder
	made, good := text.marks, true
	rest := text.text
	for {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			b.WriteString("${" + after)
			break
		}
		v := l.variable(text, name, own)
		good = good && v.kind != kindBad
		made.add(v.marks)
		b.WriteString(v.text)
		if rest = tail; b.Len() > maxProduced {
			return l.fail(at, "the result of Fn::Sub is too long", "")
		}
	}
	if !good {
		return at.bad()
	}
	out := at.str(b.String())
	out.marks = made
	return out
}

// variable is the value of ${name} in Fn::Sub.
func (l *loader) variable(at *node, name string, own *node) *node {
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return at.str("${" + literal + "}")
	}
	if v := own.get(name); v != nil {
		return l.scalarIn(at, name, l.eval(v))
	}
	if !nameOf(name, "._:") {
		return l.fail(at, "Fn::Sub has the variable "+quoteShort("${"+name+"}")+"; a name is letters, digits, dots and colons",
			"write ${!"+strings.TrimPrefix(name, "!")+"} for the literal text")
	}
	if id, attribute, dotted := strings.Cut(name, "."); dotted && l.samReference(name) == nil {
		return l.scalarIn(at, name, l.attribute(at, id, attribute))
	}
	return l.scalarIn(at, name, l.named(at, name))
}

func (l *loader) scalarIn(at *node, name string, v *node) *node {
	if v.kind != kindBad && !v.scalar() {
		return l.fail(at, "${"+name+"} in Fn::Sub must be a string, it is "+v.kindName(), "Fn::Join makes a string of a list")
	}
	return v
}
