package library

import "github.com/dop251/goja"

// tables calls each for every table of the input.
func (r *request) tables(each func(table string, v goja.Value) goja.Value) {
	v := r.input.Get("tables")
	tables := plainObject(v)
	if tables == nil {
		r.l.throw("%s: tables must be an object, not %s", r.who, kindOf(v))
	}
	result := r.l.vm.NewObject()
	for _, t := range r.l.entries(tables) {
		r.l.put(result, t.key, each(t.key, t.value))
	}
	r.set("tables", result)
}

// items are a list of objects as DynamoDB values.
func (r *request) items(what string, v goja.Value) goja.Value {
	elements, ok := r.l.list(v)
	if !ok {
		r.l.throw("%s: %s must be an array, not %s", r.who, what, kindOf(v))
	}
	for i, e := range elements {
		o := plainObject(e)
		if o == nil {
			r.l.throw("%s: %s must hold objects, not %s", r.who, what, kindOf(e))
		}
		elements[i] = r.l.typedMembers(o, 0)
	}
	return r.l.array(elements)
}

func batchGet(r *request) {
	r.tables(func(table string, v goja.Value) goja.Value {
		inner := r.nested(v, "the keys of "+table)
		inner.set("keys", inner.items("the keys of "+table, inner.input.Get("keys")))
		inner.copy("consistentRead")
		inner.projection()
		return inner.output
	})
}

// batchPut is batchDelete too: a list of items or of keys per table.
func batchPut(r *request) {
	r.tables(func(table string, v goja.Value) goja.Value { return r.items(table, v) })
}

// nested is a request inside a request.
func (r *request) nested(v goja.Value, what string) *request {
	o := plainObject(v)
	if o == nil {
		r.l.throw("%s: %s must be an object, not %s", r.who, what, kindOf(v))
	}
	return &request{l: r.l, who: r.who, input: o, output: r.l.vm.NewObject()}
}

func transactGet(r *request) {
	r.transaction(func(v goja.Value) goja.Value {
		inner := r.nested(v, "an item")
		inner.copy("table")
		inner.set("key", inner.values("key"))
		inner.projection()
		return inner.output
	})
}

func (r *request) transaction(each func(goja.Value) goja.Value) {
	v := r.input.Get("items")
	items, ok := r.l.list(v)
	if !ok {
		r.l.throw("%s: items must be an array, not %s", r.who, kindOf(v))
	}
	for i, item := range items {
		items[i] = each(item)
	}
	r.set("transactItems", r.l.array(items))
}

// writes are the members of a transaction's item, with the operation of each.
var writes = [...]struct {
	member, operation string
	fill              func(*request)
}{
	{"putItem", "PutItem", putItem},
	{"updateItem", "UpdateItem", updateItem},
	{"deleteItem", "DeleteItem", deleteItem},
	{"conditionCheck", "ConditionCheck", deleteItem},
}

func transactWrite(r *request) {
	r.transaction(func(v goja.Value) goja.Value {
		item := r.nested(v, "an item")
		for _, w := range writes {
			if inner := item.input.Get(w.member); !isNull(inner) {
				return item.transactItem(inner, w.operation, w.fill)
			}
		}
		r.l.throw("TransactWriteItems: an item must have putItem, updateItem, deleteItem or conditionCheck")
		return nil
	})
}

func (r *request) transactItem(v goja.Value, operation string, fill func(*request)) goja.Value {
	inner := r.nested(v, "an item")
	inner.copy("table")
	inner.set("operation", r.l.string(operation))
	fill(inner)
	return inner.output
}
