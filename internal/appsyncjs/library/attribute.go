package library

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tidwall/gjson"
)

// WireAttributeValue turns typed JSON as AppSync has it in request documents
// ({"N":1}, {"NULL":null}) into what DynamoDB's API takes ({"N":"1"},
// {"NULL":true}). Keys keep their order, and numbers every digit. It fails for an
// object that is not one typed value, and for values nested more than 200 levels
// deep.
func WireAttributeValue(v json.RawMessage) (json.RawMessage, error) {
	return convertJSON(v, appendWire)
}

// FromAttributeValue turns typed JSON, of either kind, into plain JSON. Sets
// become lists, binaries stay base64.
func FromAttributeValue(v json.RawMessage) (json.RawMessage, error) {
	return convertJSON(v, appendPlain)
}

type jsonAppender func(dst []byte, v gjson.Result, depth int) ([]byte, error)

func convertJSON(v json.RawMessage, convert jsonAppender) (json.RawMessage, error) {
	if !json.Valid(v) {
		return nil, errors.New("not JSON")
	}
	return convert(make([]byte, 0, 2*len(v)), gjson.ParseBytes(v), 0)
}

var errDeep = fmt.Errorf("nested more than %d levels deep", deepest)

func appendEach(dst []byte, v gjson.Result, depth int, convert jsonAppender) (_ []byte, err error) {
	open, end := byte('['), byte(']')
	if v.IsObject() {
		open, end = '{', '}'
	}
	dst = append(dst, open)
	first := true
	v.ForEach(func(key, value gjson.Result) bool {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if open == '{' {
			dst = append(append(dst, key.Raw...), ':')
		}
		dst, err = convert(dst, value, depth+1)
		return err == nil
	})
	if err != nil {
		return nil, err
	}
	return append(dst, end), nil
}

// single is the one member of a typed value.
func single(v gjson.Result) (kind string, value gjson.Result, err error) {
	n := 0
	if v.IsObject() {
		v.ForEach(func(k, inner gjson.Result) bool {
			kind, value = k.String(), inner
			n++
			return n < 2
		})
	}
	if n != 1 {
		return "", value, fmt.Errorf("not a typed DynamoDB value like {\"S\":\"x\"}: %.80s", v.Raw)
	}
	return kind, value, nil
}

func appendWire(dst []byte, v gjson.Result, depth int) ([]byte, error) {
	kind, value, err := single(v)
	switch {
	case err != nil:
		return nil, err
	case depth > deepest:
		return nil, errDeep
	}
	dst = append(append(append(dst, `{"`...), kind...), `":`...)
	switch {
	case kind == "N" && value.Type == gjson.Number:
		dst = append(append(append(dst, '"'), value.Raw...), '"')
	case kind == "NULL":
		dst = append(dst, "true"...)
	case kind == "M" && value.IsObject(), kind == "L" && value.IsArray():
		dst, err = appendEach(dst, value, depth, appendWire)
	case kind == "NS" && value.IsArray():
		dst, err = appendEach(dst, value, depth, appendNumberText)
	case scalarFits(kind, value):
		dst = append(dst, value.Raw...)
	default:
		return nil, fmt.Errorf("%.80s is no DynamoDB value of type %.10q", value.Raw, kind)
	}
	if err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

func appendNumberText(dst []byte, v gjson.Result, _ int) ([]byte, error) {
	if v.Type == gjson.Number {
		return append(append(append(dst, '"'), v.Raw...), '"'), nil
	}
	if v.Type != gjson.String {
		return nil, fmt.Errorf("%.80s is no number", v.Raw)
	}
	return append(dst, v.Raw...), nil
}

// scalarFits tells whether a value has the JSON type that its DynamoDB type has.
func scalarFits(kind string, v gjson.Result) bool {
	switch kind {
	case "S", "N", "B":
		return v.Type == gjson.String
	case "BOOL":
		return v.IsBool()
	case "SS", "BS":
		return v.IsArray()
	}
	return false
}

func appendPlain(dst []byte, v gjson.Result, depth int) ([]byte, error) {
	kind, value, err := single(v)
	switch {
	case err != nil:
		return nil, err
	case depth > deepest:
		return nil, errDeep
	}
	switch {
	case kind == "NULL":
		return append(dst, "null"...), nil
	case kind == "N":
		return appendPlainNumber(dst, value, depth)
	case kind == "M" && value.IsObject(), kind == "L" && value.IsArray():
		return appendEach(dst, value, depth, appendPlain)
	case kind == "NS" && value.IsArray():
		return appendEach(dst, value, depth, appendPlainNumber)
	case scalarFits(kind, value):
		return append(dst, value.Raw...), nil
	}
	return nil, fmt.Errorf("%.80s is no DynamoDB value of type %.10q", value.Raw, kind)
}

// appendPlainNumber writes a number that may be in a string, digit by digit.
func appendPlainNumber(dst []byte, v gjson.Result, _ int) ([]byte, error) {
	text := v.String()
	if v.Type == gjson.Number {
		text = v.Raw
	}
	if !json.Valid([]byte(text)) || gjson.Parse(text).Type != gjson.Number {
		return nil, fmt.Errorf("%.80s is no number", v.Raw)
	}
	return append(dst, text...), nil
}
