package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Bounds on what is read. A template that CloudFormation takes is at most
// 1 MB (CloudFormation quotas).
const (
	maxBytes = 4 << 20
	maxNodes = 300_000 // aliases count each time they are used
	maxDepth = 100
)

// reader turns a document into nodes and counts them.
type reader struct {
	nodes   int
	report  func(at *node, message, hint string)
	full    bool // a bound was passed; reported once
	aliases map[*yaml.Node]bool
}

// parse reads a template in YAML or JSON. It reports what is wrong and returns
// nil if there is nothing to go on with.
func parse(data []byte, jsonName bool, report func(at *node, message, hint string)) *node {
	if len(data) > maxBytes {
		report(&node{}, fmt.Sprintf("the template has %d bytes; at most %d are read", len(data), maxBytes), "CloudFormation takes at most 1 MB")
		return nil
	}
	r := &reader{report: report, aliases: map[*yaml.Node]bool{}}
	var root *node
	if jsonName || looksLikeJSON(data) {
		root = r.json(data)
	} else {
		root = r.yaml(data)
	}
	if root == nil || r.full {
		return nil
	}
	if root.kind != kindMap {
		report(root, "a template is a map with a Resources section, this is "+root.kindName(), "")
		return nil
	}
	return root
}

func (r *reader) yaml(data []byte) *node {
	var doc yaml.Node
	err := decode(yaml.NewDecoder(bytes.NewReader(data)), &doc)
	if err != nil && !errors.Is(err, io.EOF) {
		r.report(&node{line: yamlErrorLine(err)}, "this is not YAML: "+strings.TrimPrefix(err.Error(), "yaml: "), "check the indentation and the quotes near this line")
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		r.report(&node{}, "the template is empty", "")
		return nil
	}
	r.onlyOne(data)
	return r.value(doc.Content[0], nil, "", 0)
}

// onlyOne reports a second document, which would otherwise be passed over.
func (r *reader) onlyOne(data []byte) {
	if !bytes.Contains(data, []byte("\n---")) && !bytes.Contains(data, []byte("\n...")) {
		return
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := decode(dec, &first); err != nil {
		return
	}
	switch err := decode(dec, &second); {
	case err == nil:
		r.report(&node{line: second.Line}, "a second document begins here; a template is one", "remove one of them")
	case !errors.Is(err, io.EOF):
		r.report(&node{line: yamlErrorLine(err)}, "something follows the end of the template: "+err.Error(), "a template is one document")
	}
}

// decode keeps a panic of the YAML library on broken input from ending the
// process.
func decode(dec *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the YAML reader failed: %v", p)
		}
	}()
	return dec.Decode(doc)
}

func yamlErrorLine(err error) int {
	m := regexp.MustCompile(`line (\d+)`).FindStringSubmatch(err.Error())
	if m == nil {
		return 0
	}
	line, _ := strconv.Atoi(m[1])
	return line
}

// take counts a node and says whether the bounds still hold.
func (r *reader) take(at *node, depth int) bool {
	r.nodes++
	if r.full {
		return false
	}
	if r.nodes > maxNodes {
		r.full = true
		r.report(at, fmt.Sprintf("the template has more than %d values, aliases counted each time", maxNodes), "use fewer YAML aliases")
	} else if depth > maxDepth {
		r.full = true
		r.report(at, fmt.Sprintf("the template is nested more than %d deep", maxDepth), "")
	}
	return !r.full
}

// value converts one YAML node; short tags become the long form.
func (r *reader) value(y *yaml.Node, parent *node, key string, depth int) *node {
	at := &node{line: y.Line, parent: parent, key: key}
	if !r.take(at, depth) {
		return at.bad()
	}
	if y.Kind == yaml.AliasNode {
		return r.alias(y, parent, key, depth)
	}
	if name := intrinsicTag(y.Tag); name != "" {
		return r.tagged(name, y, parent, key, depth)
	}
	if strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!") && y.Tag != "!" {
		r.report(at, "unknown tag "+y.Tag, "short intrinsics are !Ref, !GetAtt, !Sub, !Join, !If and the others of CloudFormation")
	}
	return r.plain(y, parent, key, depth)
}

func (r *reader) alias(y *yaml.Node, parent *node, key string, depth int) *node {
	if r.aliases[y.Alias] {
		at := &node{line: y.Line, parent: parent, key: key}
		r.report(at, "the alias *"+y.Value+" contains itself", "")
		return at.bad()
	}
	r.aliases[y.Alias] = true
	defer delete(r.aliases, y.Alias)
	return r.value(y.Alias, parent, key, depth+1)
}

// tagged makes {"Fn::X": value} of !X value.
func (r *reader) tagged(name string, y *yaml.Node, parent *node, key string, depth int) *node {
	call := &node{kind: kindMap, line: y.Line, parent: parent, key: key}
	arg := r.plain(y, call, name, depth+1)
	call.fields = []field{{key: name, line: y.Line, val: arg}}
	return call
}

func (r *reader) plain(y *yaml.Node, parent *node, key string, depth int) *node {
	n := &node{line: y.Line, parent: parent, key: key}
	switch y.Kind {
	case yaml.SequenceNode:
		n.kind = kindList
		for i, c := range y.Content {
			n.items = append(n.items, r.value(c, n, strconv.Itoa(i), depth+1))
		}
	case yaml.MappingNode:
		n.kind = kindMap
		r.members(n, y, depth)
	case yaml.ScalarNode:
		n.kind, n.text = scalarKind(y), y.Value
		if n.kind == kindBool {
			n.text = strings.ToLower(n.text)
		}
	}
	return n
}

// members reads a mapping, merge keys last: what stands beside << wins.
func (r *reader) members(n *node, y *yaml.Node, depth int) {
	seen := make(map[string]int, len(y.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		if k.Tag == "!!merge" {
			merges = append(merges, v)
			continue
		}
		if k.Kind != yaml.ScalarNode {
			r.report(&node{line: k.Line, parent: n.parent, key: n.key}, "a key must be a string", "")
			continue
		}
		if first, twice := seen[k.Value]; twice {
			r.report(&node{line: k.Line, parent: n, key: k.Value}, fmt.Sprintf("the key %q stands here twice, first in line %d", k.Value, first), "remove one of them")
			continue
		}
		seen[k.Value] = k.Line
		n.fields = append(n.fields, r.value(v, n, k.Value, depth+1).member(k.Value, k.Line))
	}
	for _, m := range merges {
		r.merge(n, m, depth, seen)
	}
}

// merge adds the members of a map, or of each map of a list, that n lacks.
func (r *reader) merge(n *node, y *yaml.Node, depth int, seen map[string]int) {
	m := r.value(y, n, "<<", depth+1)
	sources := []*node{m}
	if m.kind == kindList {
		sources = m.items
	}
	for _, src := range sources {
		if src.kind != kindMap {
			r.report(src, "<< merges a map, this is "+src.kindName(), "")
			continue
		}
		for _, f := range src.fields {
			if _, have := seen[f.key]; !have {
				seen[f.key] = f.line
				f.val.parent, f.val.key = n, f.key
				n.fields = append(n.fields, f)
			}
		}
	}
}

func scalarKind(y *yaml.Node) kind {
	if y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return kindString
	}
	if intrinsicTag(y.Tag) != "" {
		return kindString
	}
	switch y.ShortTag() {
	case "!!null":
		return kindNull
	case "!!bool":
		return kindBool
	case "!!int", "!!float":
		return kindNumber
	default:
		return kindString
	}
}

// intrinsicTag is the long name of a short intrinsic tag, "" for another tag.
func intrinsicTag(tag string) string {
	switch tag {
	case "!Ref", "!Condition":
		return tag[1:]
	case "!GetAtt", "!Sub", "!Join", "!Split", "!Select", "!If", "!And", "!Or", "!Not", "!Equals",
		"!FindInMap", "!ImportValue", "!Base64", "!Cidr", "!GetAZs", "!Transform", "!ToJsonString", "!Length":
		return "Fn::" + tag[1:]
	default:
		return ""
	}
}
