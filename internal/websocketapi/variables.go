package websocketapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

const variablePrefix = "${stageVariables."

// expandVariables replaces every ${stageVariables.name} in a function's ARN
// (developer guide, "Use stage variables").
func expandVariables(text string, s *spec.Stage) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, variablePrefix)
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		v, known := s.Variables[name]
		if !closed || !known {
			return "", fmt.Errorf("%s%s} in the function's ARN: %w; set it in stage %s", variablePrefix, name, errNoStageVariable, s.Name)
		}
		b.WriteString(v)
		text = after
	}
}

// encodeVariables is the event's stageVariables member with a comma behind
// it, names sorted; nil without variables, when the member is absent.
func encodeVariables(vars map[string]string) []byte {
	if len(vars) == 0 {
		return nil
	}
	dst := append([]byte(nil), `"stageVariables":`...)
	return append(appendStringMap(dst, vars), ',')
}

// appendStringMap appends m as a JSON object, names sorted.
func appendStringMap(dst []byte, m map[string]string) []byte {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, name), ':')
		dst = appendString(dst, m[name])
	}
	return append(dst, '}')
}
