package datasource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// maxEvents bounds the invocations of type Event at work.
const maxEvents = 100

// lambdaDocument is the request document of a function (AppSync developer guide,
// "JavaScript resolver function reference for Lambda").
type lambdaDocument struct {
	Operation  string          `json:"operation"`
	Payload    json.RawMessage `json:"payload"`
	Invocation string          `json:"invocationType"`
}

func readLambda(document json.RawMessage) (d lambdaDocument, f *Failure) {
	if f := decode(document, &d); f != nil {
		return d, f
	}
	d.Payload = orNull(d.Payload)
	if d.Invocation != "" && d.Invocation != "RequestResponse" && d.Invocation != "Event" {
		return d, &Failure{Type: badTemplate, Message: fmt.Sprintf("invocationType must be RequestResponse or Event, not %q", d.Invocation)}
	}
	return d, nil
}

// doLambda invokes a function with the payload of a document.
func (s *Sources) doLambda(ctx context.Context, ds *spec.DataSource, document json.RawMessage) (json.RawMessage, *Failure) {
	d, f := readLambda(document)
	switch {
	case f != nil:
		return null, f
	case d.Operation != "Invoke" && d.Operation != "BatchInvoke":
		return null, &Failure{Type: badTemplate, Message: fmt.Sprintf("operation must be Invoke or BatchInvoke for a Lambda data source, not %q", d.Operation)}
	case d.Invocation == "Event":
		return null, s.invokeEvent(ds, d.Payload)
	}
	return s.invoke(ctx, ds, d.Payload)
}

// Direct invokes the function of a direct Lambda resolver with the whole
// context.
func (s *Sources) Direct(ctx context.Context, ds *spec.DataSource, event json.RawMessage) (json.RawMessage, *Failure) {
	if f := s.isLambda(ds); f != nil {
		return null, f
	}
	return s.invoke(ctx, ds, event)
}

func (s *Sources) isLambda(ds *spec.DataSource) *Failure {
	if ds.Unsupported != "" {
		return unsupported(ds.Unsupported)
	}
	if ds.Type != spec.SourceLambda {
		return unsupported(fmt.Sprintf("the data source %s is of type %s: only a Lambda function is called without code", ds.Name, ds.Type))
	}
	return nil
}

func (s *Sources) invoke(ctx context.Context, ds *spec.DataSource, payload []byte) (json.RawMessage, *Failure) {
	if f := s.permitted(ds, "Lambda", "lambda:InvokeFunction", ds.FunctionARN); f != nil {
		return null, f
	}
	reply, err := s.o.Invoke(ctx, ds.FunctionARN, payload)
	if err != nil {
		return null, s.functionFailure(ds, err)
	}
	if len(reply) == 0 {
		return null, nil
	}
	if !json.Valid(reply) {
		return null, &Failure{Type: "Lambda:IllegalArgument", Message: "the function " + ds.FunctionARN + " answered something that is not JSON"}
	}
	return reply, nil
}

// functionFailure gives a field the error that the function threw: message and
// type are the function's (AppSync developer guide, "Lambda function error
// handling").
func (s *Sources) functionFailure(ds *spec.DataSource, err error) *Failure {
	var threw *fault.FunctionError
	if !errors.As(err, &threw) {
		s.o.Log.Warn("a data source's function could not be invoked", "dataSource", ds.Name, "function", ds.FunctionARN, "err", err)
		var refused *fault.Error
		if errors.As(err, &refused) {
			return &Failure{Type: "Lambda:" + refused.Code, Message: refused.Message}
		}
		return &Failure{Type: "Lambda:Unhandled", Message: "the function " + ds.FunctionARN + " could not be invoked"}
	}
	f := &Failure{Type: "Lambda:Unhandled", Message: threw.Message}
	if threw.Type == "UnauthorizedException" { // whose own message is not shown
		f.Message = "You are not authorized to make this call."
	}
	return f
}

// invokeEvent invokes a function that nobody waits for.
func (s *Sources) invokeEvent(ds *spec.DataSource, payload []byte) *Failure {
	if f := s.permitted(ds, "Lambda", "lambda:InvokeFunction", ds.FunctionARN); f != nil {
		return f
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return &Failure{Type: "Lambda:ServiceException", Message: "the gateway is closing"}
	}
	select {
	case s.inEvts <- struct{}{}:
	default:
		s.o.Log.Warn("an invocation of type Event was refused: too many are at work", "dataSource", ds.Name, "atWork", maxEvents)
		return &Failure{Type: "Lambda:TooManyRequestsException", Message: "Rate Exceeded."}
	}
	s.events.Go(func() {
		defer func() { <-s.inEvts }()
		if _, err := s.o.Invoke(s.life, ds.FunctionARN, payload); err != nil {
			s.o.Log.Warn("an invocation of type Event failed", "dataSource", ds.Name, "function", ds.FunctionARN, "err", err)
		}
	})
	return nil
}

// Batch invokes a function once for several calls: with the list of their
// contexts if direct, else of the payloads of their request documents (AppSync
// developer guide, "Using batching"). It answers each. When all documents say
// Event, nobody waits, and the answers are null.
func (s *Sources) Batch(ctx context.Context, ds *spec.DataSource, calls []json.RawMessage, direct bool) []Answer {
	if f := s.isLambda(ds); f != nil {
		return all(len(calls), f)
	}
	event := false
	if !direct {
		var f *Failure
		if calls, event, f = payloads(calls); f != nil {
			return all(len(calls), f)
		}
	}
	list, err := json.Marshal(calls)
	if err != nil {
		return all(len(calls), &Failure{Type: badTemplate, Message: "a request document is no JSON"})
	}
	if event {
		return all(len(calls), s.invokeEvent(ds, list))
	}
	return s.invokeBatch(ctx, ds, list, len(calls), direct)
}

// payloads are those of documents; event says that nobody waits for any. There
// are as many beside a failure.
func payloads(documents []json.RawMessage) (list []json.RawMessage, event bool, f *Failure) {
	list, event = make([]json.RawMessage, len(documents)), true
	for i, document := range documents {
		d, f := readLambda(document)
		if f != nil {
			return list, false, f
		}
		list[i], event = d.Payload, event && d.Invocation == "Event"
	}
	return list, event, nil
}

// invokeBatch asks for n answers at once.
func (s *Sources) invokeBatch(ctx context.Context, ds *spec.DataSource, event []byte, n int, direct bool) []Answer {
	reply, failed := s.invoke(ctx, ds, event)
	if failed != nil {
		return all(n, failed)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(reply, &list); err != nil || len(list) != n {
		return all(n, &Failure{Type: "Lambda:IllegalArgument",
			Message: fmt.Sprintf("the function %s must answer a list of %d, in the order of the list it got", ds.FunctionARN, n)})
	}
	answers := make([]Answer, n)
	for i, element := range list {
		answers[i] = Answer{Value: element}
		if direct {
			answers[i] = wrapped(element)
		}
	}
	return answers
}

func all(n int, f *Failure) []Answer {
	answers := make([]Answer, n)
	for i := range answers {
		answers[i] = Answer{Value: null, Failure: f}
	}
	return answers
}

// wrapped reads one element of the answer of a direct resolver with batching:
// {data, errorMessage, errorType}.
func wrapped(element json.RawMessage) Answer {
	var w struct {
		Data    json.RawMessage `json:"data"`
		Message *string         `json:"errorMessage"`
		Type    *string         `json:"errorType"`
	}
	if len(element) == 0 || element[0] != '{' || json.Unmarshal(element, &w) != nil || w.Data == nil && w.Message == nil && w.Type == nil {
		return Answer{Value: element}
	}
	a := Answer{Value: orNull(w.Data)}
	if w.Message == nil && w.Type == nil {
		return a
	}
	a.Failure = &Failure{Type: "Lambda:Unhandled"}
	if w.Type != nil && *w.Type != "" {
		a.Failure.Type = *w.Type
	}
	if w.Message != nil {
		a.Failure.Message = *w.Message
	}
	return a
}
