package template

import (
	"strings"
)

// ref is Ref: of a pseudo parameter, a parameter or a resource.
func (l *loader) ref(at, arg *node) *node {
	if arg.kind != kindString && arg.kind != kindNumber {
		return l.fail(at, "Ref takes a name, this is "+arg.kindName(), "")
	}
	return l.named(at, arg.text)
}

func (l *loader) named(at *node, name string) *node {
	if strings.HasPrefix(name, "AWS::") {
		return l.pseudo(at, name)
	}
	if p := l.params[name]; p != nil {
		return l.parameterValue(at, name, p)
	}
	r := l.samReference(name)
	if r == nil {
		r = l.resource(name)
	}
	if r == nil {
		return l.fail(at, "nothing in the template is called "+quoteShort(name), didYouMean(name, l.names(), "it is neither a parameter nor a resource"))
	}
	if !l.usable(at, r) {
		return at.bad()
	}
	return at.copyOf(r.family.ref(l, r)).of(r)
}

// of marks a value that comes from a resource with a secret for its name.
func (n *node) of(r *resource) *node {
	n.marks.secret = n.marks.secret || r.secretName
	return n
}

// names are all that Ref takes, for hints.
func (l *loader) names() []string {
	names := []string{"AWS::AccountId", "AWS::NoValue", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix"}
	for _, f := range l.root.get("Parameters").all() {
		names = append(names, f.key)
	}
	for _, r := range l.resources {
		names = append(names, r.id)
	}
	return names
}

// all is the members of a map; none for nil.
func (n *node) all() []field {
	if n == nil {
		return nil
	}
	return n.fields
}

func (l *loader) pseudo(at *node, name string) *node {
	switch name {
	case "AWS::AccountId":
		return at.str(l.o.Account)
	case "AWS::Region":
		return at.str(l.o.Region)
	case "AWS::Partition":
		return at.str(l.spec.Partition)
	case "AWS::StackName":
		return at.str(l.o.StackName)
	case "AWS::StackId":
		return at.str(l.arn("cloudformation", "stack/"+l.o.StackName+"/"+l.uuid("stack")))
	case "AWS::URLSuffix":
		return at.str(l.spec.URLSuffix())
	case "AWS::NoValue":
		return at.as(kindAbsent, "")
	case "AWS::NotificationARNs":
		return at.list()
	default:
		return l.fail(at, "unknown pseudo parameter "+quoteShort(name), didYouMean(name, l.names(), ""))
	}
}

// getAtt takes [resource, attribute] or "resource.attribute".
func (l *loader) getAtt(at, arg *node) *node {
	const usage = "Fn::GetAtt takes a resource and an attribute"
	if arg.kind == kindString {
		id, attribute, ok := strings.Cut(arg.text, ".")
		if !ok {
			return l.fail(at, usage, "Fn::GetAtt: [MyResource, Arn]")
		}
		return l.attribute(at, id, attribute)
	}
	if arg.kind != kindList || len(arg.items) < 2 || arg.items[0].kind != kindString {
		return l.fail(at, usage, "Fn::GetAtt: [MyResource, Arn]")
	}
	parts := make([]string, 0, 2)
	for _, item := range arg.items[1:] {
		v := l.eval(item)
		if v.kind == kindBad {
			return at.bad()
		}
		parts = append(parts, v.text)
	}
	return l.attribute(at, arg.items[0].text, strings.Join(parts, "."))
}

// attribute is the value of an attribute of a resource.
func (l *loader) attribute(at *node, id, attribute string) *node {
	if property, rest, ok := strings.Cut(attribute, "."); ok && l.samReference(id+"."+property) != nil {
		id, attribute = l.samReference(id+"."+property).id, rest
	} else if sam := l.samReference(id); sam != nil {
		id = sam.id
	}
	r := l.resource(id)
	if r == nil {
		return l.fail(at, "the template has no resource "+quoteShort(id), didYouMean(id, l.resourceNames(), ""))
	}
	if l.samReference(id+"."+attribute) != nil {
		return l.named(at, id+"."+attribute)
	}
	if !l.usable(at, r) {
		return at.bad()
	}
	attributes := r.family.attributes(l, r)
	var names []string
	for _, a := range attributes {
		if a.name == attribute || a.name == "*" {
			return at.copyOf(a.value(attribute)).of(r)
		}
		names = append(names, a.name)
	}
	if len(names) == 0 {
		return l.fail(at, r.typ+" has no attributes", "")
	}
	return l.fail(at, r.typ+" has no attribute "+quoteShort(attribute), "its attributes are "+strings.Join(names, ", "))
}

func (l *loader) resourceNames() []string {
	var names []string
	for _, r := range l.resources {
		names = append(names, r.id)
	}
	return names
}

// usable says whether r may be referred to from here, and remembers that the
// current resource depends on it.
func (l *loader) usable(at *node, r *resource) bool {
	if l.inCondition {
		l.problem(at, "a condition cannot depend on the resource "+r.id, "conditions are decided from parameters before any resource exists")
		return false
	}
	if r.condition != nil {
		switch made, ok := l.condition(r.condition, r.condition.text); {
		case !ok:
			return false
		case !made:
			l.problem(at, "the resource "+r.id+" is not created: its condition "+r.condition.text+" is false", "use Fn::If with the same condition")
			return false
		}
	}
	if l.current != nil {
		if l.edges[l.current] == nil {
			l.edges[l.current] = map[*resource]bool{}
		}
		l.edges[l.current][r] = true
	}
	return true
}
