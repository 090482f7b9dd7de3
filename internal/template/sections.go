package template

import (
	"strings"
)

// checkSections refuses top-level keys that CloudFormation refuses.
func (l *loader) checkSections() {
	names := []string{"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions",
		"Transform", "Resources", "Outputs", "Rules", "Globals", "Hooks"}
	for _, f := range l.root.fields {
		if !contains(names, f.key) && !strings.HasPrefix(f.key, "Fn::ForEach::") {
			l.problem(f.val, "a template has no section "+quoteShort(f.key), didYouMean(f.key, names, "sections are "+strings.Join(names, ", ")))
		}
	}
	for _, name := range []string{"Parameters", "Mappings", "Conditions", "Resources", "Outputs", "Rules", "Globals"} {
		l.wantMap(l.root.get(name))
	}
	if v := l.root.get("AWSTemplateFormatVersion"); v != nil && v.text != "2010-09-09" {
		l.problem(v, "AWSTemplateFormatVersion is always 2010-09-09", "")
	}
	if l.root.get("Resources") == nil {
		l.problem(l.root, "the template has no Resources", "a SAM or CloudFormation template has a Resources section")
	}
	if rules := l.root.get("Rules"); rules != nil && (len(rules.fields) != 1 || rules.get("CheckBootstrapVersion") == nil) {
		l.note(rules, "Rules are not evaluated here")
	}
	if hooks := l.root.get("Hooks"); hooks != nil {
		l.note(hooks, "Hooks are not run here")
	}
}

// wantMap reports a section that is no map.
func (l *loader) wantMap(n *node) bool {
	if n == nil || n.kind == kindBad || n.kind == kindNull && n.parent != nil && n.parent.parent == nil && n.key != "Resources" {
		return false // an empty section is no section
	}
	if n.kind != kindMap {
		l.problem(n, "this must be a map, it is "+n.kindName(), "")
		return false
	}
	return true
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// readTransforms notes which transforms are asked for.
func (l *loader) readTransforms() {
	n := l.root.get("Transform")
	if n == nil {
		return
	}
	list := []*node{n}
	if n.kind == kindList {
		list = n.items
	}
	for _, t := range list {
		l.transform(t)
	}
}

func (l *loader) transform(t *node) {
	name := t
	if v := t.get("Name"); v != nil {
		name = v
	}
	switch {
	case name.text == "AWS::Serverless-2016-10-31":
		l.sam = true
	case name.text == "AWS::LanguageExtensions":
		l.extensions = true
	case name.text == "AWS::CodeDeployBlueGreen", strings.HasPrefix(name.text, "AWS::SecretsManager-"):
		l.note(name, "the transform "+name.text+" has no effect here")
	case name.text == "AWS::Include":
		l.problem(name, "AWS::Include reads its part from S3, which tidewire does not", "put the included part into the template")
	default:
		l.problem(name, "the macro "+name.show()+" runs in AWS and rewrites the template there",
			macroHint)
	}
}
