package appsyncjs

import "github.com/dop251/goja"

// lazy writes an object of a document, as its text where nothing changed.
func (e *encoder) lazy(o *goja.Object, l *lazyObject) {
	verbatim := e.indent == "" && e.only == nil && e.replacer == nil && len(e.path)+maxLazyDepth < maxDepth
	switch {
	case verbatim && l.raw != nil:
		e.raw(l.raw)
		return
	case e.replacer != nil: // it may change what it is given
		e.enter(o)
		e.members(o)
	default:
		e.enter(o)
		e.lazyMembers(l, verbatim)
	}
	e.path = e.path[:len(e.path)-1]
}

func (e *encoder) raw(text []byte) {
	if len(e.out)+len(text) > e.most {
		e.throw("the value is larger than %d bytes", e.most)
	}
	e.out = append(e.out, text...)
}

// lazyMembers is members for an object of a document. Getters that run
// meanwhile may change it.
func (e *encoder) lazyMembers(l *lazyObject, verbatim bool) {
	e.out = append(e.out, '{')
	some := false
	for _, key := range l.Keys() {
		i := l.find(key)
		if i < 0 || e.only != nil && !e.only[key] {
			continue
		}
		m := &l.members[i]
		if goja.IsUndefined(m.value) || e.plain && isUnfit(m.value) {
			continue
		}
		e.key(key, some)
		some = true
		if _, object := m.value.(*goja.Object); verbatim && m.raw != nil && !object {
			e.raw(m.raw)
			continue
		}
		e.value(l.value(m))
	}
	e.close('}', some)
}
