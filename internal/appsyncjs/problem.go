package appsyncjs

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file as its author wrote it. Line and Column count
// from 1; both are 0 if unknown.
type Position struct {
	File         string // path, or what Source.Name says
	Line, Column int
}

func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problem is why a script cannot be loaded.
type Problem struct {
	Position
	Span    int    // characters on the line; 0: unknown
	Rule    string // of @aws-appsync/eslint-plugin, such as "@aws-appsync/no-while"; empty for other problems
	Message string
	Hint    string // what to do about it; may be empty
}

func (p Problem) Error() string {
	text := p.Position.String() + ": " + p.Message
	if p.Rule != "" {
		text += " (" + p.Rule + ")"
	}
	return text
}

// Problems are sorted by file, line and column. An empty list is no error.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// sorted sorts and drops repetitions.
func (p Problems) sorted() Problems {
	slices.SortFunc(p, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(p)
}
