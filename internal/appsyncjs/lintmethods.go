package appsyncjs

import (
	"slices"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/token"
)

// deniedMethods are not implemented by AppSync. Object.x stands for a function
// of the Object constructor, the others for methods of values.
var deniedMethods = map[string][]string{
	"Array": {"copyWithin", "entries", "group", "groupToMap", "keys", "toLocaleString", "toString", "values"},
	"ObjectConstructor": {"create", "defineProperties", "defineProperty", "freeze", "getOwnPropertyDescriptor", "getOwnPropertyDescriptors",
		"getOwnPropertyNames", "getOwnPropertySymbols", "getPrototypeOf", "hasOwnProperty", "is", "isExtensible", "isFrozen", "isPrototypeOf",
		"isSealed", "preventExtensions", "propertyIsEnumerable", "seal", "setPrototypeOf", "toLocaleString", "toString", "valueOf"},
	"String": {"charCodeAt", "localeCompare", "matchAll", "padEnd", "padStart", "repeat", "search", "toLocaleLowerCase", "toLocaleUpperCase", "valueOf"},
	// The plugin lists these under other names than TypeScript has for them,
	// and so never finds them.
	"ArrayConstructor":  {"from", "of"},
	"StringConstructor": {"fromCharCode", "fromCodePoint", "raw"},
	"Date": {"setDate", "setFullYear", "setHours", "setMilliseconds", "setMinutes", "setMonth", "setSeconds", "setTime", "setUTCDate",
		"setUTCFullYear", "setUTCHours", "setUTCMilliseconds", "setUTCMinutes", "setUTCMonth", "setUTCSeconds", "setYear", "toGMTString",
		"toLocaleDateString", "toLocaleString", "toLocaleTimeString"},
}

// makes says what kind of value a method gives.
var makes = map[string]map[string]string{
	"String": {"charAt": "String", "concat": "String", "replace": "String", "replaceAll": "String", "slice": "String", "split": "Array",
		"substring": "String", "substr": "String", "toLowerCase": "String", "toUpperCase": "String", "trim": "String", "trimEnd": "String", "trimStart": "String", "toString": "String"},
	"Array": {"concat": "Array", "fill": "Array", "filter": "Array", "flat": "Array", "flatMap": "Array", "join": "String", "map": "Array",
		"reverse": "Array", "slice": "Array", "sort": "Array", "splice": "Array"},
	"ObjectConstructor": {"keys": "Array", "values": "Array", "entries": "Array"},
	"JSONObject":        {"stringify": "String"},
}

func (l *linter) checkMethod(n *ast.CallExpression, method *ast.DotExpression) {
	kind := l.kindOf(method.Left)
	if slices.Contains(deniedMethods[kind], string(method.Identifier.Name)) {
		l.report(n, ruleMethods, "Method %s.%s is not implemented", kind, method.Identifier.Name)
	}
}

// kindOf is what kind of value an expression surely has; empty if that cannot be
// seen.
func (l *linter) kindOf(e ast.Expression) string { return l.kindWithin(e, 8) }

func (l *linter) kindWithin(e ast.Expression, depth int) string {
	if depth == 0 {
		return ""
	}
	switch e := unchained(e).(type) {
	case *ast.StringLiteral:
		return "String"
	case *ast.TemplateLiteral:
		if e.Tag == nil {
			return "String"
		}
	case *ast.ArrayLiteral:
		return "Array"
	case *ast.BinaryExpression:
		if e.Operator == token.PLUS && (l.kindWithin(e.Left, depth-1) == "String" || l.kindWithin(e.Right, depth-1) == "String") {
			return "String"
		}
	case *ast.NewExpression:
		return l.constructed(e.Callee)
	case *ast.CallExpression:
		return l.kindOfCall(e, depth)
	case *ast.Identifier:
		return l.kindOfName(string(e.Name), depth)
	}
	return ""
}

func (l *linter) constructed(callee ast.Expression) string {
	if name, ok := callee.(*ast.Identifier); ok && l.scope.find(string(name.Name)) == nil {
		switch name.Name {
		case "Date", "Array", "String":
			return string(name.Name)
		}
	}
	return ""
}

func (l *linter) kindOfCall(e *ast.CallExpression, depth int) string {
	switch callee := unchained(e.Callee).(type) {
	case *ast.DotExpression:
		return makes[l.kindWithin(callee.Left, depth-1)][string(callee.Identifier.Name)]
	case *ast.Identifier:
		if kind := l.constructed(callee); kind != "Date" {
			return kind
		}
		return "String"
	}
	return ""
}

func (l *linter) kindOfName(name string, depth int) string {
	if b := l.scope.find(name); b != nil {
		if b.init != nil {
			return l.kindWithin(b.init, depth-1)
		}
		return ""
	}
	switch name {
	case "Object", "Array", "String":
		return name + "Constructor"
	case "JSON":
		return "JSONObject"
	}
	return ""
}
