package template

// readMappings checks the shape: map name, top key, second key, value.
func (l *loader) readMappings() {
	for _, m := range l.root.get("Mappings").all() {
		if !l.wantMap(m.val) {
			continue
		}
		for _, top := range m.val.fields {
			if !l.wantMap(top.val) {
				continue
			}
			for _, second := range top.val.fields {
				if second.val.kind == kindMap || second.val.kind == kindNull {
					l.problem(second.val, "a value of a mapping is a string or a list, this is "+second.val.kindName(), "")
				}
			}
		}
	}
}

// findInMap takes a mapping's name and two keys, and with the language
// extensions a map with a DefaultValue.
func (l *loader) findInMap(at, arg *node) *node {
	if arg.kind != kindList || len(arg.items) < 3 || len(arg.items) > 4 {
		return l.fail(at, "Fn::FindInMap takes a mapping and two keys", "Fn::FindInMap: [Mapping, TopKey, SecondKey]")
	}
	def, ok := l.defaultValue(at, arg.items[3:])
	if !ok {
		return at.bad()
	}
	found := l.root.get("Mappings")
	for i, item := range arg.items[:3] {
		key := l.eval(item)
		if key.kind == kindBad {
			return at.bad()
		}
		next := found.get(key.text)
		if !key.scalar() || next == nil {
			return l.notInMap(at, found, key, i, def)
		}
		found = next
	}
	return at.copyOf(found)
}

// defaultValue is the argument {DefaultValue: …}; nil if there is none.
func (l *loader) defaultValue(at *node, rest []*node) (*node, bool) {
	if len(rest) == 0 {
		return nil, true
	}
	def := rest[0].get("DefaultValue")
	if def == nil {
		l.problem(at, "the fourth argument of Fn::FindInMap is a map with DefaultValue", "")
		return nil, false
	}
	if !l.extensions {
		l.problem(at, "DefaultValue of Fn::FindInMap needs the transform AWS::LanguageExtensions", "Transform: AWS::LanguageExtensions")
		return nil, false
	}
	return def, true
}

func (l *loader) notInMap(at, in, key *node, depth int, def *node) *node {
	if def != nil {
		return l.eval(def)
	}
	var names []string
	for _, f := range in.all() {
		names = append(names, f.key)
	}
	what := []string{"the template has no mapping ", "the mapping has no top-level key ", "the mapping has no second-level key "}[depth]
	return l.fail(at, what+key.show(), didYouMean(key.text, names, ""))
}
