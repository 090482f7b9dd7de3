package appsyncjs

import (
	"slices"
	"strconv"

	"github.com/dop251/goja"
)

// flat is Array.prototype.flat.
func (w *worker) flat(call goja.FunctionCall) goja.Value {
	depth := int64(1)
	if v := call.Argument(0); !goja.IsUndefined(v) {
		depth = v.ToInteger()
	}
	var items []any
	w.flatten(w.array(call.This), depth, &items)
	return w.vm.NewArray(items...)
}

func (w *worker) flatten(o *goja.Object, depth int64, items *[]any) {
	defer w.deeper()()
	for i := range w.length(o) {
		w.checkpoint()
		if v := o.Get(strconv.Itoa(i)); v != nil { // no hole
			w.flattenItem(v, depth, items)
		}
	}
}

// flattenItem takes the elements of an array, or what is none.
func (w *worker) flattenItem(v goja.Value, depth int64, items *[]any) {
	if inner, ok := v.(*goja.Object); ok && depth > 0 && inner.ClassName() == "Array" {
		w.flatten(inner, depth-1, items)
		return
	}
	w.grow(32)
	*items = append(*items, v)
}

// flatMap is Array.prototype.flatMap.
func (w *worker) flatMap(call goja.FunctionCall) goja.Value {
	defer w.deeper()()
	o := w.array(call.This)
	f, ok := goja.AssertFunction(call.Argument(0))
	if !ok {
		panic(w.vm.NewTypeError("flatMap takes a function"))
	}
	var items []any
	for i := range w.length(o) {
		w.checkpoint()
		v := o.Get(strconv.Itoa(i))
		if v == nil {
			continue
		}
		v, err := f(call.Argument(1), v, w.vm.ToValue(i), o)
		if err != nil {
			panic(err)
		}
		w.flattenItem(v, 1, &items)
	}
	return w.vm.NewArray(items...)
}

// sortItem is an element to sort, with its text.
type sortItem struct {
	value goja.Value
	text  goja.String
}

// sort is Array.prototype.sort. AppSync sorts by text only.
func (w *worker) sort(call goja.FunctionCall) goja.Value {
	o := w.array(call.This)
	if !goja.IsUndefined(call.Argument(0)) {
		panic(w.vm.NewTypeError("Array.sort takes no function"))
	}
	n := w.length(o)
	w.grow(32 * n)
	items, undefined := w.sortItems(o, n)
	slices.SortStableFunc(items, func(a, b sortItem) int {
		w.checkpoint()
		return a.text.CompareTo(b.text)
	})
	for i, item := range items {
		w.set(o, strconv.Itoa(i), item.value)
	}
	for i := len(items); i < n; i++ { // undefined comes last, then holes
		if i < len(items)+undefined {
			w.set(o, strconv.Itoa(i), goja.Undefined())
		} else if err := o.Delete(strconv.Itoa(i)); err != nil {
			panic(err)
		}
	}
	return o
}

func (w *worker) sortItems(o *goja.Object, n int) (items []sortItem, undefined int) {
	items = make([]sortItem, 0, n)
	for i := range n {
		w.checkpoint()
		switch v := o.Get(strconv.Itoa(i)); {
		case v == nil: // a hole
		case goja.IsUndefined(v):
			undefined++
		default:
			items = append(items, sortItem{v, w.text(v)})
		}
	}
	return items, undefined
}
