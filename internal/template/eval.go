package template

import (
	"fmt"
	"strings"
)

// maxProduced bounds what intrinsics may make of a template, in bytes.
const maxProduced = 64 << 20

// maxItems bounds the list that one split makes.
const maxItems = 10_000

const (
	macroMessage = "Fn::Transform runs a macro in AWS"
	macroHint    = "give the processed template: aws cloudformation get-template --template-stage Processed"
)

// value evaluates n, dynamic references included. The result holds no
// intrinsics; kindAbsent stands for AWS::NoValue, kindBad for what is reported
// already.
func (l *loader) value(n *node) *node {
	if done, ok := l.values[n]; ok {
		return done
	}
	out := l.resolved(l.eval(n))
	l.values[n] = out
	return out
}

// eval evaluates n once and remembers the result.
func (l *loader) eval(n *node) *node {
	if n.kind != kindList && n.kind != kindMap {
		return n
	}
	if done, ok := l.memo[n]; ok {
		return done
	}
	out := l.evalOnce(n)
	l.memo[n] = out
	return out
}

func (l *loader) evalOnce(n *node) *node {
	if n.kind == kindList {
		return l.evalList(n)
	}
	name, arg, single := n.single()
	if single && (name == "Ref" || strings.HasPrefix(name, "Fn::")) {
		return l.charge(l.intrinsic(n, name, arg))
	}
	out := n.object()
	for _, f := range n.fields {
		if strings.HasPrefix(f.key, "Fn::") {
			return l.fail(f.val, f.key+" must stand alone in its map", "")
		}
		if v := l.eval(f.val); v.kind != kindAbsent {
			out.fields = append(out.fields, field{f.key, f.line, v})
		}
	}
	return out
}

func (l *loader) evalList(n *node) *node {
	out := n.list()
	for _, item := range n.items {
		if v := l.eval(item); v.kind != kindAbsent {
			out.items = append(out.items, v)
		}
	}
	return out
}

// charge keeps a template from growing without bound by intrinsics.
func (l *loader) charge(n *node) *node {
	before := l.produced
	l.produced += len(n.text) + 128*len(n.items)
	if l.produced <= maxProduced {
		return n
	}
	if before <= maxProduced {
		l.problem(n, fmt.Sprintf("the template's intrinsics make more than %d bytes", maxProduced), "")
	}
	return n.bad()
}

// intrinsic calls one function; at is the whole call.
func (l *loader) intrinsic(at *node, name string, arg *node) *node {
	switch name {
	case "Ref":
		return l.ref(at, arg)
	case "Fn::GetAtt":
		return l.getAtt(at, arg)
	case "Fn::Sub":
		return l.sub(at, arg)
	case "Fn::If":
		return l.fnIf(at, arg)
	case "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or":
		return l.fnBoolean(at, name, arg)
	case "Fn::FindInMap":
		return l.findInMap(at, arg)
	case "Fn::ImportValue":
		return l.importValue(at, arg)
	case "Fn::ToJsonString", "Fn::Length":
		return l.extension(at, name, arg)
	case "Fn::Transform":
		return l.fail(at, macroMessage, macroHint)
	default:
		return l.stringFunction(at, name, arg)
	}
}

// stringFunction calls the functions whose arguments are evaluated first.
func (l *loader) stringFunction(at *node, name string, arg *node) *node {
	functions := map[string]func(at, arg *node) *node{
		"Fn::Join": l.join, "Fn::Split": l.split, "Fn::Select": l.selectItem,
		"Fn::Base64": l.base64, "Fn::Cidr": l.cidr, "Fn::GetAZs": l.getAZs,
	}
	f := functions[name]
	if f == nil {
		return l.fail(at, "unknown function "+quoteShort(name), "")
	}
	v := l.eval(arg)
	if v.hasBad() {
		return at.bad()
	}
	out := f(at, v)
	if m := v.allMarks(); m != (marks{}) {
		out = out.copyOf(out)
		out.marks.add(m)
	}
	return out
}

// hasBad says whether a part of n could not be evaluated.
func (n *node) hasBad() bool {
	return n.any(func(v *node) bool { return v.kind == kindBad })
}

func (n *node) any(is func(*node) bool) bool {
	if is(n) {
		return true
	}
	for _, v := range n.items {
		if v.any(is) {
			return true
		}
	}
	for _, f := range n.fields {
		if f.val.any(is) {
			return true
		}
	}
	return false
}

func (l *loader) fnBoolean(at *node, name string, arg *node) *node {
	v, ok := l.boolean(at.call(name, arg))
	if !ok {
		return at.bad()
	}
	return at.as(kindBool, fmt.Sprint(v))
}

// fnIf evaluates only the branch that is taken.
func (l *loader) fnIf(at, arg *node) *node {
	if arg.kind != kindList || len(arg.items) != 3 || arg.items[0].kind != kindString {
		return l.fail(at, "Fn::If takes a list of a condition's name and two values", "Fn::If: [IsProd, a, b]")
	}
	v, ok := l.condition(arg.items[0], arg.items[0].text)
	if !ok {
		return at.bad()
	}
	if v {
		return l.eval(arg.items[1])
	}
	return l.eval(arg.items[2])
}

func (l *loader) importValue(at, arg *node) *node {
	name := l.eval(arg)
	if name.kind == kindBad {
		return at.bad()
	}
	if !name.scalar() {
		return l.fail(at, "Fn::ImportValue takes the name of an export, this is "+name.kindName(), "")
	}
	v, ok := l.o.Imports[name.text]
	if !ok {
		return l.fail(at, "the export "+name.show()+" of another stack has no value here", "--import "+name.text+"=VALUE")
	}
	return at.str(v)
}

// extension calls the functions of the transform AWS::LanguageExtensions.
func (l *loader) extension(at *node, name string, arg *node) *node {
	if !l.extensions {
		return l.fail(at, name+" needs the transform AWS::LanguageExtensions", "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]")
	}
	v := l.eval(arg)
	if v.hasBad() {
		return at.bad()
	}
	if name == "Fn::ToJsonString" {
		out := at.str(string(toJSON(v, false)))
		out.marks = v.allMarks()
		return out
	}
	if v.kind != kindList {
		return l.fail(at, "Fn::Length takes a list, this is "+v.kindName(), "")
	}
	return at.as(kindNumber, fmt.Sprint(len(v.items)))
}
