package iam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// SyntaxError says where and why a document is not a policy. The service
// calls it MalformedPolicyDocument.
type SyntaxError struct {
	Line    int // from 1
	Column  int // from 1, in characters
	Message string
}

// Error gives "line L, column C: message".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// text is a string of the document and where it begins.
type text struct {
	value string
	at    int
}

// scanner walks a JSON document token by token and knows where it is.
type scanner struct {
	document []byte
	decoder  *json.Decoder
}

func newScanner(document []byte) *scanner {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	return &scanner{document: document, decoder: d}
}

// errorAt makes a SyntaxError for a byte offset.
func (s *scanner) errorAt(at int, format string, args ...any) error {
	before := s.document[:max(0, min(at, len(s.document)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	return &SyntaxError{Line: line, Column: 1 + utf8.RuneCount(before[start:]), Message: fmt.Sprintf(format, args...)}
}

// next reads one token and the offset at which it begins.
func (s *scanner) next() (json.Token, int, error) {
	end := int(s.decoder.InputOffset())
	at := s.skip(end, " \t\r\n,:")
	token, err := s.decoder.Token()
	var wrong *json.SyntaxError
	switch {
	case err == nil:
		return token, at, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, at, s.errorAt(len(s.document), "the document ends too early")
	case errors.As(err, &wrong):
		return nil, at, s.errorAt(max(s.skip(end, " \t\r\n"), int(wrong.Offset)-1), "not JSON: %s", strings.TrimPrefix(wrong.Error(), "json: "))
	}
	return nil, at, s.errorAt(at, "not JSON: %v", err)
}

// skip passes the characters given.
func (s *scanner) skip(at int, between string) int {
	for at < len(s.document) && strings.IndexByte(between, s.document[at]) >= 0 {
		at++
	}
	return at
}

// end refuses anything after the document.
func (s *scanner) end() error {
	if at := s.skip(int(s.decoder.InputOffset()), " \t\r\n"); at < len(s.document) {
		return s.errorAt(at, "there is something after the end of the policy")
	}
	return nil
}

// open reads the "{" of what.
func (s *scanner) open(what string) error {
	token, at, err := s.next()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return s.errorAt(at, "%s must be an object, not %s", what, kind(token))
	}
	return nil
}

// fields reads the members of an object whose "{" was read, its "}" included,
// and refuses a name that stands there twice.
func (s *scanner) fields(what string, member func(name text) error) error {
	seen := make(map[string]bool)
	for {
		token, at, err := s.next()
		if err != nil {
			return err
		}
		name, isName := token.(string)
		if !isName {
			return nil
		}
		if seen[name] {
			return s.errorAt(at, "%s has %q twice", what, name)
		}
		seen[name] = true
		if err := member(text{name, at}); err != nil {
			return err
		}
	}
}

// text reads a string.
func (s *scanner) text(what string) (text, error) {
	token, at, err := s.next()
	if err != nil {
		return text{}, err
	}
	value, ok := token.(string)
	if !ok {
		return text{}, s.errorAt(at, "%s must be a string, not %s", what, kind(token))
	}
	return text{value, at}, nil
}

// texts reads a string or a list of them. Convert says which tokens count as
// one.
func (s *scanner) texts(what string, convert func(json.Token) (string, bool)) ([]text, error) {
	token, at, err := s.next()
	if err != nil {
		return nil, err
	}
	if value, ok := convert(token); ok {
		return []text{{value, at}}, nil
	}
	if token != json.Delim('[') {
		return nil, s.errorAt(at, "%s must be a string or a list of strings, not %s", what, kind(token))
	}
	var all []text
	for {
		token, at, err := s.next()
		if err != nil || token == json.Delim(']') {
			return all, err
		}
		value, ok := convert(token)
		if !ok {
			return nil, s.errorAt(at, "%s must be a list of strings, but contains %s", what, kind(token))
		}
		all = append(all, text{value, at})
	}
}

// onlyString takes strings.
func onlyString(token json.Token) (string, bool) {
	value, ok := token.(string)
	return value, ok
}

// anyScalar takes strings, and numbers and booleans as they are written.
func anyScalar(token json.Token) (string, bool) {
	switch v := token.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// kind names a token's type for a message.
func kind(token json.Token) string {
	switch v := token.(type) {
	case json.Delim:
		if v == '[' {
			return "a list"
		}
		return "an object"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number; put it in quotes"
	case nil:
		return "null"
	}
	return "a string"
}
