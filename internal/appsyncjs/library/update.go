package library

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// The marks by which update knows what operations.add and the others made.
const (
	opAdd        = "OPERATION_ADD"
	opRemove     = "OPERATION_REMOVE"
	opReplace    = "OPERATION_REPLACE"
	opIncrement  = "OPERATION_INCREMENT"
	opDecrement  = "OPERATION_DECREMENT"
	opAppend     = "OPERATION_APPEND"
	opPrepend    = "OPERATION_PREPEND"
	opUpdateItem = "OPERATION_UPDATE_LIST_ITEM"
)

var operationFunctions = []function{
	{"add", 1, operation(opAdd, "value")},
	{"remove", 0, operation(opRemove)},
	{"replace", 1, operation(opReplace, "value")},
	{"increment", 1, operation(opIncrement, "by")},
	{"decrement", 1, operation(opDecrement, "by")},
	{"append", 1, operation(opAppend, "items")},
	{"prepend", 1, operation(opPrepend, "items")},
	{"updateListItem", 2, operation(opUpdateItem, "value", "index")},
}

// operation makes {type, …}, with an argument for each further member.
func operation(mark string, members ...string) func(*library, arguments) goja.Value {
	return func(l *library, a arguments) goja.Value {
		o := l.object(entry{"type", l.string(mark)})
		for i, m := range members {
			l.put(o, m, a.at(i))
		}
		return o
	}
}

// updating is an update expression under construction: clauses of SET, then of
// REMOVE, with names and values numbered in the order in which they are written.
type updating struct {
	l       *library
	sets    []clause
	removes []clause
	names   placeholders
	values  []entry
}

// clause is one change of one attribute; path has more than one part inside a map.
type clause struct {
	path  []string
	mark  string
	value goja.Value
	index string // of the list's element, with brackets
}

func (r *request) update() goja.Value {
	v := r.input.Get("update")
	o := plainObject(v)
	if o == nil {
		r.l.throw("UpdateItem: update must be an object, not %s", kindOf(v))
	}
	u := &updating{l: r.l, names: placeholders{l: r.l, prefix: "#expName_"}}
	u.members(o, nil)
	text := u.text()
	return r.l.object(
		entry{"expression", r.l.string(text)},
		entry{"expressionNames", u.names.object()},
		entry{"expressionValues", r.l.object(u.values...)},
	)
}

func (u *updating) members(o *goja.Object, path []string) {
	u.l.descend(len(path))
	for _, m := range u.l.entries(o) {
		u.member(append(path[:len(path):len(path)], m.key), m.value)
	}
}

func (u *updating) member(path []string, v goja.Value) {
	u.l.grow(64 + 16*len(path))
	if items := u.listItems(v); items != nil {
		for _, item := range items {
			u.operation(path, item)
		}
		return
	}
	o := plainObject(v)
	switch {
	case o == nil:
		u.sets = append(u.sets, clause{path: path, mark: opReplace, value: v})
	case markOf(o) != "":
		u.operation(path, o)
	case len(o.Keys()) == 0:
		u.sets = append(u.sets, clause{path: path, mark: opReplace, value: v})
	default: // the keys of a map, each for itself
		u.members(o, path)
	}
}

// markOf is what kind of operation o is, "" if it is plain data.
func markOf(o *goja.Object) string {
	mark, ok := o.Get("type").(goja.String)
	if !ok {
		return ""
	}
	switch s := mark.String(); s {
	case opAdd, opRemove, opReplace, opIncrement, opDecrement, opAppend, opPrepend, opUpdateItem:
		return s
	}
	return ""
}

// listItems are the elements of an array of operations.updateListItem, nil if v
// is anything else.
func (u *updating) listItems(v goja.Value) []*goja.Object {
	elements, ok := u.l.list(v)
	if !ok {
		return nil
	}
	var items []*goja.Object
	for _, e := range elements {
		o := plainObject(e)
		if o == nil || markOf(o) != opUpdateItem {
			return nil
		}
		items = append(items, o)
	}
	return items
}

func (u *updating) operation(path []string, o *goja.Object) {
	c := clause{path: path, mark: markOf(o)}
	switch c.mark {
	case opRemove:
		u.removes = append(u.removes, c)
		return
	case opIncrement, opDecrement:
		c.value = u.step(o.Get("by"))
	case opAppend, opPrepend:
		c.value = o.Get("items")
	case opUpdateItem:
		c.value, c.index = o.Get("value"), u.elementIndex(o.Get("index"))
	default:
		c.value = o.Get("value")
	}
	u.sets = append(u.sets, c)
}

// step is one unless a number is given.
func (u *updating) step(by goja.Value) goja.Value {
	if isNull(by) {
		return u.l.vm.ToValue(1)
	}
	return u.l.numberValue(by)
}

func (u *updating) elementIndex(v goja.Value) string {
	f, ok := numberOf(v)
	if !ok || f < 0 || f != float64(int64(f)) {
		u.l.throw("operations.updateListItem: the index must be a whole number from 0, not %s", described(v))
	}
	return "[" + strconv.FormatInt(int64(f), 10) + "]"
}

func (u *updating) text() string {
	var parts []string
	if len(u.sets) > 0 {
		parts = append(parts, "SET "+u.list(u.sets, u.set))
	}
	if len(u.removes) > 0 {
		parts = append(parts, "REMOVE "+u.list(u.removes, func(c *clause) string { return u.names.path(c.path) }))
	}
	return strings.Join(parts, " ")
}

func (u *updating) list(clauses []clause, write func(*clause) string) string {
	written := make([]string, len(clauses))
	total := 0
	for i := range clauses {
		written[i] = write(&clauses[i])
		total += len(written[i]) + 2
	}
	u.l.grow(2 * total)
	return strings.Join(written, ", ")
}

func (u *updating) set(c *clause) string {
	name := u.names.path(c.path)
	value := u.bind(c.value)
	switch c.mark {
	case opIncrement:
		return name + " = " + name + " + " + value
	case opDecrement:
		return name + " = " + name + " - " + value
	case opAppend:
		return name + " = list_append(" + name + ", " + value + ")"
	case opPrepend:
		return name + " = list_append(" + value + ", " + name + ")"
	}
	return name + c.index + " = " + value
}

func (u *updating) bind(v goja.Value) string {
	name := ":expValue_" + strconv.Itoa(len(u.values)+1)
	u.values = append(u.values, entry{name, u.l.typed(v, 0)})
	return name
}
