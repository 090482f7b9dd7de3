package library

import "github.com/dop251/goja"

// function is one function of the library as its typings describe it.
type function struct {
	name  string
	arity int // parameters of the longest signature
	call  func(l *library, args arguments) goja.Value
}

// member is an object inside an object; nil stands for one that is not served.
type member struct {
	name  string
	value *goja.Object
}

// builder makes frozen objects. It takes Object.freeze once, before a script can
// replace it.
type builder struct {
	l      *library
	freeze goja.Callable
}

func newBuilder(l *library) *builder {
	object := l.vm.GlobalObject().Get("Object").ToObject(l.vm)
	freeze, _ := goja.AssertFunction(object.Get("freeze"))
	return &builder{l: l, freeze: freeze}
}

func (b *builder) object(functions []function, members ...member) *goja.Object {
	o := b.l.vm.NewObject()
	for i := range functions {
		b.define(o, functions[i].name, b.function(&functions[i]))
	}
	for _, m := range members {
		if m.value == nil {
			b.absent(o, m.name)
			continue
		}
		b.define(o, m.name, m.value)
	}
	b.seal(o)
	return o
}

func (b *builder) function(f *function) *goja.Object {
	l := b.l
	o := l.vm.ToValue(func(c goja.FunctionCall) goja.Value {
		return f.call(l, arguments{l, c.Arguments})
	}).(*goja.Object)
	b.constant(o, "name", l.vm.ToValue(f.name))
	b.constant(o, "length", l.vm.ToValue(f.arity))
	b.seal(o)
	return o
}

func (b *builder) define(o *goja.Object, name string, value goja.Value) {
	if err := o.DefineDataProperty(name, value, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_TRUE); err != nil {
		panic(err) // a fresh object takes every property
	}
}

func (b *builder) constant(o *goja.Object, name string, value goja.Value) {
	if err := o.DefineDataProperty(name, value, goja.FLAG_FALSE, goja.FLAG_FALSE, goja.FLAG_FALSE); err != nil {
		panic(err) // a fresh function's name and length are configurable
	}
}

// absent makes reading a member throw that it is not served.
func (b *builder) absent(o *goja.Object, name string) {
	l := b.l
	get := l.vm.ToValue(func(goja.FunctionCall) goja.Value {
		panic(l.vm.NewTypeError("util." + name + " is not supported yet"))
	})
	if err := o.DefineAccessorProperty(name, get, nil, goja.FLAG_FALSE, goja.FLAG_FALSE); err != nil {
		panic(err) // as above
	}
}

func (b *builder) seal(o *goja.Object) {
	if _, err := b.freeze(goja.Undefined(), o); err != nil {
		panic(err) // ordinary objects can be frozen
	}
}
