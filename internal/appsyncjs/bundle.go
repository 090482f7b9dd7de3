package appsyncjs

import (
	"fmt"
	"regexp"
	"strings"
)

// bundle is a script with all that it imports, as one function that gives the
// exports.
type bundle struct {
	name    string // of the entry, for positions
	code    string
	lines   []int // where the lines of code begin
	mapping *sourceMap
	names   map[string]string // source of the mapping -> path for people
	exports []export
}

type export struct{ name, local string }

// The bundle's code stands on lines of its own, so that columns stay.
const (
	codeBefore = "(function () { \"use strict\";\n"
	codeAfter  = "})()"
	linesAdded = 1
)

var (
	// exportList is the one export statement of a bundle, always its end.
	exportList = regexp.MustCompile(`^export \{\n((?:  [^\n]+\n)+)\};\n*$`)
	// namespaceHelper is what esbuild puts first if a namespace is used as an
	// object. It needs Object.defineProperty, which AppSync lacks.
	namespaceHelper = "var __defProp = Object.defineProperty;\n" +
		"var __export = (target, all) => {\n  for (var name in all)\n    __defProp(target, name, { get: all[name], enumerable: true });\n};\n"
	// The same, as many lines.
	ownNamespaceHelper = "\nvar __export = " + hidden + ".namespace;\n\n\n\n"
)

// wrap makes a function of a bundle in ESM form.
func (b *bundle) wrap(code string) {
	if rest, ok := strings.CutPrefix(code, namespaceHelper); ok {
		code = ownNamespaceHelper + rest
	}
	returns := "return { __proto__: null, "
	start := strings.LastIndex("\n"+code, "\nexport {\n")
	if start < 0 {
		start = len(code)
	}
	if found := exportList.FindStringSubmatch(code[start:]); found != nil {
		for line := range strings.Lines(found[1]) {
			e := parseExport(line)
			b.exports = append(b.exports, e)
			returns += fmt.Sprintf("%q: %s, ", e.name, e.local)
		}
		code = code[:start]
	}
	b.code = codeBefore + code + "\n" + returns + "};\n" + codeAfter
	b.lines = []int{0}
	for i := range len(b.code) {
		if b.code[i] == '\n' {
			b.lines = append(b.lines, i+1)
		}
	}
}

// parseExport reads "  local as name,".
func parseExport(line string) export {
	line = strings.Trim(line, " ,\n")
	local, name, ok := strings.Cut(line, " as ")
	if !ok {
		name = local
	}
	return export{name: strings.Trim(name, `"`), local: local}
}

// original is where the author wrote what stands at a line and a column of the
// code, both from 0; ok is false for what the bundler wrote.
func (b *bundle) original(line, column int) (Position, bool) {
	source, at, ok := b.mapping.find(line-linesAdded, column)
	if !ok {
		return Position{File: b.name}, false
	}
	name, ok := b.names[source]
	return Position{File: name, Line: at.line + 1, Column: at.sourceColumn + 1}, ok
}
