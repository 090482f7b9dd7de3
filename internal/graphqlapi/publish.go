package graphqlapi

import "bytes"

// maxInvalidations is AppSync's limit of invalidateSubscriptions in one
// request.
const maxInvalidations = 5

// publish tells of one field of a mutation, if somebody listens and it has a
// value. What the caller is not given, because it is too long, others are not
// either. Before, it ends the subscriptions that the field's resolver wants to
// end.
func (x *execution) publish(h *hole) {
	if h.failed {
		x.invalidations = nil
		return
	}
	x.invalidate()
	name := h.f.def.name
	if len(x.op.cfg.listeners[name]) == 0 || x.full.Load() || h.out.settle() {
		return
	}
	var done rendering
	done.output(&h.out)
	if isNull(done.text) {
		return
	}
	r := renamer{types: done.types}
	value := r.value(nil, h.f, h.f.def.typ, done.text)
	x.api.realtime.publish(x.ctx, name, bytes.ToValidUTF8(value, []byte("\uFFFD")))
}

// invalidate carries out what the last resolvers asked for. No resolver runs
// meanwhile.
func (x *execution) invalidate() {
	if len(x.invalidations) == 0 {
		return
	}
	room := max(0, maxInvalidations-x.invalidated)
	x.invalidated += len(x.invalidations)
	if x.invalidated > maxInvalidations {
		x.api.o.Log.Warn("invalidateSubscriptions was called more often than AppSync allows in one request", "api", x.op.cfg.api.LogicalID, "most", maxInvalidations)
	}
	x.api.realtime.invalidate(x.ctx, x.invalidations[:min(room, len(x.invalidations))])
	x.invalidations = nil
}

// renamer gives the fields of an answer their names of the schema back.
type renamer struct {
	types []*namedType // of the objects to come whose fields have an abstract one
	// argued are the names of the fields that were asked for with arguments, in what
	// has been renamed. nil: none.
	argued map[string]bool
}

func (r *renamer) value(dst []byte, f *field, t *fieldType, raw []byte) []byte {
	switch {
	case isNull(raw) || t.elem == nil && !t.named.composite():
		return appendRaw(dst, raw)
	case t.elem != nil:
		return r.list(dst, f, t, raw)
	}
	return r.object(dst, f, raw)
}

func (r *renamer) list(dst []byte, f *field, t *fieldType, raw []byte) []byte {
	dst = append(dst, '[')
	it := iterate(raw)
	for n, item := 0, it.item(); item != nil; n, item = n+1, it.item() {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = r.value(dst, f, t.elem, item)
	}
	return append(dst, ']')
}

// object renames the members of one object.
func (r *renamer) object(dst []byte, f *field, raw []byte) []byte {
	typ, abstract := f.def.typ.named, f.def.typ.named.abstract()
	if abstract {
		typ, r.types = r.types[0], r.types[1:]
	}
	o := f.object(typ)
	m := make(parts, 0, len(o.fields)+1)
	if abstract { // subscribers must know it, whether or not it was selected
		r.add(&m, "__typename", appendString(nil, typ.name), true)
	}
	it := iterate(raw)
	for _, sub := range o.fields {
		_, value := it.member()
		switch {
		case sub.typename:
			r.add(&m, "__typename", value, true)
		case sub.def.typ.named.composite():
			r.add(&m, sub.def.name, r.value(nil, sub, sub.def.typ, value), r.plain(sub))
		default:
			r.add(&m, sub.def.name, value, false)
		}
	}
	return m.append(dst)
}

// parts are the members of an object.
type parts []part

type part struct {
	name  string
	value []byte
	plain bool // asked for without arguments
}

// plain says whether a field is asked for without arguments, and remembers it if
// not.
func (r *renamer) plain(f *field) bool {
	if len(f.nodes[0].Arguments) == 0 {
		return true
	}
	if r.argued == nil {
		r.argued = make(map[string]bool)
	}
	r.argued[f.def.name] = true
	return false
}

// add adds a member. If it is there already, under another alias, the first one
// counts; if both were asked for without arguments, they are one object.
func (r *renamer) add(m *parts, name string, value []byte, plain bool) {
	for i := range *m {
		if p := &(*m)[i]; p.name == name {
			if plain && p.plain {
				p.value = r.merge(p.value, value)
			}
			return
		}
	}
	*m = append(*m, part{name, value, plain})
}

func (m parts) append(dst []byte) []byte {
	dst = append(dst, '{')
	for i, p := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(appendString(dst, p.name), ':'), p.value...)
	}
	return append(dst, '}')
}

// merge adds to a what b has more: members of objects, also of those in lists. What
// is not plain anywhere is not merged in them, and neither are objects of two types.
func (r *renamer) merge(a, b []byte) []byte {
	switch {
	case len(a) == 0 || len(b) == 0 || a[0] != b[0] || a[0] != '{' && a[0] != '[':
		return a
	case a[0] == '[':
		return r.mergeItems(a, b)
	}
	if x, y := member(a, "__typename"), member(b, "__typename"); x != nil && y != nil && !bytes.Equal(x, y) {
		return a
	}
	var m parts
	for _, object := range [][]byte{a, b} {
		it := iterate(object)
		for raw, value := it.member(); raw != nil; raw, value = it.member() {
			name := unquote(raw)
			r.add(&m, name, value, !r.argued[name])
		}
	}
	return m.append(nil)
}

func (r *renamer) mergeItems(a, b []byte) []byte {
	dst := []byte{'['}
	x, y := iterate(a), iterate(b)
	for n, i, j := 0, x.item(), y.item(); i != nil; n, i, j = n+1, x.item(), y.item() {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, r.merge(i, j)...)
	}
	return append(dst, ']')
}
