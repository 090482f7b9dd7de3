package template

import (
	"strings"
	"unicode"

	"github.com/tidewire/tidewire/internal/spec"
)

func (l *loader) source(n *node) spec.Source {
	if n == nil {
		return spec.Source{File: l.file}
	}
	return spec.Source{File: l.file, Line: n.line}
}

// problem reports what is wrong with n, where n stands.
func (l *loader) problem(n *node, message, hint string) {
	resource, property := n.where()
	l.problems = append(l.problems, spec.Problem{
		At: l.source(n), Resource: printable(resource), Property: printable(property), Message: printable(message), Hint: printable(hint),
	})
}

// printable keeps control characters of a template away from a terminal.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return unicode.ReplacementChar
		}
		return c
	}, s)
}

// fail is problem for evaluation: its result stops what depends on it.
func (l *loader) fail(n *node, message, hint string) *node {
	l.problem(n, message, hint)
	return n.bad()
}

// outside reports a problem of the options.
func (l *loader) outside(message, hint string) {
	l.problems = append(l.problems, spec.Problem{Message: message, Hint: hint})
}

func (l *loader) note(n *node, message string) {
	resource, _ := n.where()
	l.spec.Notes = append(l.spec.Notes, spec.Note{Resource: resource, Message: printable(message), At: l.source(n)})
}

// gap lists what we lack. It is given the node that asks for it.
func (l *loader) gap(k spec.GapKind, n *node, message, hint string) {
	resource, property := n.where()
	l.spec.Gaps = append(l.spec.Gaps, spec.Gap{
		Kind: k, Resource: resource, Property: printable(property), Message: printable(message), Hint: printable(hint), At: l.source(n),
	})
}

func (l *loader) notRun(id, typ, reason string, at *node) {
	if typ == "AWS::Serverless::Connector" {
		reason = "what it permits is not granted; use Policies, and AWS::Lambda::Permission for who invokes a function"
	}
	l.spec.NotRun = append(l.spec.NotRun, spec.NotRun{LogicalID: printable(id), Type: printable(typ), Reason: reason, At: l.source(at)})
}

// nearest is the candidate most like s, for "did you mean"; "" if none is.
func nearest(s string, candidates []string) string {
	best, bestDistance := "", 3
	if len(s) > 64 {
		return ""
	}
	for _, c := range candidates {
		if d := len(c) - len(s); d > 2 || d < -2 {
			continue
		}
		if d := distance(s, c); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// didYouMean is a hint that names the nearest candidate, else def.
func didYouMean(s string, candidates []string, def string) string {
	if best := nearest(s, candidates); best != "" {
		return "did you mean " + best + "?"
	}
	return def
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
