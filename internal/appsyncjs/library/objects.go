package library

import "github.com/dop251/goja"

// entry is one key of an object with its value.
type entry struct {
	key   string
	value goja.Value
}

// entries are the own enumerable members of o, in JavaScript's order.
func (l *library) entries(o *goja.Object) []entry {
	keys := o.Keys()
	l.grow(40 * len(keys))
	all := make([]entry, len(keys))
	for i, k := range keys {
		all[i] = entry{k, o.Get(k)}
	}
	return all
}

// put sets a member of an object of ours, whatever the name: those that
// Object.prototype has too are defined, since a frozen prototype would refuse an
// assignment.
func (l *library) put(o *goja.Object, name string, value goja.Value) {
	if value == nil {
		value = goja.Undefined()
	}
	var err error
	if inherited(name) {
		err = o.DefineDataProperty(name, value, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
	} else {
		err = o.Set(name, value)
	}
	if err != nil {
		panic(err) // an *goja.Exception; a plain object of ours refuses nothing
	}
}

func inherited(name string) bool {
	switch name {
	case "__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
		"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable",
		"toLocaleString", "toString", "valueOf":
		return true
	}
	return false
}

// object makes an object of the members that are there.
func (l *library) object(members ...entry) *goja.Object {
	o := l.vm.NewObject()
	for _, m := range members {
		if m.value != nil {
			l.put(o, m.key, m.value)
		}
	}
	return o
}

func (l *library) array(values []goja.Value) *goja.Object {
	items := make([]any, len(values))
	for i, v := range values {
		items[i] = v
	}
	return l.vm.NewArray(items...)
}

func (l *library) string(s string) goja.Value { return l.vm.ToValue(s) }

// deepest bounds how deep a value may be nested; one that contains itself is
// deeper than any bound.
const deepest = 200

func (l *library) descend(depth int) {
	if depth > deepest {
		l.throw("the value contains itself, or is nested more than %d levels deep", deepest)
	}
}
