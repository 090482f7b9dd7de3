package library

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

var xmlFunctions = []function{
	{"toMap", 1, xmlToMap},
	{"toJsonString", 2, xmlToJSONString},
}

func xmlToMap(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	return l.xml(a.text(0))
}

// xmlToJSONString gives JSON, or that JSON as a JSON string again.
func xmlToJSONString(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	text := string(l.encode(l.xml(a.text(0))))
	if a.at(1).ToBoolean() {
		l.grow(2 * len(text))
		text = string(appendString(nil, text))
	}
	return l.string(text)
}

func (l *library) xml(text string) goja.Value {
	root, err := parseXML(text, l.grow)
	if err != nil {
		l.throw("util.xml: %v", err)
	}
	return l.element(root)
}

// element turns a parsed element into values: text alone stands for itself.
func (l *library) element(n *node) goja.Value {
	o := l.vm.NewObject()
	for _, name := range n.order {
		values := n.members[name]
		converted := make([]goja.Value, len(values))
		for i, v := range values {
			converted[i] = l.content(v)
		}
		if len(converted) == 1 {
			l.put(o, name, converted[0])
		} else {
			l.put(o, name, l.array(converted))
		}
	}
	return o
}

func (l *library) content(v any) goja.Value {
	switch v := v.(type) {
	case *node:
		return l.element(v)
	case string:
		return l.word(v)
	case raw:
		return l.string(string(v))
	}
	return goja.Null()
}

// word is text as the JSON value that it looks like, as org.json reads XML:
// true, false and null in any case, and numbers without leading zeros.
func (l *library) word(s string) goja.Value {
	switch {
	case strings.EqualFold(s, "true"):
		return l.vm.ToValue(true)
	case strings.EqualFold(s, "false"):
		return l.vm.ToValue(false)
	case strings.EqualFold(s, "null"):
		return goja.Null()
	}
	if f, ok := plainNumber(s); ok {
		return l.vm.ToValue(f)
	}
	return l.string(s)
}

func plainNumber(s string) (float64, bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || digits[0] < '0' || digits[0] > '9' || strings.ContainsAny(digits, "xXpP_iInN") {
		return 0, false
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9' {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}
