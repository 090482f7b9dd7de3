package template

import "strings"

// condition is one of the template's Conditions, evaluated at first use.
type condition struct {
	node  *node
	state conditionState
	value bool
}

type conditionState uint8

const (
	unread conditionState = iota
	reading
	known
	broken // reported
)

func (l *loader) readConditions() {
	section := l.root.get("Conditions")
	if section == nil || section.kind != kindMap {
		return
	}
	for _, f := range section.fields {
		l.conditions[f.key] = &condition{node: f.val}
	}
}

// checkConditions evaluates those that nothing asked for, too.
func (l *loader) checkConditions() {
	for _, name := range l.conditionNames() {
		if c := l.conditions[name]; c != nil {
			l.condition(c.node, name)
		}
	}
}

// condition is the value of a condition by name; ok is false if it has none,
// which is reported.
func (l *loader) condition(at *node, name string) (value, ok bool) {
	c := l.conditions[name]
	if c == nil {
		l.problem(at, "the template has no condition "+quoteShort(name), didYouMean(name, l.conditionNames(), "add it to Conditions"))
		return false, false
	}
	switch c.state {
	case reading:
		l.problem(at, "the condition "+name+" depends on itself", "")
		c.state = broken
	case unread:
		c.state = reading
		outer := l.inCondition
		l.inCondition = true
		v, good := l.boolean(c.node)
		l.inCondition = outer
		if c.state = broken; good {
			c.state, c.value = known, v
		}
	}
	return c.value, c.state == known
}

func (l *loader) conditionNames() []string {
	var names []string
	if section := l.root.get("Conditions"); section != nil {
		for _, f := range section.fields {
			names = append(names, f.key)
		}
	}
	return names
}

// boolean evaluates a condition function.
func (l *loader) boolean(n *node) (value, ok bool) {
	name, arg, single := n.single()
	if !single || !conditionFunction(name) {
		if n.kind == kindBad {
			return false, false
		}
		l.problem(n, "this must be a condition function", "Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition")
		return false, false
	}
	switch name {
	case "Condition":
		return l.condition(arg, arg.text)
	case "Fn::Equals":
		return l.equals(arg)
	case "Fn::Not":
		return l.not(arg)
	default:
		return l.connective(name, arg)
	}
}

func conditionFunction(name string) bool {
	switch name {
	case "Condition", "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or":
		return true
	default:
		return false
	}
}

func (l *loader) equals(arg *node) (value, ok bool) {
	if arg.kind != kindList || len(arg.items) != 2 {
		l.problem(arg, "Fn::Equals takes a list of two values", "")
		return false, false
	}
	a, b := l.eval(arg.items[0]), l.eval(arg.items[1])
	if broken := a.kind == kindBad || b.kind == kindBad; broken {
		return false, false
	}
	return plainText(a) == plainText(b), true
}

// plainText is a value for comparison: 1 equals "1", as in CloudFormation.
func plainText(n *node) string {
	if n.scalar() {
		return n.text
	}
	return string(toJSON(n, true))
}

func (l *loader) not(arg *node) (value, ok bool) {
	if arg.kind != kindList || len(arg.items) != 1 {
		l.problem(arg, "Fn::Not takes a list of one condition", "")
		return false, false
	}
	v, ok := l.boolean(arg.items[0])
	return !v, ok
}

// connective is Fn::And or Fn::Or, of two to ten conditions.
func (l *loader) connective(name string, arg *node) (value, ok bool) {
	if arg.kind != kindList || len(arg.items) < 2 || len(arg.items) > 10 {
		l.problem(arg, name+" takes a list of two to ten conditions", "")
		return false, false
	}
	value, ok = strings.HasSuffix(name, "And"), true
	for _, item := range arg.items {
		v, good := l.boolean(item)
		ok = ok && good
		if name == "Fn::And" {
			value = value && v
		} else {
			value = value || v
		}
	}
	return value, ok
}
