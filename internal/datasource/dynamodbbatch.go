package datasource

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// tables are the tables of a batch operation, by name.
func tables[T any](c *call) (map[string]T, *Failure) {
	var list map[string]T
	if err := json.Unmarshal(orNull(c.d.Tables), &list); err != nil || len(list) == 0 {
		return nil, &Failure{Type: badTemplate, Message: "the operation " + c.d.Operation + " needs tables, an object by the names of tables, in their form"}
	}
	return list, nil
}

type batchKeys struct {
	Keys       []item      `json:"keys"`
	Consistent bool        `json:"consistentRead"`
	Projection *expression `json:"projection"`
}

// batchGet gives the items of each table in the order of the keys, null for
// those that are not there.
func (c *call) batchGet() (json.RawMessage, *Failure) {
	wanted, f := tables[batchKeys](c)
	if f != nil {
		return null, f
	}
	request := map[string]parameters{}
	for table, w := range wanted {
		p := parameters{"Keys": w.Keys}
		if w.Consistent {
			p["ConsistentRead"] = true
		}
		if f := p.add("ProjectionExpression", w.withKeys()); f != nil {
			return null, f
		}
		request[table] = p
	}
	var out struct {
		Responses       map[string][]json.RawMessage
		UnprocessedKeys map[string]struct{ Keys []json.RawMessage }
	}
	if f := c.send("BatchGetItem", parameters{"RequestItems": request}, &out); f != nil {
		return null, f
	}
	data, left := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for table, w := range wanted {
		if data[table], f = c.list(w.without(inOrder(w.Keys, out.Responses[table]))); f != nil {
			return null, f
		}
		if left[table], f = c.list(out.UnprocessedKeys[table].Keys); f != nil {
			return null, f
		}
	}
	return c.object(map[string]any{"data": data, "unprocessedKeys": left})
}

// hidden are the attributes of the keys that the projection leaves out.
func (b *batchKeys) hidden() []string {
	if b.Projection == nil || b.Projection.Expression == "" || len(b.Keys) == 0 {
		return nil
	}
	shown := make(map[string]bool)
	for path := range strings.SplitSeq(b.Projection.Expression, ",") {
		name := strings.TrimSpace(path)
		shown[cmp.Or(b.Projection.Names[name], name)] = true
	}
	names := slices.Sorted(maps.Keys(b.Keys[0]))
	return slices.DeleteFunc(names, func(name string) bool { return shown[name] })
}

// withKeys is the projection with the keys, by which items are told apart.
func (b *batchKeys) withKeys() *expression {
	hidden := b.hidden()
	if len(hidden) == 0 {
		return b.Projection
	}
	e := &expression{Expression: b.Projection.Expression, Names: maps.Clone(b.Projection.Names), Values: b.Projection.Values}
	if e.Names == nil {
		e.Names = make(map[string]string)
	}
	for i, name := range hidden {
		placeholder := fmt.Sprintf("#tidewireKey%d", i)
		e.Expression += ", " + placeholder
		e.Names[placeholder] = name
	}
	return e
}

// without takes the attributes out that withKeys has added.
func (b *batchKeys) without(items []json.RawMessage) []json.RawMessage {
	hidden := b.hidden()
	for i, one := range items {
		var attributes map[string]json.RawMessage
		if len(hidden) == 0 || json.Unmarshal(one, &attributes) != nil {
			continue
		}
		for _, name := range hidden {
			delete(attributes, name)
		}
		if text, err := json.Marshal(attributes); err == nil { // it always is
			items[i] = text
		}
	}
	return items
}

// inOrder puts items, which come in any order, in that of the keys.
func inOrder(keys []item, items []json.RawMessage) []json.RawMessage {
	decoded := make([]item, len(items))
	for i, one := range items {
		_ = json.Unmarshal(one, &decoded[i]) // what is no item matches no key
	}
	list := make([]json.RawMessage, len(keys))
	for i, key := range keys {
		for j, have := range decoded {
			if holds(have, key) {
				list[i] = items[j]
			}
		}
	}
	return list
}

func holds(have, key item) bool {
	for name, value := range key {
		if !sameValue(have[name], value) {
			return false
		}
	}
	return len(have) > 0
}

func (c *call) batchPut() (json.RawMessage, *Failure) {
	return c.batchWrite("PutRequest", "Item", "unprocessedItems")
}

func (c *call) batchDelete() (json.RawMessage, *Failure) {
	return c.batchWrite("DeleteRequest", "Key", "unprocessedKeys")
}

// batchWrite gives what was written (items, or keys), and what DynamoDB left
// undone.
func (c *call) batchWrite(request, member, unprocessed string) (json.RawMessage, *Failure) {
	list, f := tables[[]item](c)
	if f != nil {
		return null, f
	}
	writes := map[string][]any{}
	for table, items := range list {
		for _, one := range items {
			writes[table] = append(writes[table], map[string]any{request: map[string]any{member: one}})
		}
	}
	var out struct {
		UnprocessedItems map[string][]map[string]map[string]json.RawMessage
	}
	if f := c.send("BatchWriteItem", parameters{"RequestItems": writes}, &out); f != nil {
		return null, f
	}
	data, left := map[string]json.RawMessage{}, map[string]json.RawMessage{}
	for table, items := range list {
		written := make([]json.RawMessage, len(items))
		for i := range items {
			if written[i], f = c.object(items[i]); f != nil {
				return null, f
			}
		}
		if data[table], f = c.list(written); f != nil {
			return null, f
		}
		var undone []json.RawMessage
		for _, w := range out.UnprocessedItems[table] {
			undone = append(undone, w[request][member])
		}
		if left[table], f = c.list(undone); f != nil {
			return null, f
		}
	}
	return c.object(map[string]any{"data": data, unprocessed: left})
}
