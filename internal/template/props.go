package template

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// props reads the properties of one resource, or of a map inside it, and
// remembers which were asked for.
type props struct {
	l    *loader
	r    *resource
	n    *node
	seen map[string]bool
}

// get is the evaluated property; nil if it is absent or broken.
func (p *props) get(name string) *node {
	p.seen[name] = true
	raw := p.n.get(name)
	if raw == nil {
		return nil
	}
	v := p.l.value(raw)
	switch v.kind {
	case kindNull:
		if !p.lenient() {
			p.l.problem(raw, name+" has no value", nullHint)
		}
		return nil
	case kindAbsent, kindBad:
		return nil
	default:
		return v
	}
}

// lenient says whether null counts as absent: SAM drops its own properties
// without a value.
func (p *props) lenient() bool {
	return p.n == p.r.props && strings.HasPrefix(p.r.typ, "AWS::Serverless::")
}

const nullHint = "CloudFormation takes no null: remove it, or use !Ref AWS::NoValue"

// has says whether the property is there, broken or not.
func (p *props) has(name string) bool {
	raw := p.n.get(name)
	if raw == nil {
		return false
	}
	k := p.l.value(raw).kind
	return k != kindAbsent && (k != kindNull || !p.lenient())
}

// spot is where a property stands, or would stand.
func (p *props) spot(name string) *node {
	if raw := p.n.get(name); raw != nil {
		return raw
	}
	return p.n
}

func (p *props) problem(name, message, hint string) { p.l.problem(p.spot(name), message, hint) }

// str is a string property; numbers and booleans become strings.
func (p *props) str(name string) string {
	v := p.get(name)
	if v == nil {
		return ""
	}
	if !v.scalar() {
		p.problem(name, name+" must be a string, it is "+v.kindName(), "")
		return ""
	}
	return v.text
}

// need is str for a property that the type requires.
func (p *props) need(name, hint string) string {
	s := p.str(name)
	if p.n.kind == kindBad {
		return ""
	}
	if v := p.get(name); !p.has(name) || v != nil && v.scalar() && s == "" {
		p.problem(name, p.r.typ+" requires "+name, hint)
	}
	return s
}

func (p *props) boolean(name string, def bool) bool {
	v := p.get(name)
	if v == nil {
		return def
	}
	switch strings.ToLower(v.text) {
	case "true":
		return true
	case "false":
		return false
	default:
		p.problem(name, name+" must be true or false, it is "+describe(v), "")
		return def
	}
}

func describe(v *node) string {
	if v.scalar() {
		return v.show()
	}
	return v.kindName()
}

// integer is a whole number in a range; def if it is absent or wrong.
func (p *props) integer(name string, lo, hi, def int) int {
	v := p.get(name)
	if v == nil {
		return def
	}
	i, err := strconv.Atoi(v.text)
	if err != nil || !v.scalar() {
		p.problem(name, name+" must be a whole number, it is "+describe(v), "")
		return def
	}
	if i < lo || i > hi {
		p.problem(name, fmt.Sprintf("%s must be from %d to %d, it is %d", name, lo, hi, i), "")
		return def
	}
	return i
}

func (p *props) float(name string) (float64, bool) {
	v := p.get(name)
	if v == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if err != nil || f < 0 || f != f || f > 1e15 {
		p.problem(name, name+" must be a number, not negative, it is "+describe(v), "")
		return 0, false
	}
	return f, true
}

// list is the items of a list property; a single value counts as a list of one.
func (p *props) list(name string) []*node {
	v := p.get(name)
	if v == nil {
		return nil
	}
	if v.kind == kindMap {
		p.problem(name, name+" must be a list, it is a map", "")
		return nil
	}
	return v.each()
}

// strings is a list of strings; broken items are left out.
func (p *props) strings(name string) []string {
	var out []string
	for _, v := range p.list(name) {
		switch {
		case v.scalar():
			out = append(out, v.text)
		case v.kind != kindBad:
			p.l.problem(v, "this must be a string, it is "+v.kindName(), "")
		}
	}
	return out
}

// object is a map property.
func (p *props) object(name string) *node {
	v := p.get(name)
	if v == nil {
		return nil
	}
	if v.kind != kindMap {
		p.problem(name, name+" must be a map, it is "+v.kindName(), "")
		return nil
	}
	return v
}

// inside reads the members of a map property with the same rules.
func (p *props) inside(name string) *props {
	v := p.object(name)
	if v == nil {
		return nil
	}
	return p.member(v)
}

// member reads a map that stands anywhere inside this resource.
func (p *props) member(n *node) *props {
	return &props{l: p.l, r: p.r, n: n, seen: map[string]bool{}}
}

// texts is a map of strings.
func (p *props) texts(name string) map[string]string {
	v := p.object(name)
	if v == nil {
		return nil
	}
	out := make(map[string]string, len(v.fields))
	for _, f := range v.fields {
		switch {
		case f.val.scalar():
			out[f.key] = f.val.text
		case f.val.kind == kindNull:
			p.l.problem(f.val, f.key+" has no value", nullHint)
		case f.val.kind != kindBad:
			p.l.problem(f.val, f.key+" must be a string, it is "+f.val.kindName(), "Fn::Join or Fn::ToJsonString makes one string of it")
		}
	}
	return out
}

// quiet marks properties that have no effect here and need no remark.
func (p *props) quiet(names ...string) {
	for _, name := range names {
		p.seen[name] = true
	}
}

// without notes properties that do something in AWS and nothing here.
func (p *props) without(names ...string) {
	for _, name := range names {
		p.seen[name] = true
		if p.has(name) {
			p.l.note(p.n.get(name), p.where(name)+" has no effect here")
		}
	}
}

// finish notes every property that nobody asked for. One that is nearly the
// name of another is a problem: AWS refuses it, and AuthorisationType must not
// leave a route open.
func (p *props) finish() {
	names := make([]string, 0, len(p.seen))
	for name := range p.seen {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, f := range p.n.fields {
		if p.seen[f.key] {
			continue
		}
		if near := nearest(f.key, names); near != "" {
			p.l.problem(f.val, "unknown property "+quoteShort(f.key), "did you mean "+near+"?")
			continue
		}
		p.l.note(f.val, p.where(f.key)+" is not known and is ignored")
	}
}

func (p *props) where(name string) string {
	if _, property := p.spot(name).where(); property != "" {
		return property
	}
	return name
}

// tags reads [{Key, Value}], or SAM's map.
func (p *props) tags(name string) map[string]string {
	v := p.get(name)
	if v == nil {
		return nil
	}
	if v.kind == kindMap {
		return p.texts(name)
	}
	out := map[string]string{}
	for _, t := range v.items {
		if k := t.get("Key"); k != nil && t.get("Value") != nil {
			out[k.text] = t.get("Value").text
		}
	}
	return out
}

// throttle reads a rate and a burst under the names that the type uses.
func (p *props) throttle(rate, burst string) spec.Throttle {
	r, ok := p.float(rate)
	b := p.integer(burst, 0, 1<<31-1, 0)
	return spec.Throttle{Rate: r, Burst: b, Set: ok || p.has(burst)}
}
