package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// hidden is what stands for a secret in an output, as for NoEcho parameters in
// CloudFormation.
const hidden = "****"

func (l *loader) readOutputs() {
	section := l.root.get("Outputs")
	if section == nil || section.kind != kindMap {
		return
	}
	for _, f := range section.fields {
		if l.wantMap(f.val) {
			l.readOutput(f)
		}
	}
}

func (l *loader) readOutput(f field) {
	known := []string{"Value", "Description", "Export", "Condition"}
	for _, m := range f.val.fields {
		if !contains(known, m.key) {
			l.problem(m.val, "an output has no member "+quoteShort(m.key), didYouMean(m.key, known, "members are "+strings.Join(known, ", ")))
		}
	}
	if c := f.val.get("Condition"); c != nil {
		if made, ok := l.condition(c, c.text); !made || !ok {
			return
		}
	}
	v := f.val.get("Value")
	if v == nil {
		l.problem(f.val, "the output has no Value", "")
		return
	}
	out := spec.Output{Name: f.key, Value: l.shown(v)}
	if d := f.val.get("Description"); d != nil {
		out.Description = l.shown(d)
	}
	if e := f.val.at("Export", "Name"); e != nil {
		out.ExportName = l.shown(e)
	}
	l.spec.Outputs = append(l.spec.Outputs, out)
}

// shown is a value that may be printed.
func (l *loader) shown(raw *node) string {
	v := l.value(raw)
	switch {
	case v.kind == kindBad, v.kind == kindAbsent:
		return ""
	case v.marks.secret:
		return hidden
	case !v.scalar():
		l.problem(raw, "this must be a string, it is "+v.kindName(), "Fn::Join makes a string of a list")
	}
	return v.text
}
