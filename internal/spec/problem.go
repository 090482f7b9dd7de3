package spec

import (
	"fmt"
	"sort"
	"strings"
)

// Problem is one thing that is wrong with a template or a Spec.
type Problem struct {
	At       Source
	Resource string // logical id, may be empty
	Property string // property path such as "Properties.CodeUri", may be empty
	Message  string // what is wrong, one sentence
	Hint     string // what to do, may be empty
}

// String is one line: file:line: Resource.Property: message (hint: …).
func (p Problem) String() string {
	var b strings.Builder
	if p.At.File != "" {
		b.WriteString(p.At.File)
		if p.At.Line > 0 {
			fmt.Fprintf(&b, ":%d", p.At.Line)
		}
		b.WriteString(": ")
	}
	switch {
	case p.Resource != "" && p.Property != "":
		b.WriteString(p.Resource + "." + p.Property + ": ")
	case p.Resource != "":
		b.WriteString(p.Resource + ": ")
	case p.Property != "":
		b.WriteString(p.Property + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("\n    hint: " + p.Hint)
	}
	return b.String()
}

// Problems are all that is wrong, in the order of the file.
type Problems []Problem

// Error lists every problem, one after another.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Sort orders the problems by file, line and resource.
func (ps Problems) Sort() {
	sort.SliceStable(ps, func(i, j int) bool {
		a, b := ps[i], ps[j]
		if a.At.File != b.At.File {
			return a.At.File < b.At.File
		}
		if a.At.Line != b.At.Line {
			return a.At.Line < b.At.Line
		}
		return a.Resource < b.Resource
	})
}
