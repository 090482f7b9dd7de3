package template

import (
	"fmt"
	"strings"
)

// resource is one resource of the template, or one that SAM generates.
type resource struct {
	id        string
	typ       string
	node      *node // the whole resource; of a generated one, its origin's
	props     *node // Properties, never nil
	metadata  *node
	condition *node     // the name of its condition; nil if there is none
	from      *resource // the SAM resource that it is generated from
	family    family
	skipped   bool // its condition is false

	naming     bool              // the physical name is being worked out
	names      map[string]string // physical names, by property
	secretName bool              // one of them comes from a secret
}

// family is what a resource type means to us.
type family struct {
	ref        func(l *loader, r *resource) *node
	attributes func(l *loader, r *resource) []attribute
	read       func(l *loader, r *resource, p *props)
}

// attribute is one that Fn::GetAtt knows; the name "*" stands for every one.
type attribute struct {
	name  string
	value func(name string) *node
}

// text is an attribute with a string for its value.
func text(r *resource, name string, value func() string) attribute {
	return attribute{name, func(string) *node { return r.node.str(value()) }}
}

// stringRef makes a family's ref of a function that gives a string.
func stringRef(f func(l *loader, r *resource) string) func(l *loader, r *resource) *node {
	return func(l *loader, r *resource) *node { return r.node.str(f(l, r)) }
}

func noAttributes(*loader, *resource) []attribute { return nil }

// families are the resource types that are run.
func families() map[string]family {
	all := map[string]family{}
	for _, some := range []map[string]family{
		functionFamilies(), apiFamilies(), partFamilies(), domainFamilies(), keyFamilies(), iamFamilies(), tableFamilies(), graphFamilies(), cognitoFamilies(),
	} {
		for typ, f := range some {
			all[typ] = f
		}
	}
	return all
}

func (l *loader) resource(id string) *resource {
	if r := l.byID[id]; r != nil {
		return r
	}
	return l.generatedByEvent(id)
}

// readResources collects the resources and lets SAM's generate theirs.
func (l *loader) readResources() {
	section := l.root.get("Resources")
	if section == nil || section.kind != kindMap {
		return
	}
	if len(section.fields) > 500 {
		l.problem(section, fmt.Sprintf("a template has at most 500 resources, this has %d", len(section.fields)), "")
	}
	for _, f := range section.fields {
		l.readResource(f)
	}
	l.checkGlobals()
	for _, r := range l.resources {
		l.expand(r)
	}
}

func (l *loader) readResource(f field) {
	if f.key == "Fn::Transform" {
		l.fail(f.val, macroMessage, macroHint)
		return
	}
	if !l.wantMap(f.val) {
		return
	}
	if !nameOf(f.key, "") {
		l.problem(f.val, "a logical id is letters and digits only", "")
	}
	r := &resource{id: f.key, node: f.val, metadata: f.val.get("Metadata"), props: f.val.get("Properties")}
	l.checkResourceMembers(r)
	t := f.val.get("Type")
	if t == nil || t.kind != kindString || t.text == "" {
		l.problem(f.val, "the resource has no Type", "Type: AWS::Serverless::Function, for example")
		t = f.val.str("")
	}
	r.typ = t.text
	if strings.HasPrefix(r.typ, "AWS::Serverless::") && !l.sam {
		l.problem(t, r.typ+" needs SAM's transform", "put Transform: AWS::Serverless-2016-10-31 at the top of the template")
	}
	if r.props == nil || r.props.kind == kindNull {
		r.props = &node{kind: kindMap, line: f.val.line, parent: f.val, key: "Properties"}
	} else if !l.wantMap(r.props) {
		r.props = f.val.object()
	}
	if c := f.val.get("Condition"); c != nil {
		r.condition = c
	}
	l.register(r)
}

// runs says whether we run resources of r's type; one without a type counts.
func (l *loader) runs(r *resource) bool {
	t := r.node.get("Type")
	if t == nil {
		return true
	}
	_, ok := l.families[t.text]
	return ok
}

func (l *loader) checkResourceMembers(r *resource) {
	known := []string{"Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
		"CreationPolicy", "UpdatePolicy", "Connectors", "IgnoreGlobals", "Description"}
	for _, f := range r.node.fields {
		if !contains(known, f.key) && l.runs(r) {
			l.problem(f.val, "a resource has no member "+quoteShort(f.key), didYouMean(f.key, known, "properties belong under Properties"))
		}
	}
	if c := r.node.get("Connectors"); c != nil {
		for _, f := range c.all() {
			l.notRun(r.id+"."+f.key, "AWS::Serverless::Connector", "", f.val)
		}
	}
}

// register adds a resource; the first one of a name stays.
func (l *loader) register(r *resource) {
	if l.byID[r.id] != nil {
		l.problem(r.node, "SAM generates a resource "+r.id+", which the template has already", "rename the resource "+r.id)
		return
	}
	f, ok := l.families[r.typ]
	if !ok {
		f = elsewhere()
	}
	r.family = f
	l.byID[r.id] = r
	l.resources = append(l.resources, r)
}

// generate registers a resource that SAM makes of r.
func (l *loader) generate(r *resource, id, typ string, props *node) *resource {
	g := &resource{id: id, typ: typ, node: r.node, props: props, condition: r.condition, from: r}
	l.register(g)
	return g
}

// runResources reads every resource that is created, then runs what was put
// off until all were read.
func (l *loader) runResources() {
	for _, r := range l.resources {
		if r.condition != nil {
			made, ok := l.condition(r.condition, r.condition.text)
			r.skipped = !made || !ok
		}
		if !r.skipped {
			l.run(r)
		}
	}
	l.current = nil
	for phase := phaseIntegrations; phase <= phaseLast; phase++ {
		for _, d := range l.deferred {
			if d.phase == phase {
				l.current = d.r
				d.do()
			}
		}
	}
	l.current = nil
}

func (l *loader) run(r *resource) {
	l.current = r
	p := &props{l: l, r: r, n: r.props, seen: map[string]bool{}}
	r.family.read(l, r, p)
}

// The phases of what is put off: each relies on those before it.
const (
	phaseIntegrations = iota
	phaseRoutes
	phaseResponses
	phaseStages
	phaseDomains
	phasePlans
	phasePlanKeys
	phasePolicies
	phaseLinks
	phaseLast = phaseLinks
)

type deferred struct {
	phase int
	r     *resource
	do    func()
}

func (l *loader) later(phase int, r *resource, do func()) {
	l.deferred = append(l.deferred, deferred{phase, r, do})
}

// physical is a name that a property gives, else the one generated.
func (l *loader) physical(r *resource, property string, generated func() string) string {
	if name, ok := r.names[property]; ok {
		return name
	}
	n := r.props.get(property)
	if r.naming {
		l.problem(r.node, "the name of the resource "+r.id+" depends on itself", "")
		return generated()
	}
	name := ""
	if n != nil {
		r.naming = true
		outer := l.current
		l.current = r
		v := l.value(n)
		name = l.nameText(v)
		r.secretName = r.secretName || v.marks.secret
		l.current, r.naming = outer, false
	}
	if name == "" {
		name = generated()
	}
	if r.names == nil {
		r.names = map[string]string{}
	}
	r.names[property] = name
	return name
}

func (l *loader) nameText(v *node) string {
	if v.kind != kindBad && v.kind != kindAbsent && !v.scalar() {
		l.problem(v, "this must be a string, it is "+v.kindName(), "")
		return ""
	}
	return v.text
}
