package template

import (
	"fmt"
	"sort"
	"strings"
)

// parameter is one of the template's Parameters. value is nil when there is
// none; missing then says what to do, when something asks for the value.
type parameter struct {
	node    *node
	typ     string
	value   *node
	missing string // hint; reported at the first use
}

func (l *loader) readParameters() {
	section := l.root.get("Parameters")
	if section != nil && section.kind == kindMap {
		for _, f := range section.fields {
			l.readParameter(f)
		}
	}
	l.checkGiven()
}

// checkGiven reports values for parameters that the template does not have.
func (l *loader) checkGiven() {
	var names, given []string
	for name := range l.params {
		names = append(names, name)
	}
	for name := range l.o.Parameters {
		given = append(given, name)
	}
	sort.Strings(names)
	sort.Strings(given)
	for _, name := range given {
		if l.params[name] == nil {
			l.outside("a value is given for the parameter "+quoteShort(name)+", which the template does not have",
				didYouMean(name, names, "remove --parameter "+name))
		}
	}
}

func (l *loader) readParameter(f field) {
	if !l.wantMap(f.val) {
		return
	}
	p := &parameter{node: f.val}
	l.params[f.key] = p
	if !nameOf(f.key, "") {
		l.problem(f.val, "the name of a parameter is letters and digits only", "")
	}
	l.checkParameterMembers(f.val)
	t := f.val.get("Type")
	if t == nil || t.kind != kindString {
		l.problem(f.val, "the parameter has no Type", "Type: String")
		p.value = f.val.bad()
		return
	}
	if p.typ = t.text; !knownParameterType(p.typ) {
		l.problem(t, "unknown parameter type "+t.show(), "types are String, Number, List<Number>, CommaDelimitedList, AWS::SSM::Parameter::Value<String> and AWS's own types")
		p.value = f.val.bad()
		return
	}
	l.valueOf(f.key, p)
}

func (l *loader) checkParameterMembers(n *node) {
	known := []string{"Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription", "Description",
		"MaxLength", "MinLength", "MaxValue", "MinValue", "NoEcho"}
	for _, f := range n.fields {
		if !contains(known, f.key) {
			l.problem(f.val, "a parameter has no member "+quoteShort(f.key), didYouMean(f.key, known, "members are "+strings.Join(known, ", ")))
		}
	}
}

// knownParameterType follows the CloudFormation user guide, "Parameters":
// plain, list, AWS-specific and SSM types.
func knownParameterType(t string) bool {
	if inner, ok := ssmValueType(t); ok {
		return inner == "String" || inner == "List<String>" || inner == "CommaDelimitedList" || awsType(inner)
	}
	switch t {
	case "String", "Number", "CommaDelimitedList", "List<Number>", "List<String>", "AWS::SSM::Parameter::Name":
		return true
	default:
		return awsType(t)
	}
}

func awsType(t string) bool {
	t = strings.TrimSuffix(strings.TrimPrefix(t, "List<"), ">")
	return strings.HasPrefix(t, "AWS::") && nameOf(t, ":")
}

// ssmValueType is T of AWS::SSM::Parameter::Value<T>.
func ssmValueType(t string) (inner string, ok bool) {
	rest, ok := strings.CutPrefix(t, "AWS::SSM::Parameter::Value<")
	return strings.TrimSuffix(rest, ">"), ok && strings.HasSuffix(rest, ">")
}

// valueOf finds the parameter's value and checks it.
func (l *loader) valueOf(name string, p *parameter) {
	raw := p.node.get("Default")
	given, isGiven := l.o.Parameters[name]
	if isGiven {
		raw = p.node.str(given)
	}
	if raw != nil && !raw.scalar() {
		l.problem(raw, "the Default of a parameter is a string, this is "+raw.kindName(), "write a list as \"a,b\"")
		p.value = p.node.bad()
		return
	}
	if raw != nil && truth(p.node.get("NoEcho")) {
		raw = raw.str(raw.text)
		raw.marks.secret = true
	}
	if inner, ok := ssmValueType(p.typ); ok {
		l.ssmParameter(name, p, inner, raw, isGiven)
		return
	}
	if raw == nil {
		l.problem(p.node, "the parameter has no value and no Default", "--parameter "+name+"=VALUE")
		p.value = p.node.bad()
		return
	}
	if strings.Count(raw.text, ",") >= maxItems {
		l.problem(raw, fmt.Sprintf("the value of the parameter %s has more than %d items", name, maxItems), "")
		raw = raw.str("")
	}
	l.constrain(name, p, raw)
	p.value = listOrString(p.typ, raw)
}

// ssmParameter takes the value that --resolve gives for the SSM parameter's
// name; a value given by --parameter stands for itself when there is none.
func (l *loader) ssmParameter(name string, p *parameter, inner string, raw *node, given bool) {
	if raw == nil {
		p.missing = "--parameter " + name + "=VALUE"
		return
	}
	value, ok := l.lookup("ssm", raw.text)
	if !ok && !given {
		p.missing = "--resolve " + raw.text + "=VALUE"
		return
	}
	if ok {
		raw = raw.str(value)
	}
	p.value = listOrString(inner, raw)
}

// listOrString splits the value of a list type at its commas.
func listOrString(typ string, raw *node) *node {
	if typ != "CommaDelimitedList" && !strings.HasPrefix(typ, "List<") {
		return raw.str(raw.text)
	}
	var items []*node
	if raw.text != "" {
		for _, s := range strings.Split(raw.text, ",") {
			items = append(items, raw.str(strings.TrimSpace(s)))
		}
	}
	return raw.list(items...)
}

// truth reads a boolean as CloudFormation does: true or "true".
func truth(n *node) bool {
	return n != nil && n.scalar() && strings.EqualFold(n.text, "true")
}

// parameterValue is what Ref gives.
func (l *loader) parameterValue(at *node, name string, p *parameter) *node {
	if p.value == nil {
		l.problem(at, "the parameter "+name+" stands for an SSM parameter whose value is not known here", p.missing)
		p.value = at.bad()
	}
	if p.value.kind == kindBad {
		return at.bad()
	}
	return at.copyOf(p.value)
}

// copyOf is v, standing where n stands.
func (n *node) copyOf(v *node) *node {
	out := *v
	out.line, out.parent, out.key = n.line, n.parent, n.key
	return &out
}
