package library

import "github.com/dop251/goja"

// function is one function of the library as its typings describe it.
type function struct {
	name  string
	arity int // parameters of the longest signature
	call  func(l *library, args arguments) goja.Value
}

// group is an object of functions and of further objects. A group without either
// is one that is not served.
type group struct {
	name      string
	functions []function
	groups    []group
}

// module is a frozen object whose members are made when they are first read, so
// that a runtime costs little. Scripts see a proxy: reading a member makes it,
// and whatever looks at the object as a whole makes them all and freezes it.
type module struct {
	l        *library
	group    *group
	target   *goja.Object
	made     map[string]goja.Value
	complete bool
}

func (l *library) module(g *group) *goja.Object {
	m := &module{l: l, group: g, target: l.vm.NewObject(), made: map[string]goja.Value{}}
	p := l.vm.NewProxy(m.target, &goja.ProxyTrapConfig{
		Get:                      m.get,
		Has:                      m.has,
		OwnKeys:                  m.keys,
		GetOwnPropertyDescriptor: m.descriptor,
		IsExtensible:             func(*goja.Object) bool { m.finish(); return false },
		PreventExtensions:        func(*goja.Object) bool { m.finish(); return true },
		SetPrototypeOf:           func(_, _ *goja.Object) bool { return false },
		DefineProperty:           func(*goja.Object, string, goja.PropertyDescriptor) bool { return false },
		DefinePropertyIdx:        func(*goja.Object, int, goja.PropertyDescriptor) bool { return false },
		DefinePropertySym:        func(*goja.Object, *goja.Symbol, goja.PropertyDescriptor) bool { return false },
		Set:                      func(*goja.Object, string, goja.Value, goja.Value) bool { return false },
		SetIdx:                   func(*goja.Object, int, goja.Value, goja.Value) bool { return false },
		SetSym:                   func(*goja.Object, *goja.Symbol, goja.Value, goja.Value) bool { return false },
		DeleteProperty:           func(*goja.Object, string) bool { return false },
	})
	return l.vm.ToValue(p).(*goja.Object)
}

func (m *module) get(target *goja.Object, name string, _ goja.Value) goja.Value {
	if v := m.member(name); v != nil {
		return v
	}
	if v := target.Get(name); v != nil { // what every object inherits
		return v
	}
	return goja.Undefined()
}

// member is the member of that name, made if need be; nil if there is none.
func (m *module) member(name string) goja.Value {
	f, g := m.group.find(name)
	if f == nil && g == nil {
		return nil
	}
	if v, ok := m.made[name]; ok {
		return v
	}
	var v goja.Value
	switch {
	case f != nil:
		v = m.l.function(f)
	case !g.served():
		m.l.throw("%s.%s is not supported yet", m.group.name, name)
	default:
		v = m.l.module(g)
	}
	m.l.constant(m.target, name, v, goja.FLAG_TRUE)
	m.made[name] = v
	return v
}

func (g *group) served() bool { return g != nil && (g.functions != nil || g.groups != nil) }

func (g *group) find(name string) (*function, *group) {
	for i := range g.functions {
		if g.functions[i].name == name {
			return &g.functions[i], nil
		}
	}
	for i := range g.groups {
		if g.groups[i].name == name {
			return nil, &g.groups[i]
		}
	}
	return nil, nil
}

func (m *module) has(target *goja.Object, name string) bool {
	f, g := m.group.find(name)
	return f != nil || g.served() || target.Get(name) != nil
}

// finish makes every member and freezes the object. What is not served stays
// out.
func (m *module) finish() {
	if m.complete {
		return
	}
	for i := range m.group.functions {
		m.member(m.group.functions[i].name)
	}
	for i := range m.group.groups {
		if g := &m.group.groups[i]; g.served() {
			m.member(g.name)
		}
	}
	m.l.freeze(m.target)
	m.complete = true
}

func (m *module) keys(target *goja.Object) *goja.Object {
	m.finish()
	names := target.GetOwnPropertyNames()
	items := make([]any, len(names))
	for i, n := range names {
		items[i] = n
	}
	return m.l.vm.NewArray(items...)
}

func (m *module) descriptor(_ *goja.Object, name string) goja.PropertyDescriptor {
	m.finish()
	f, g := m.group.find(name)
	if f == nil && !g.served() {
		return goja.PropertyDescriptor{}
	}
	return goja.PropertyDescriptor{Value: m.member(name),
		Writable: goja.FLAG_FALSE, Configurable: goja.FLAG_FALSE, Enumerable: goja.FLAG_TRUE}
}

func (l *library) function(f *function) *goja.Object {
	o := l.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		return f.call(l, arguments{l, c.Arguments})
	}).(*goja.Object)
	l.constant(o, "name", l.string(f.name), goja.FLAG_FALSE)
	l.constant(o, "length", l.vm.ToValue(f.arity), goja.FLAG_FALSE)
	l.freeze(o)
	return o
}

func (l *library) constant(o *goja.Object, name string, value goja.Value, enumerable goja.Flag) {
	if err := o.DefineDataProperty(name, value, goja.FLAG_FALSE, goja.FLAG_FALSE, enumerable); err != nil {
		panic(err) // an object of ours takes every property until it is frozen
	}
}

func (l *library) freeze(o *goja.Object) {
	if _, err := l.freezer(goja.Undefined(), o); err != nil {
		panic(err) // ordinary objects can be frozen
	}
}
