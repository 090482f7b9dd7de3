package library

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// requestFunctions are the functions of the module @aws-appsync/utils/dynamodb.
// Each makes the request document of one operation from plain values.
var requestFunctions = []function{
	{"get", 1, requestOf("GetItem", getItem)},
	{"put", 1, requestOf("PutItem", putItem)},
	{"remove", 1, requestOf("DeleteItem", deleteItem)},
	{"update", 1, requestOf("UpdateItem", updateItem)},
	{"query", 1, requestOf("Query", queryItems)},
	{"scan", 1, requestOf("Scan", scanItems)},
	{"sync", 1, requestOf("Sync", syncItems)},
	{"batchGet", 1, requestOf("BatchGetItem", batchGet)},
	{"batchPut", 1, requestOf("BatchPutItem", batchPut)},
	{"batchDelete", 1, requestOf("BatchDeleteItem", batchPut)},
	{"transactGet", 1, requestOf("TransactGetItems", transactGet)},
	{"transactWrite", 1, requestOf("TransactWriteItems", transactWrite)},
	{"toStringSet", 1, func(l *library, a arguments) goja.Value { return l.set("SS", a.at(0), (*library).stringValue) }},
	{"toNumberSet", 1, func(l *library, a arguments) goja.Value { return l.set("NS", a.at(0), (*library).numberValue) }},
	{"toBinarySet", 1, func(l *library, a arguments) goja.Value { return l.set("BS", a.at(0), (*library).stringValue) }},
}

// request is the input of one function, and the document that it makes.
type request struct {
	l      *library
	who    string // the operation, for messages
	input  *goja.Object
	output *goja.Object
}

func requestOf(operation string, fill func(*request)) func(*library, arguments) goja.Value {
	return func(l *library, a arguments) goja.Value {
		r := &request{l: l, who: operation, input: a.plain(0), output: l.vm.NewObject()}
		switch {
		case r.input == nil && a.null(0):
			r.input = l.vm.NewObject()
		case r.input == nil:
			l.throw("%s takes an object, not %s", operation, kindOf(a.at(0)))
		}
		r.set("operation", l.string(operation))
		fill(r)
		return r.output
	}
}

// set sets a member of the document; absent ones are left out.
func (r *request) set(name string, v goja.Value) {
	if v != nil && !isNull(v) {
		r.l.put(r.output, name, v)
	}
}

// copy takes optional members over as they are.
func (r *request) copy(names ...string) {
	for _, n := range names {
		r.set(n, r.input.Get(n))
	}
}

// values are a member's members as DynamoDB values.
func (r *request) values(name string) goja.Value {
	v := r.input.Get(name)
	o := plainObject(v)
	if o == nil {
		r.l.throw("%s: %s must be an object, not %s", r.who, name, kindOf(v))
	}
	return r.l.typedMembers(o, 0)
}

func getItem(r *request) {
	r.set("key", r.values("key"))
	r.copy("consistentRead")
	r.projection()
}

func putItem(r *request) {
	r.set("key", r.values("key"))
	r.set("attributeValues", r.values("item"))
	r.write()
}

func deleteItem(r *request) {
	r.set("key", r.values("key"))
	r.write()
}

func updateItem(r *request) {
	r.set("key", r.values("key"))
	r.set("update", r.update())
	r.write()
}

// write are the options of whatever changes one item.
func (r *request) write() {
	r.set("condition", r.expression("condition"))
	r.copy("_version", "customPartitionKey", "populateIndexFields")
}

func queryItems(r *request) {
	condition := r.expression("query")
	if condition == nil {
		r.l.throw("Query: query must be an object of key conditions, like {id: {eq: \"1\"}}")
	}
	r.set("query", condition)
	r.copy("index", "limit", "nextToken", "consistentRead", "scanIndexForward", "select")
	r.set("filter", r.expression("filter"))
	r.projection()
}

func scanItems(r *request) {
	r.copy("index", "limit", "nextToken", "consistentRead", "totalSegments", "segment", "scanIndexForward", "select")
	r.set("filter", r.expression("filter"))
	r.projection()
}

func syncItems(r *request) {
	r.copy("basePartitionKey", "deltaIndexName", "limit", "nextToken", "lastSync")
	r.set("filter", r.expression("filter"))
}

// expression turns a filter object into {expression, expressionNames} and, when
// it binds values, expressionValues. It fails for one that it cannot turn into
// that: without it, a request would do more than was meant.
func (r *request) expression(name string) goja.Value {
	v := r.input.Get(name)
	if isNull(v) {
		return nil
	}
	e := r.l.condition(v)
	if e == nil {
		r.l.throw("%s: %s has an operator or an operand that is none", r.who, name)
	}
	o := r.l.object(entry{"expression", r.l.string(string(e.text))}, entry{"expressionNames", e.names})
	if len(e.values.Keys()) > 0 {
		r.l.put(o, "expressionValues", e.values)
	}
	return o
}

// projection gives every part of every path a name, one per part.
func (r *request) projection() {
	paths, ok := r.l.list(r.input.Get("projection"))
	if !ok || len(paths) == 0 {
		return
	}
	names := placeholders{l: r.l, prefix: "#expName_"}
	written := make([]string, len(paths))
	for i, p := range paths {
		written[i] = names.path(strings.Split(r.l.text(p), "."))
	}
	r.l.grow(40 * len(paths))
	r.set("projection", r.l.object(
		entry{"expression", r.l.string(strings.Join(written, ", "))}, entry{"expressionNames", names.object()}))
}

// placeholders number the names of an expression: #expName_1 and so on, one for
// each name however often it comes.
type placeholders struct {
	l      *library
	prefix string
	index  map[string]string
	order  []entry
}

func (p *placeholders) of(name string) string {
	if placeholder, ok := p.index[name]; ok {
		return placeholder
	}
	if p.index == nil {
		p.index = map[string]string{}
	}
	placeholder := p.prefix + strconv.Itoa(len(p.order)+1)
	p.l.grow(len(name) + 2*len(placeholder))
	p.index[name] = placeholder
	p.order = append(p.order, entry{placeholder, p.l.string(name)})
	return placeholder
}

// path names the parts of an attribute path; indexes in brackets stay as they are.
// All else is a name, whatever is in it: keys may be a client's.
func (p *placeholders) path(parts []string) string {
	named := make([]string, len(parts))
	for i, part := range parts {
		name, index := part, ""
		if at := strings.IndexByte(part, '['); at > 0 && indexes(part[at:]) {
			name, index = part[:at], part[at:]
		}
		named[i] = p.of(name) + index
	}
	p.l.grow(16 * len(parts))
	return strings.Join(named, ".")
}

// indexes says whether a text is [1] or [1][2] and so on.
func indexes(text string) bool {
	for text != "" {
		digits, rest, ok := strings.Cut(strings.TrimPrefix(text, "["), "]")
		if text[0] != '[' || !ok || digits == "" || strings.Trim(digits, "0123456789") != "" {
			return false
		}
		text = rest
	}
	return true
}

func (p *placeholders) object() *goja.Object { return p.l.object(p.order...) }
