package iam

import (
	"encoding/json"
	"strings"
)

// document is a policy as read, before it is compiled. Compiling waits until
// Version is known, which may stand last.
type document struct {
	*scanner
	kind       Kind
	id         text
	version    string
	statements []source
	complete   bool // a Statement element was there
}

// source is a statement as read.
type source struct {
	at         int
	sid        text
	effect     *text
	action     *element
	resource   *element
	principal  *element
	conditions []block
}

// element is Action or NotAction, and so on, as read.
type element struct {
	name    text
	values  []text
	kinds   []string // of Principal: "AWS" and so on, per value
	negated bool
}

// block is one operator with one key of a Condition, as read.
type block struct {
	operator, key text
	values        []text
}

func (d *document) read() error {
	d.version = version2008
	if err := d.open("a policy"); err != nil {
		return err
	}
	if err := d.fields("the policy", d.member); err != nil {
		return err
	}
	if !d.complete {
		return d.errorAt(0, "the policy has no Statement")
	}
	return d.end()
}

func (d *document) member(name text) (err error) {
	switch name.value {
	case "Version":
		return d.readVersion()
	case "Id":
		d.id, err = d.text("Id")
		return err
	case "Statement":
		d.complete = true
		return d.readStatements()
	}
	return d.unknown(name, "the policy", "Version", "Id", "Statement")
}

// unknown refuses an element, with the name it resembles if there is one.
func (d *document) unknown(name text, where string, known ...string) error {
	for _, k := range known {
		if strings.EqualFold(k, name.value) || strings.EqualFold(k+"s", name.value) {
			return d.errorAt(name.at, "%s has an unknown element %q; did you mean %q?", where, name.value, k)
		}
	}
	return d.errorAt(name.at, "%s has an unknown element %q; known are %s", where, name.value, strings.Join(known, ", "))
}

func (d *document) readVersion() error {
	v, err := d.text("Version")
	if err != nil {
		return err
	}
	if v.value != version2008 && v.value != version2012 {
		return d.errorAt(v.at, "Version must be %q or %q, not %q", version2012, version2008, v.value)
	}
	d.version = v.value
	return nil
}

// readStatements reads one statement or a list of them.
func (d *document) readStatements() error {
	token, at, err := d.next()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		return d.readStatement(at)
	case json.Delim('['):
		return d.readList()
	}
	return d.errorAt(at, "Statement must be an object or a list of objects, not %s", kind(token))
}

func (d *document) readList() error {
	for {
		token, at, err := d.next()
		if err != nil || token == json.Delim(']') {
			return err
		}
		if token != json.Delim('{') {
			return d.errorAt(at, "Statement must be a list of objects, but contains %s", kind(token))
		}
		if err := d.readStatement(at); err != nil {
			return err
		}
	}
}

// readStatement reads a statement whose "{" was read.
func (d *document) readStatement(at int) error {
	s := source{at: at}
	err := d.fields("the statement", func(name text) error { return d.statementMember(&s, name) })
	d.statements = append(d.statements, s)
	return err
}

func (d *document) statementMember(s *source, name text) (err error) {
	switch name.value {
	case "Sid":
		s.sid, err = d.text("Sid")
	case "Effect":
		s.effect, err = d.readEffect()
	case "Action", "NotAction":
		err = d.readElement(&s.action, name)
	case "Resource", "NotResource":
		err = d.readElement(&s.resource, name)
	case "Principal", "NotPrincipal":
		err = d.readPrincipal(s, name)
	case "Condition":
		err = d.readCondition(s)
	default:
		err = d.unknown(name, "the statement", "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal", "Condition")
	}
	return err
}

func (d *document) readEffect() (*text, error) {
	v, err := d.text("Effect")
	if err != nil {
		return nil, err
	}
	if v.value != "Allow" && v.value != "Deny" {
		return nil, d.errorAt(v.at, `Effect must be "Allow" or "Deny", not %q`, v.value)
	}
	return &v, nil
}

// begin makes the element that name starts and refuses a second one or its
// opposite.
func (d *document) begin(into **element, name text) error {
	if *into != nil {
		return d.errorAt(name.at, "the statement has both %s and %s; only one of them is allowed", (*into).name.value, name.value)
	}
	*into = &element{name: name, negated: strings.HasPrefix(name.value, "Not")}
	return nil
}

func (d *document) readElement(into **element, name text) (err error) {
	if err := d.begin(into, name); err != nil {
		return err
	}
	(*into).values, err = d.texts(name.value, onlyString)
	return err
}

// The names under which a Principal lists its values.
const (
	principalAWS       = "AWS"
	principalService   = "Service"
	principalFederated = "Federated"
	principalCanonical = "CanonicalUser"
)

// readPrincipal reads "*" or an object of lists.
func (d *document) readPrincipal(s *source, name text) error {
	if err := d.begin(&s.principal, name); err != nil {
		return err
	}
	token, at, err := d.next()
	switch {
	case err != nil:
		return err
	case token == "*":
		s.principal.add(principalAWS, text{"*", at})
		return nil
	case token != json.Delim('{'):
		return d.errorAt(at, `%s must be "*" or an object such as {"AWS": …}, not %s`, name.value, kind(token))
	}
	return d.fields(name.value, func(kind text) error { return d.readPrincipals(s.principal, kind) })
}

func (d *document) readPrincipals(e *element, kind text) error {
	switch kind.value {
	case principalAWS, principalService, principalFederated, principalCanonical:
	default:
		return d.unknown(kind, e.name.value, principalAWS, principalService, principalFederated, principalCanonical)
	}
	values, err := d.texts(kind.value, anyScalar) // an account may be a number
	for _, v := range values {
		e.add(kind.value, v)
	}
	return err
}

func (e *element) add(kind string, value text) {
	e.values = append(e.values, value)
	e.kinds = append(e.kinds, kind)
}

// readCondition reads operator -> key -> values.
func (d *document) readCondition(s *source) error {
	if err := d.open("Condition"); err != nil {
		return err
	}
	return d.fields("Condition", func(operator text) error {
		if err := d.open(operator.value); err != nil {
			return err
		}
		return d.fields(operator.value, func(key text) error {
			values, err := d.texts(key.value, anyScalar)
			s.conditions = append(s.conditions, block{operator, key, values})
			return err
		})
	})
}
