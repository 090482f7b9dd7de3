package graphqlapi

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// writer makes the answer's text of values, in the order of the selection. It
// belongs to one goroutine.
type writer struct {
	x      *execution
	buf    []byte
	holes  []*hole
	kinds  []kind
	path   []Segment
	values [][]byte // of the properties of the objects that are being written
	mute   bool     // errors are not noted, and nothing is resolved
}

// value writes a value of a field. It says false, and has written nothing, if
// the value is null where null is not allowed.
func (w *writer) value(f *field, t *fieldType, raw []byte, around *frame) bool {
	if isNull(raw) {
		return w.null(f, t)
	}
	begin, holes, kinds := len(w.buf), len(w.holes), len(w.kinds)
	ok := false
	switch {
	case begin > w.x.room:
		w.x.full.Store(true)
	case t.elem != nil:
		ok = w.list(f, t, raw, around)
	case t.named.composite():
		ok = w.composite(f, t, raw, around)
	default:
		ok = w.leaf(f, t.named, raw)
	}
	if ok {
		return true
	}
	w.buf, w.holes, w.kinds = w.buf[:begin], w.holes[:holes], w.kinds[:kinds]
	if t.nonNull {
		return false
	}
	w.buf = append(w.buf, "null"...)
	return true
}

// null writes null.
func (w *writer) null(f *field, t *fieldType) bool {
	if !t.nonNull {
		w.buf = append(w.buf, "null"...)
		return true
	}
	w.complain(f, "Cannot return null for non-nullable type: '%s' within parent '%s' (%s)", t.text, f.def.parent.name, pathText(w.path))
	return false
}

// complain notes an error of the kind that AppSync gives no location.
func (w *writer) complain(f *field, format string, args ...any) {
	if w.mute {
		return
	}
	w.x.fail(&Error{Path: slices.Clone(w.path), Message: fmt.Sprintf(format, args...), order: Location{f.at.Line, f.at.Column}})
}

// frame opens a frame for a value that holes may be in.
func (w *writer) frame(f *field, t *fieldType, around *frame) *frame {
	if !f.holes || w.mute {
		return nil
	}
	return &frame{parent: around, begin: len(w.buf), nullable: !t.nonNull}
}

func (w *writer) close(fr *frame) {
	if fr != nil {
		fr.end = len(w.buf)
	}
}

// list writes the items of a list.
func (w *writer) list(f *field, t *fieldType, raw []byte, around *frame) bool {
	if raw[0] != '[' {
		w.complain(f, "Can't resolve value (%s) : type mismatch error, expected type LIST", pathText(w.path))
		return false
	}
	fr := w.frame(f, t, around)
	w.buf = append(w.buf, '[')
	it := iterate(raw)
	for n, item := 0, it.item(); item != nil; n, item = n+1, it.item() {
		if n > 0 {
			w.buf = append(w.buf, ',')
		}
		w.path = append(w.path, Segment{Index: n})
		ok := w.value(f, t.elem, item, fr)
		w.path = w.path[:len(w.path)-1]
		if !ok {
			return false
		}
	}
	w.buf = append(w.buf, ']')
	w.close(fr)
	return true
}

// composite writes an object, a union's or an interface's too.
func (w *writer) composite(f *field, t *fieldType, raw []byte, around *frame) bool {
	if raw[0] != '{' {
		w.complain(f, "Can't resolve value (%s) : type mismatch error, expected type %s", pathText(w.path), t.named.def.Kind)
		return false
	}
	concrete := t.named
	if concrete.abstract() {
		if concrete = w.concrete(f, t.named, raw); concrete == nil {
			return false
		}
		if w.x.op.def.Operation == ast.Mutation {
			w.kinds = append(w.kinds, kind{len(w.buf), concrete})
		}
	}
	fr := w.frame(f, t, around)
	if !w.selection(f.object(concrete), raw, fr) {
		return false
	}
	w.close(fr)
	return true
}

// concrete finds the type of an object whose field has an abstract one.
func (w *writer) concrete(f *field, t *namedType, raw []byte) *namedType {
	name := member(raw, "__typename")
	if isNull(name) {
		w.unresolved(f, t, fmt.Sprintf("Could not determine the exact type of '%s'", t.name))
		return nil
	}
	c := t.concrete[unquote(name)]
	if c == nil {
		w.unresolved(f, t, fmt.Sprintf("Runtime Object type '%s' is not a possible type for '%s'.", clip(unquote(name)), t.name))
	}
	return c
}

func (w *writer) unresolved(f *field, t *namedType, why string) {
	w.complain(f, "Can't resolve '%s'. Abstract type '%s' must resolve to an Object type at runtime for field '%s.%s'. %s", pathText(w.path), t.name, f.def.parent.name, f.def.name, why)
}

// selection writes the selected fields of an object.
func (w *writer) selection(o *object, raw []byte, fr *frame) bool {
	base := len(w.values)
	w.read(o, raw)
	w.buf = append(w.buf, '{')
	for i, f := range o.fields {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, f.head...)
		w.path = append(w.path, Segment{Key: f.key})
		ok := w.member(o, f, raw, w.values[base+i], fr)
		w.path = w.path[:len(w.path)-1]
		if !ok {
			w.values = w.values[:base]
			return false
		}
	}
	w.buf = append(w.buf, '}')
	w.values = w.values[:base]
	return true
}

// read finds the properties that the selection asks for, in one pass.
func (w *writer) read(o *object, raw []byte) {
	base := len(w.values)
	for range o.fields {
		w.values = append(w.values, nil)
	}
	found := w.values[base:]
	it := iterate(raw)
	for name, value := it.member(); name != nil; name, value = it.member() {
		for i := o.find(name); i >= 0; i = o.fields[i].following() {
			found[i] = value
		}
	}
}

// find is the first field that reads a property; -1 if none does.
func (o *object) find(name []byte) int {
	if o.named != nil {
		if i, ok := o.named[string(name[1:max(1, len(name)-1)])]; ok {
			return i
		}
		if bytes.IndexByte(name, '\\') >= 0 {
			if i, ok := o.named[unquote(name)]; ok {
				return i
			}
		}
		return -1
	}
	for i, f := range o.fields {
		if f.def != nil && keyIs(name, f.def.name) {
			return i
		}
	}
	return -1
}

func (f *field) following() int {
	if f.next == 0 {
		return -1
	}
	return f.next
}

// member writes the value of one field of an object, or leaves a hole for it.
func (w *writer) member(o *object, f *field, source, value []byte, fr *frame) bool {
	switch {
	case f.typename:
		w.buf = appendString(w.buf, o.typ.name)
		return true
	case !w.x.allowed(f):
		return w.denied(f)
	case strings.HasPrefix(f.def.name, "__"):
		return w.introspect(f)
	case f.def.resolver == nil || w.x.refused != nil || w.mute:
		return w.value(f, f.def.typ, value, fr)
	}
	w.holes = append(w.holes, &hole{at: len(w.buf), f: f, source: source, path: slices.Clone(w.path), around: fr})
	return true
}
