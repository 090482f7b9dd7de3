package appsyncjs

import (
	"slices"

	"github.com/dop251/goja"
)

// contextObject is ctx: its members are made when they are asked for. It can be
// read only; what its members hold can be changed.
type contextObject struct {
	w    *worker
	call *Call

	arguments, identity, source, stash, result, prev, request, info, failed, env, outErrors goja.Value
	extra                                                                                   map[string]goja.Value
}

var contextKeys = []string{"arguments", "args", "identity", "source", "stash", "result", "prev", "request", "info", "error", "env", "outErrors"}

// Keys lists the members.
func (c *contextObject) Keys() []string {
	keys := contextKeys
	if len(c.call.Extra) == 0 {
		return keys
	}
	keys = slices.Clone(keys)
	for name := range c.call.Extra {
		if !slices.Contains(contextKeys, name) {
			keys = append(keys, name)
		}
	}
	slices.Sort(keys[len(contextKeys):])
	return keys
}

// Has tells whether there is such a member.
func (c *contextObject) Has(key string) bool {
	return slices.Contains(contextKeys, key) || c.call.Extra[key] != nil
}

// Set and Delete refuse.
func (c *contextObject) Set(string, goja.Value) bool { return false }

// Delete refuses.
func (c *contextObject) Delete(key string) bool { return !c.Has(key) }

// Get gives a member; nil if there is none.
func (c *contextObject) Get(key string) goja.Value {
	if raw, ok := c.call.Extra[key]; ok {
		return c.another(key, raw)
	}
	place := c.place(key)
	if place == nil {
		return nil
	}
	if *place == nil {
		*place = c.make(key)
	}
	return *place
}

func (c *contextObject) another(key string, raw rawJSON) goja.Value {
	v, ok := c.extra[key]
	if !ok {
		v = c.w.mustDecode(raw)
		if c.extra == nil {
			c.extra = make(map[string]goja.Value)
		}
		c.extra[key] = v
	}
	return v
}

// place is where a member is kept.
func (c *contextObject) place(key string) *goja.Value {
	switch key {
	case "arguments", "args":
		return &c.arguments
	case "identity":
		return &c.identity
	case "source":
		return &c.source
	case "stash":
		return &c.stash
	case "result":
		return &c.result
	case "prev":
		return &c.prev
	case "request":
		return &c.request
	case "info":
		return &c.info
	case "error":
		return &c.failed
	case "env":
		return &c.env
	case "outErrors":
		return &c.outErrors
	}
	return nil
}

func (c *contextObject) make(key string) goja.Value {
	switch key {
	case "arguments", "args":
		return c.w.mustDecode(c.call.Arguments)
	case "identity":
		return c.w.mustDecode(c.call.Identity)
	case "source":
		return c.w.mustDecode(c.call.Source)
	case "stash":
		return c.w.mustDecode(orEmpty(c.call.Stash))
	case "result":
		return c.w.mustDecode(c.call.Result)
	case "prev":
		return c.makePrev()
	case "request":
		return c.makeRequest()
	case "info":
		return c.makeInfo()
	case "error":
		return c.makeError()
	case "env":
		return c.w.mustDecode(orEmpty(c.call.Env))
	}
	return c.makeOutErrors()
}

// mustDecode makes a value, or throws.
func (w *worker) mustDecode(raw rawJSON) goja.Value {
	v, err := w.decode(raw)
	if err != nil {
		panic(w.vm.NewTypeError("a member of ctx: " + err.Error()))
	}
	return v
}

func (c *contextObject) makePrev() goja.Value {
	if c.call.Prev == nil {
		return goja.Null()
	}
	return c.w.newObject("result", c.w.mustDecode(c.call.Prev))
}

func (c *contextObject) makeRequest() goja.Value {
	domain := goja.Null()
	if c.call.DomainName != nil {
		domain = c.w.vm.ToValue(*c.call.DomainName)
	}
	return c.w.newObject("headers", c.w.mustDecode(orEmpty(c.call.Headers)), "domainName", domain)
}

func (c *contextObject) makeError() goja.Value {
	f := c.call.Error
	if f == nil {
		return goja.Null()
	}
	return c.w.newObject("message", f.Message, "type", f.Type)
}

// makeOutErrors lists the errors so far, with those of this call.
func (c *contextObject) makeOutErrors() goja.Value {
	var items []any
	if before, ok := c.w.mustDecode(c.call.OutErrors).(*goja.Object); ok {
		c.w.vm.ForOf(before, func(v goja.Value) bool {
			items = append(items, v)
			return true
		})
	}
	for _, f := range c.w.out.Appended {
		item := c.w.newObject("message", f.Message, "type", orNull(c.w, f.Type))
		if f.Data != nil {
			c.w.set(item, "data", c.w.mustDecode(f.Data))
		}
		if f.Info != nil {
			c.w.set(item, "errorInfo", c.w.mustDecode(f.Info))
		}
		items = append(items, item)
	}
	return c.w.vm.NewArray(items...)
}

func orNull(w *worker, text string) goja.Value {
	if text == "" {
		return goja.Null()
	}
	return w.vm.ToValue(text)
}

// makeInfo makes ctx.info: the selection is hidden from JSON.stringify.
func (c *contextObject) makeInfo() goja.Value {
	i := c.call.Info
	if i == nil {
		return goja.Null()
	}
	info := c.w.newObject("fieldName", i.FieldName, "parentTypeName", i.ParentTypeName, "variables", c.w.mustDecode(orEmpty(i.Variables)))
	paths := make([]any, len(i.SelectionSetList))
	for n, path := range i.SelectionSetList {
		paths[n] = path
	}
	c.w.hide(info, "selectionSetList", c.w.vm.NewArray(paths...))
	c.w.hide(info, "selectionSetGraphQL", c.w.vm.ToValue(i.SelectionSetGraphQL))
	return info
}

func (w *worker) hide(o *goja.Object, name string, v goja.Value) {
	if err := o.DefineDataProperty(name, v, goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_FALSE); err != nil {
		panic(err)
	}
}

// newObject makes an object of names and values.
func (w *worker) newObject(members ...any) *goja.Object {
	o := w.vm.NewObject()
	for i := 0; i+1 < len(members); i += 2 {
		w.set(o, members[i].(string), members[i+1])
	}
	return o
}

func (w *worker) set(o *goja.Object, name string, v any) {
	if err := o.Set(name, v); err != nil {
		panic(err)
	}
}
