package appsyncjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

// Evaluation is the answer of AppSync's EvaluateCode (AppSync API reference,
// EvaluateCode). Documents are strings that hold JSON.
type Evaluation struct {
	EvaluationResult string           `json:"evaluationResult,omitempty"`
	Error            *EvaluationError `json:"error,omitempty"`
	Logs             []string         `json:"logs"` // "INFO - code.js:3:5: text"
	Stash            string           `json:"stash,omitempty"`
	OutErrors        string           `json:"outErrors,omitempty"`
}

// EvaluationError says why there is no result. CodeErrors are problems of the
// code, which did not run then, or where it failed.
type EvaluationError struct {
	Message    string      `json:"message"`
	CodeErrors []CodeError `json:"codeErrors,omitempty"`
}

// CodeError is one problem. ErrorType is "PARSER_ERROR", "LINT_ERROR" or
// "RUNTIME_ERROR".
type CodeError struct {
	ErrorType string       `json:"errorType"`
	Value     string       `json:"value"`
	Location  CodeLocation `json:"location"`
}

// CodeLocation is -1 in what is not known.
type CodeLocation struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Span   int `json:"span"`
}

const (
	errorTypeParser  = "PARSER_ERROR"
	errorTypeLint    = "LINT_ERROR"
	errorTypeRuntime = "RUNTIME_ERROR"
	maxContext       = 28_000 // characters
)

// Evaluate runs one function of a script with a context document, as
// EvaluateCode does. function is "request" if empty. The error is about the
// arguments; what is wrong with the code is part of the answer.
func (e *Engine) Evaluate(ctx context.Context, s Source, contextJSON []byte, function string) (*Evaluation, error) {
	if n := utf8.RuneCount(contextJSON); n > maxContext {
		return nil, fmt.Errorf("the context has %d characters, AppSync takes %d", n, maxContext)
	}
	call, err := parseContext(contextJSON)
	if err != nil {
		return nil, err
	}
	if function == "" {
		function = "request"
	}
	m, problems := e.Load(s)
	if len(problems) > 0 {
		return refusedEvaluation(problems), nil
	}
	if !m.Has(function) {
		return nil, fmt.Errorf("the code exports no function %q", function)
	}
	return evaluation(call, m.Call(ctx, function, call)), nil
}

func refusedEvaluation(problems Problems) *Evaluation {
	failed := &EvaluationError{Message: "The code contains one or more errors."}
	for _, p := range problems {
		kind, value := errorTypeParser, p.Message
		if p.Rule != "" {
			kind, value = errorTypeLint, p.Rule+": "+p.Message
		}
		failed.CodeErrors = append(failed.CodeErrors, CodeError{kind, value, location(p.Position, p.Span)})
	}
	return &Evaluation{Error: failed, Logs: []string{}}
}

func location(p Position, span int) CodeLocation {
	if p.Line == 0 {
		return CodeLocation{-1, -1, -1}
	}
	if span == 0 {
		span = -1
	}
	return CodeLocation{p.Line, p.Column, span}
}

func evaluation(c *Call, out *Outcome) *Evaluation {
	e := &Evaluation{Logs: []string{}, Stash: string(out.Stash), OutErrors: outErrors(c.OutErrors, out.Appended)}
	for _, line := range out.Logs {
		at := line.At
		at.File = filepath.Base(at.File)
		e.Logs = append(e.Logs, fmt.Sprintf("%s - %s: %s", line.Level, at, line.Text))
	}
	if out.Failure == nil {
		e.EvaluationResult = string(out.Value)
		return e
	}
	e.Error = &EvaluationError{Message: out.Failure.Message}
	if out.Reason != "" {
		e.Error.Message = out.Reason
		e.Error.CodeErrors = []CodeError{{errorTypeRuntime, out.Reason, location(out.At, 0)}}
	}
	return e
}

// outErrors are the errors of the context and those that the call appended.
func outErrors(before rawJSON, appended []library.Failure) string {
	var list []rawJSON
	if len(before) > 0 && json.Unmarshal(before, &list) != nil {
		list = nil
	}
	for _, f := range appended {
		item := struct {
			Message   string  `json:"message"`
			Type      *string `json:"type"`
			Data      rawJSON `json:"data,omitempty"`
			ErrorInfo rawJSON `json:"errorInfo,omitempty"`
		}{f.Message, nil, f.Data, f.Info}
		if f.Type != "" {
			item.Type = &f.Type
		}
		text, err := json.Marshal(item)
		if err != nil {
			continue // Data or Info are no JSON, which the library rules out
		}
		list = append(list, text)
	}
	if list == nil {
		return "[]"
	}
	text, err := json.Marshal(list)
	if err != nil {
		return "[]"
	}
	return string(text)
}

// parseContext reads the context document of EvaluateCode.
func parseContext(text []byte) (*Call, error) {
	var doc struct {
		Arguments, Args, Source, Identity, Stash, Result, Env, OutErrors rawJSON

		Prev    *struct{ Result rawJSON }
		Request *struct {
			Headers    rawJSON
			DomainName *string
		}
		Error *struct{ Message, Type string }
		Info  *Info
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("the context: %w", contextError(err))
	}
	c := &Call{Arguments: doc.Arguments, Source: doc.Source, Identity: doc.Identity, Stash: doc.Stash, Result: doc.Result,
		Env: doc.Env, OutErrors: doc.OutErrors, Info: doc.Info, AuthType: authTypeOf(doc.Identity)}
	if c.Arguments == nil {
		c.Arguments = doc.Args
	}
	if doc.Prev != nil {
		c.Prev = orNullDocument(doc.Prev.Result)
	}
	if doc.Request != nil {
		c.Headers, c.DomainName = doc.Request.Headers, doc.Request.DomainName
	}
	if doc.Error != nil {
		c.Error = &library.Failure{Message: doc.Error.Message, Type: doc.Error.Type}
	}
	return c, c.readExtra(text)
}

func contextError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) && wrong.Field == "" {
		return errors.New("it is not a JSON object")
	}
	return err
}

func orNullDocument(raw rawJSON) rawJSON {
	if raw == nil {
		return rawJSON("null")
	}
	return raw
}

// readExtra keeps the members that a resolver's context has not, for Event APIs.
func (c *Call) readExtra(text []byte) error {
	var all map[string]rawJSON
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("the context: %w", err)
	}
	known := contextObject{}
	for name, raw := range all {
		event := name == "info" && c.Info != nil && c.Info.FieldName == ""
		if known.place(name) == nil || event {
			if c.Extra == nil {
				c.Extra = make(map[string]rawJSON)
			}
			c.Extra[name] = raw
		}
	}
	return nil
}

// authTypeOf is what util.authType gives for an identity, by its form.
func authTypeOf(identity rawJSON) string {
	var members map[string]rawJSON
	if json.Unmarshal(identity, &members) != nil || members == nil {
		return "API Key Authorization"
	}
	for _, form := range [][2]string{
		{"resolverContext", "Lambda Authorization"}, {"accountId", "IAM Authorization"},
		{"username", "User Pool Authorization"}, {"sub", "Open ID Connect Authorization"},
	} {
		if _, ok := members[form[0]]; ok {
			return form[1]
		}
	}
	return "API Key Authorization"
}
