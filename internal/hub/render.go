package hub

import "math/bits"

const fewViews = 8 // a search finds these sooner than a map

// view is what has been rendered for one view.
type view[V comparable] struct {
	view V
	done uint64 // which events, a bit each
	some uint64 // which gave something
}

// rendered is what a view gets of the events.
func (w *work[T, V, E]) rendered(of V, events uint64) [][]byte {
	at := w.view(of)
	texts := w.texts[at*len(w.batch):][:len(w.batch)]
	v := &w.views[at]
	for todo := events &^ v.done; todo != 0; todo &= todo - 1 {
		i := bits.TrailingZeros64(todo)
		v.done |= 1 << i
		if texts[i] = w.t.o.Render(of, w.batch[i]); texts[i] != nil {
			v.some |= 1 << i
		}
	}
	events &= v.some
	if events == w.full() {
		return texts
	}
	w.some = w.some[:0]
	for ; events != 0; events &= events - 1 {
		w.some = append(w.some, texts[bits.TrailingZeros64(events)])
	}
	return w.some
}

// view finds a view in w.views, or puts it there. Neighbours have the same one
// as a rule.
func (w *work[T, V, E]) view(v V) int {
	n := len(w.views)
	if n > 0 && w.views[n-1].view == v {
		return n - 1
	}
	if n <= fewViews {
		for i := range w.views {
			if w.views[i].view == v {
				return i
			}
		}
	} else if i, ok := w.index[v]; ok {
		return i
	}
	w.views = append(w.views, view[V]{view: v})
	w.texts = append(w.texts, make([][]byte, len(w.batch))...)
	if n == fewViews {
		for i := range w.views {
			w.index[w.views[i].view] = i
		}
	} else if n > fewViews {
		w.index[v] = n
	}
	return n
}
