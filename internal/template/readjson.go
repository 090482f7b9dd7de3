package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
)

// looksLikeJSON tells a JSON template without a .json name.
func looksLikeJSON(data []byte) bool {
	t := bytes.TrimLeft(data, " \t\r\n")
	return len(t) > 0 && t[0] == '{' && json.Valid(data)
}

// jsonReader reads tokens and knows the line each one ends on.
type jsonReader struct {
	*reader
	dec    *json.Decoder
	starts []int // offsets at which lines begin
}

func (r *reader) json(data []byte) *node {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	j := &jsonReader{reader: r, dec: json.NewDecoder(bytes.NewReader(data)), starts: lineStarts(data)}
	j.dec.UseNumber()
	n, err := j.next(nil, "", 0)
	if err == nil && !r.full {
		if _, extra := j.dec.Token(); !errors.Is(extra, io.EOF) {
			err = errors.New("something follows the end of the template")
		}
	}
	if err != nil {
		j.fail(err)
		return nil
	}
	return n
}

func (j *jsonReader) fail(err error) {
	line := j.line()
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line = j.lineAt(int(syntax.Offset))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends too early")
	}
	j.report(&node{line: line}, "this is not JSON: "+err.Error(), "check commas, braces and quotes near this line")
}

func lineStarts(data []byte) []int {
	starts := []int{0}
	for i, c := range data {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func (j *jsonReader) line() int { return j.lineAt(int(j.dec.InputOffset())) }

// lineAt is the line of the byte before offset: a token never spans lines.
func (j *jsonReader) lineAt(offset int) int {
	return sort.SearchInts(j.starts, max(offset, 1))
}

func (j *jsonReader) next(parent *node, key string, depth int) (*node, error) {
	tok, err := j.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{line: j.line(), parent: parent, key: key}
	if !j.take(n, depth) {
		return n.bad(), nil
	}
	switch t := tok.(type) {
	case json.Delim:
		if t == '{' {
			n.kind = kindMap
			return n, j.object(n, depth)
		}
		n.kind = kindList
		return n, j.array(n, depth)
	case string:
		n.kind, n.text = kindString, t
	case json.Number:
		n.kind, n.text = kindNumber, t.String()
	case bool:
		n.kind, n.text = kindBool, strconv.FormatBool(t)
	}
	return n, nil
}

func (j *jsonReader) array(n *node, depth int) error {
	for i := 0; j.dec.More(); i++ {
		v, err := j.next(n, strconv.Itoa(i), depth+1)
		if err != nil || j.full {
			return err
		}
		n.items = append(n.items, v)
	}
	_, err := j.dec.Token()
	return err
}

func (j *jsonReader) object(n *node, depth int) error {
	seen := map[string]int{}
	for j.dec.More() {
		tok, err := j.dec.Token()
		if err != nil {
			return err
		}
		key, _ := tok.(string)
		line := j.line()
		v, err := j.next(n, key, depth+1)
		if err != nil || j.full {
			return err
		}
		if first, twice := seen[key]; twice {
			j.report(&node{line: line, parent: n, key: key}, fmt.Sprintf("the key %q stands here twice, first in line %d", key, first), "remove one of them")
			continue
		}
		seen[key] = line
		n.fields = append(n.fields, v.member(key, line))
	}
	_, err := j.dec.Token()
	return err
}
