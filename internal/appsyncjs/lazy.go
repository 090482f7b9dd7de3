package appsyncjs

import (
	"reflect"
	"slices"
	"strconv"

	"github.com/dop251/goja"
)

// lazyObject is an object of a JSON document. Its members become values when
// they are asked for, and as long as nothing in it may have changed its text
// stands for it in results.
//
// To scripts it is like any other object: they have no function to freeze it, to
// give it accessors or to look at its descriptors.
type lazyObject struct {
	w       *worker
	parent  *lazyObject // whose text holds raw
	raw     []byte      // canonical text; nil once it may be outdated
	members []lazyMember
	indexed bool           // members are known
	text    []byte         // of the object, until they are
	places  map[string]int // of the members, when they are many
}

type lazyMember struct {
	key   string
	raw   []byte     // nil if a script set it
	value goja.Value // nil if nobody asked for it
}

var lazyType = reflect.TypeFor[*lazyObject]()

// newLazy makes an object of canonical text.
func (w *worker) newLazy(text []byte, parent *lazyObject) *goja.Object {
	return w.vm.NewDynamicObject(&lazyObject{w: w, parent: parent, raw: text, text: text})
}

// lazyOf gives what is behind an object; nil if it is an ordinary one.
func lazyOf(o *goja.Object) *lazyObject {
	if o.ExportType() != lazyType {
		return nil
	}
	l, _ := o.Export().(*lazyObject)
	return l
}

// index finds the members in the text.
func (l *lazyObject) index() {
	if l.indexed {
		return
	}
	l.indexed = true
	members := l.w.members[:0]
	d := decoder{vm: l.w.vm, keys: l.w.keys, text: l.text, pos: 1}
	for d.peek() == '"' {
		key, err := d.key()
		if err != nil {
			break // the text is canonical
		}
		d.pos++
		start := d.pos
		d.pos = skipCanonical(d.text, start)
		members = append(members, lazyMember{key: key, raw: d.text[start:d.pos]})
		d.pos++
	}
	l.members, l.text = slices.Clone(members), nil
	clear(members)
	l.w.members = members[:0]
}

func (l *lazyObject) find(key string) int {
	l.index()
	if len(l.members) > maxLazyMembers {
		return l.lookUp(key)
	}
	for i := range l.members {
		if l.members[i].key == key {
			return i
		}
	}
	return -1
}

// lookUp is find for an object that a script made large.
func (l *lazyObject) lookUp(key string) int {
	if l.places == nil {
		l.places = make(map[string]int, 2*len(l.members))
		for i := range l.members {
			l.places[l.members[i].key] = i
		}
	}
	if i, ok := l.places[key]; ok {
		return i
	}
	return -1
}

// changed says that the text does not hold any more, of what it is in neither.
func (l *lazyObject) changed() {
	for ; l != nil && l.raw != nil; l = l.parent {
		l.raw = nil
	}
}

// Get gives a member; nil if there is none.
func (l *lazyObject) Get(key string) goja.Value {
	i := l.find(key)
	if i < 0 {
		return nil
	}
	return l.value(&l.members[i])
}

func (l *lazyObject) value(m *lazyMember) goja.Value {
	if m.value != nil {
		return m.value
	}
	if m.raw[0] == '{' {
		m.value = l.w.newLazy(m.raw, l)
		return m.value
	}
	if m.raw[0] == '[' { // nobody is told when a list changes
		l.changed()
	}
	d := decoder{vm: l.w.vm, keys: l.w.keys, text: m.raw, lazy: l.w}
	value, err := d.value()
	if err != nil { // the text is canonical
		panic(l.w.vm.NewTypeError(err.Error()))
	}
	m.value = value
	return value
}

// Set sets a member, a new one after the others.
func (l *lazyObject) Set(key string, value goja.Value) bool {
	if value == nil {
		value = goja.Undefined()
	}
	i := l.find(key)
	l.changed()
	if i >= 0 {
		l.members[i].raw, l.members[i].value = nil, value
		return true
	}
	i = l.place(key)
	if i < len(l.members) {
		l.places = nil
	} else if l.places != nil {
		l.places[key] = i
	}
	l.members = slices.Insert(l.members, i, lazyMember{key: key, value: value})
	return true
}

// place is where a new key belongs: JavaScript lists whole numbers first, in
// their order.
func (l *lazyObject) place(key string) int {
	n, ok := arrayIndex(key)
	if !ok {
		return len(l.members)
	}
	for i := range l.members {
		if other, ok := arrayIndex(l.members[i].key); !ok || other > n {
			return i
		}
	}
	return len(l.members)
}

// arrayIndex is the number that a key is, if it is one that JavaScript lists
// first.
func arrayIndex(key string) (uint64, bool) {
	if key == "" || key[0] > '9' || len(key) > 10 || len(key) > 1 && key[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseUint(key, 10, 32)
	return n, err == nil && n < 1<<32-1
}

// Has tells whether there is such a member.
func (l *lazyObject) Has(key string) bool { return l.find(key) >= 0 }

// Delete removes a member.
func (l *lazyObject) Delete(key string) bool {
	if i := l.find(key); i >= 0 {
		l.changed()
		l.places = nil
		l.members = slices.Delete(l.members, i, i+1)
	}
	return true
}

// Keys lists the members.
func (l *lazyObject) Keys() []string {
	l.index()
	keys := make([]string, len(l.members))
	for i := range l.members {
		keys[i] = l.members[i].key
	}
	return keys
}
