package appsync

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidewire/tidewire/internal/exchange"
	"github.com/tidewire/tidewire/internal/wire"
)

// Request is one GraphQL request.
type Request struct {
	// Query is the document; it may hold several operations.
	Query string
	// Variables is anything that encoding/json makes an object of: a struct, a
	// map, a json.RawMessage. Nil: none. To AppSync an absent variable and one
	// that is null differ: use omitempty or omitzero for absent ones.
	Variables any
	// OperationName chooses the operation. It is required if there are several.
	OperationName string
	// Auth replaces the client's for this request.
	Auth *Auth
}

// body is the JSON that is sent, and signed, as it is.
func (r *Request) body() ([]byte, error) {
	if strings.TrimSpace(r.Query) == "" {
		return nil, errors.New("the request has no query")
	}
	var b bytes.Buffer
	b.Grow(len(r.Query) + 128)
	b.WriteString(`{"query":`)
	b.Write(wire.AppendString(b.AvailableBuffer(), r.Query))
	if err := appendVariables(&b, r.Variables); err != nil {
		return nil, err
	}
	if r.OperationName != "" {
		b.WriteString(`,"operationName":`)
		b.Write(wire.AppendString(b.AvailableBuffer(), r.OperationName))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func appendVariables(b *bytes.Buffer, variables any) error {
	if variables == nil {
		return nil
	}
	b.WriteString(`,"variables":`)
	at := b.Len()
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(variables); err != nil {
		return fmt.Errorf("the variables cannot be written as JSON: %w", err)
	}
	b.Truncate(b.Len() - 1) // the line break
	if first := b.Bytes()[at]; first != '{' && first != 'n' {
		return fmt.Errorf("the variables are %T, which is no JSON object", variables)
	}
	return nil
}

// Response is a GraphQL response as AppSync sent it.
type Response struct {
	Data       json.RawMessage // nil if there is none or null; partial if there are Errors
	Errors     Errors
	Extensions json.RawMessage
	RequestID  string // x-amzn-RequestId
	// Tokens is x-amzn-appsync-tokensconsumed, the unit of the quota "request
	// tokens"; "" if the server does not say.
	Tokens string
}

// Decode decodes Data into v; without Data it leaves v as it is.
func (r *Response) Decode(v any) error {
	if len(r.Data) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.Data, v); err != nil {
		return fmt.Errorf("the data does not fit %T: %w", v, err)
	}
	return nil
}

// Errors are the errors of one GraphQL response, or of one frame on a WebSocket,
// as an error: get them with errors.As.
type Errors []Error

// Error gives the first and how many more there are.
func (e Errors) Error() string {
	if len(e) == 0 {
		return "no AppSync errors"
	}
	s := e[0].Error()
	if len(e) > 1 {
		s += fmt.Sprintf(" (and %d more)", len(e)-1)
	}
	return s
}

// Is says whether one of them is what target names.
func (e Errors) Is(target error) bool {
	for i := range e {
		if e[i].Is(target) {
			return true
		}
	}
	return false
}

// Error is one GraphQL error. ErrorType, ErrorInfo and Data are AppSync's own,
// which it puts beside the message and not into extensions (AppSync developer
// guide, "Error handling" of resolvers).
type Error struct {
	Message   string
	ErrorType string          // "" for errors of validation
	ErrorInfo json.RawMessage // nil if null or absent, as are the following
	Data      json.RawMessage
	Path      []any // strings and float64s
	Locations []Location
	// ErrorCode is a number that real-time errors may have, such as 401.
	ErrorCode int
}

// Location is a place in the document, both from 1.
type Location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// Error is path, type and message on one line.
func (e *Error) Error() string {
	var parts []string
	if len(e.Path) > 0 {
		var path []string
		for _, p := range e.Path {
			path = append(path, fmt.Sprint(p))
		}
		parts = append(parts, strings.Join(path, "."))
	}
	if e.ErrorType != "" {
		parts = append(parts, e.ErrorType)
	}
	if e.Message != "" || len(parts) == 0 {
		parts = append(parts, e.Message)
	}
	return exchange.Redacted("AppSync error: " + strings.Join(parts, ": "))
}

// Is says whether e is the kind of error that target names.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnauthorized:
		return denied(e.ErrorType) || e.ErrorCode == 401 || e.ErrorCode == 403
	case ErrLimitExceeded:
		return limited(e.ErrorType)
	case ErrMaxSubscriptions:
		return shortType(e.ErrorType) == "MaxSubscriptionsReachedError"
	}
	return false
}

// shortType is an errorType without the namespace of older answers,
// com.amazonaws.deepdish.graphql.auth#UnauthorizedException, and without what
// follows a colon in a header.
func shortType(kind string) string {
	kind = kind[strings.LastIndexByte(kind, '#')+1:]
	name, _, _ := strings.Cut(kind, ":")
	return name
}

// ParseErrors reads the errors of an answer or a frame: an array, or in its place
// one object or text, which is a list of one. What does not fit in an error is
// left out.
func ParseErrors(raw json.RawMessage) Errors {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	items := []json.RawMessage{raw}
	if raw[0] == '[' {
		items = nil
		if json.Unmarshal(raw, &items) != nil {
			return nil
		}
	}
	var list Errors
	for _, item := range items {
		list = append(list, parseError(item))
	}
	return list
}

func parseError(raw json.RawMessage) Error {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		return Error{Message: text}
	}
	e := Error{ErrorInfo: unlessNull(members["errorInfo"]), Data: unlessNull(members["data"])}
	for name, into := range map[string]any{"message": &e.Message, "errorType": &e.ErrorType,
		"path": &e.Path, "locations": &e.Locations, "errorCode": &e.ErrorCode} {
		if value := members[name]; len(value) > 0 {
			_ = json.Unmarshal(value, into) // another shape: left out
		}
	}
	return e
}

func unlessNull(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}
