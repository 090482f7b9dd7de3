package graphqlapi

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
)

// view is what a subscription shows of an event: a selection with its @skip
// and @include decided, and which of its fields the subscriber may not have.
// Subscriptions with equal views get the same bytes.
type view struct {
	plan *plan
	// denied are the numbers of those fields, in the order in which a sight
	// comes to them, as varints; empty: it may have all.
	denied string
}

// maxSight bounds the fields that are looked at for one subscription. Types
// that have many kinds multiply them.
const maxSight = 20_000

var errSight = errors.New("The selection of the subscription is too large.") //nolint:staticcheck // a message for clients, in AppSync's style

// sight walks over all fields that a selection may show, in an order that
// depends on nothing but who may see which.
type sight struct {
	n    int
	look func(f *field, n int) (allowed bool)
}

// field looks at a field and, if it is allowed, at what is selected below it.
func (s *sight) field(f *field) {
	if f.def == nil || s.n >= maxSight {
		return
	}
	s.n++
	if s.look(f, s.n) {
		s.below(f)
	}
}

// below looks at what is selected of the objects that a field may have.
func (s *sight) below(f *field) {
	t := f.def.typ.named
	for _, name := range slices.Sorted(maps.Keys(t.concrete)) {
		for _, sub := range f.object(t.concrete[name]).fields {
			s.field(sub)
		}
	}
}

// view finds what the caller may see of a subscription field.
func (x *execution) view(f *field) (view, error) {
	var denied []byte
	s := sight{look: func(f *field, n int) bool {
		if x.allowed(f) {
			return true
		}
		denied = binary.AppendUvarint(denied, uint64(n))
		return false
	}}
	s.below(f)
	if s.n >= maxSight {
		return view{}, errSight
	}
	return view{plan: f.plan, denied: string(denied)}, nil
}

// refusals are the fields that a view leaves out.
func (v view) refusals() map[*field]bool {
	refused := make(map[*field]bool)
	left := []byte(v.denied)
	s := sight{look: func(f *field, n int) bool {
		if next, size := binary.Uvarint(left); size <= 0 || next != uint64(n) {
			return true
		}
		_, size := binary.Uvarint(left)
		left = left[size:]
		refused[f] = true
		return false
	}}
	if v.denied != "" {
		s.below(v.plan.root.fields[0])
	}
	return refused
}

// render is the payload of a data message for one view of an event: what both
// the subscriber and the mutation have selected. Nothing is resolved. nil: it is
// too large.
func (rt *realtime) render(v view, e json.RawMessage) []byte {
	f := v.plan.root.fields[0]
	x := &execution{api: rt.api, op: v.plan.op, run: &Run{}, ctx: context.Background(), room: 2 * maxPayload, refused: v.refusals()}
	w := writer{x: x, buf: make([]byte, 0, len(e)+len(f.head)+32), path: []Segment{{Key: f.key}}}
	w.buf = append(append(w.buf, `{"data":{`...), f.head...)
	if w.value(f, f.def.typ, e, nil) {
		w.buf = append(w.buf, '}')
	} else {
		w.buf = append(w.buf[:0], `{"data":null`...)
	}
	if len(x.errors) > 0 {
		sortErrors(x.errors)
		w.buf = appendErrors(append(w.buf, ','), x.errors)
	}
	w.buf = append(w.buf, '}')
	if x.full.Load() || len(w.buf) > maxPayload {
		rt.stats.add(TooLarge)
		rt.api.o.Log.Warn("a payload was dropped: subscribers get at most 240 KB", slog.String("api", rt.api.o.API.LogicalID),
			slog.String("subscription", f.def.name), slog.Int("bytes", len(w.buf)))
		return nil
	}
	return w.buf
}
