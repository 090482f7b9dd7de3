package template

import (
	"strings"
)

// checkGlobals refuses sections that SAM refuses (SAM specification,
// "Globals section").
func (l *loader) checkGlobals() {
	section := l.root.get("Globals")
	if section == nil || section.kind == kindNull {
		return
	}
	if !l.sam {
		l.problem(section, "Globals need SAM's transform", "put Transform: AWS::Serverless-2016-10-31 at the top of the template")
	}
	known := []string{"Function", "Api", "HttpApi", "WebSocketApi", "SimpleTable", "StateMachine", "LayerVersion", "CapacityProvider"}
	for _, f := range section.all() {
		if !contains(known, f.key) {
			l.problem(f.val, "Globals have no section "+quoteShort(f.key), didYouMean(f.key, known, "sections are "+strings.Join(known, ", ")))
		} else {
			l.wantMap(f.val)
		}
	}
}

// applyGlobals puts the Globals of r's type beneath its properties.
func (l *loader) applyGlobals(r *resource) {
	kind, ok := strings.CutPrefix(r.typ, "AWS::Serverless::")
	global := l.root.at("Globals", kind)
	if !ok || global == nil || global.kind != kindMap {
		return
	}
	if ignored := r.node.get("IgnoreGlobals"); ignored != nil {
		global = without(global, ignored)
	}
	r.props = mergeGlobal(global, r.props)
}

// without is a map less the keys that IgnoreGlobals names; "*" names all.
func without(global, ignored *node) *node {
	out := global.object()
	for _, f := range global.fields {
		keep := true
		for _, name := range ignored.each() {
			keep = keep && name.text != f.key && name.text != "*"
		}
		if keep {
			out.fields = append(out.fields, f)
		}
	}
	return out
}

// mergeGlobal merges maps and concatenates lists; anything else, intrinsics
// included, is overridden by the local value.
func mergeGlobal(global, local *node) *node {
	switch {
	case global.kind == kindList && local.kind == kindList:
		out := local.list(global.items...)
		out.items = append(out.items[:len(out.items):len(out.items)], local.items...)
		return out
	case global.kind == kindMap && local.kind == kindMap && !isCall(global) && !isCall(local):
		return mergeMaps(global, local)
	default:
		return local
	}
}

func mergeMaps(global, local *node) *node {
	out := local.object()
	for _, f := range global.fields {
		if own := local.get(f.key); own != nil {
			f = field{f.key, f.line, mergeGlobal(f.val, own)}
		}
		out.fields = append(out.fields, f)
	}
	for _, f := range local.fields {
		if global.get(f.key) == nil {
			out.fields = append(out.fields, f)
		}
	}
	return out
}

// isCall says whether n is an intrinsic.
func isCall(n *node) bool {
	name, _, ok := n.single()
	return ok && (name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::"))
}
