package graphqlapi

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// Location is a place in a document, from 1.
type Location struct{ Line, Column int }

// Error is one of the errors of an answer.
type Error struct {
	Path      []Segment
	Locations []Location // nil: null
	Message   string
	// Field says that the error is one of a resolver: it has data, errorType
	// and errorInfo then.
	Field      bool
	Type       string // empty: null
	Data, Info json.RawMessage

	order Location  // of the field, for the order of errors
	def   *fieldDef // of the field; nil: unknown
}

// Segment is a step of a path: a member's name, or the index of an item.
type Segment struct {
	Key   string
	Index int // if Key is empty
}

// at is the list of one location.
func at(p *ast.Position) []Location {
	if p == nil {
		return nil
	}
	return []Location{{p.Line, p.Column}}
}

// append writes the error with the members, and in the order, of AppSync.
func (e *Error) append(dst []byte) []byte {
	dst = append(dst, `{"path":`...)
	dst = appendPath(dst, e.Path)
	if e.Field {
		dst = appendRaw(append(dst, `,"data":`...), e.Data)
		dst = append(dst, `,"errorType":`...)
		if e.Type == "" {
			dst = append(dst, "null"...)
		} else {
			dst = appendString(dst, e.Type)
		}
		dst = appendRaw(append(dst, `,"errorInfo":`...), e.Info)
	}
	dst = append(dst, `,"locations":`...)
	if e.Locations == nil {
		dst = append(dst, "null"...)
	} else {
		dst = appendLocations(dst, e.Locations)
	}
	dst = append(dst, `,"message":`...)
	return append(appendString(dst, e.Message), '}')
}

func appendLocations(dst []byte, list []Location) []byte {
	dst = append(dst, '[')
	for i, l := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"line":`...), int64(l.Line), 10)
		dst = strconv.AppendInt(append(dst, `,"column":`...), int64(l.Column), 10)
		dst = append(dst, `,"sourceName":null}`...)
	}
	return append(dst, ']')
}

// appendPath writes a path; null if there is none.
func appendPath(dst []byte, path []Segment) []byte {
	if path == nil {
		return append(dst, "null"...)
	}
	dst = append(dst, '[')
	for i, s := range path {
		if i > 0 {
			dst = append(dst, ',')
		}
		if s.Key == "" {
			dst = strconv.AppendInt(dst, int64(s.Index), 10)
		} else {
			dst = appendString(dst, s.Key)
		}
	}
	return append(dst, ']')
}

// pathText is a path as messages have it: /posts[1]/id.
func pathText(path []Segment) string {
	var dst []byte
	for _, s := range path {
		if s.Key == "" {
			dst = append(strconv.AppendInt(append(dst, '['), int64(s.Index), 10), ']')
		} else {
			dst = append(append(dst, '/'), s.Key...)
		}
	}
	return string(dst)
}

// sortErrors orders errors as their fields are in the document and the
// answer, so that it does not matter which resolver was first.
func sortErrors(list []*Error) {
	slices.SortStableFunc(list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.order.Line, b.order.Line), cmp.Compare(a.order.Column, b.order.Column),
			slices.CompareFunc(a.Path, b.Path, func(a, b Segment) int {
				return cmp.Or(cmp.Compare(a.Index, b.Index), cmp.Compare(a.Key, b.Key))
			}))
	})
}

// appendErrors writes the member "errors" of an answer.
func appendErrors(dst []byte, list []*Error) []byte {
	dst = append(dst, `"errors":[`...)
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.append(dst)
	}
	return append(dst, ']')
}
