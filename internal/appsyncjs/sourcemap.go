package appsyncjs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// sourceMap leads from lines and columns of a bundle back to what the author
// wrote (source map revision 3). All numbers count from 0.
type sourceMap struct {
	sources []string
	lines   [][]segment
}

type segment struct{ column, source, line, sourceColumn int }

func parseSourceMap(text []byte) (*sourceMap, error) {
	var doc struct {
		Sources  []string
		Mappings string
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("source map: %w", err)
	}
	m := &sourceMap{sources: doc.Sources}
	var at segment
	for line := range strings.SplitSeq(doc.Mappings, ";") {
		at.column = 0
		var segments []segment
		for text := range strings.SplitSeq(line, ",") {
			if fields := decodeVLQ(text); len(fields) >= 4 {
				at.column += fields[0]
				at.source += fields[1]
				at.line += fields[2]
				at.sourceColumn += fields[3]
				segments = append(segments, at)
			}
		}
		m.lines = append(m.lines, segments)
	}
	return m, nil
}

const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

func decodeVLQ(text string) (numbers []int) {
	value, shift := 0, 0
	for i := range len(text) {
		digit := strings.IndexByte(base64Digits, text[i])
		if digit < 0 || shift > 30 {
			return nil
		}
		value |= digit & 31 << shift
		shift += 5
		if digit&32 != 0 {
			continue
		}
		if value&1 != 0 {
			numbers = append(numbers, -(value >> 1))
		} else {
			numbers = append(numbers, value>>1)
		}
		value, shift = 0, 0
	}
	return numbers
}

// find gives the source and the place in it; ok is false for what the bundler
// wrote itself.
func (m *sourceMap) find(line, column int) (source string, at segment, ok bool) {
	if line < 0 || line >= len(m.lines) {
		return "", at, false
	}
	segments := m.lines[line]
	i, exact := slices.BinarySearchFunc(segments, column, func(s segment, column int) int { return s.column - column })
	if !exact {
		i--
	}
	if i < 0 || segments[i].source < 0 || segments[i].source >= len(m.sources) {
		return "", at, false
	}
	return m.sources[segments[i].source], segments[i], true
}
