package datasource

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/spec"
)

// SourcesOptions are what [NewSources] takes.
type SourcesOptions struct {
	Partition, Region, Account string // "aws", "us-east-1", twelve digits

	// Credentials gives credentials of a data source's role.
	Credentials func(ctx context.Context, roleARN string) (aws.Credentials, error)
	// Invoke runs a Lambda function. Its error is a *fault.FunctionError if
	// the function failed.
	Invoke func(ctx context.Context, functionARN string, payload []byte) ([]byte, error)
	// Authorize says whether a role may do what a data source is about to do,
	// such as dynamodb:GetItem on a table's ARN. Nil: every role may.
	Authorize func(roleARN, action, resource string) error
	// DynamoDB gives the endpoint of DynamoDB and a client for it; an empty
	// endpoint means that there is none.
	DynamoDB func() (endpoint string, client *http.Client)
	// HTTP sends the requests of HTTP data sources; nil is a client of its
	// own, which follows no redirects.
	HTTP *http.Client
	// TokenKey seals nextToken; zero makes a random one, with which tokens do
	// not outlive the process.
	TokenKey [32]byte

	Log *slog.Logger     // nil: discard
	Now func() time.Time // nil: time.Now
}

// Sources send request documents to data sources (AppSync developer guide,
// "JavaScript resolver reference"). They may be used from any goroutine.
type Sources struct {
	o      SourcesOptions
	tokens *tokens

	mu     sync.Mutex // guards closed, and events.Add against Close
	closed bool
	events sync.WaitGroup // invocations that nobody waits for
	inEvts chan struct{}  // bounds them
	cancel context.CancelFunc
	life   context.Context
}

// NewSources makes Sources. End them with Close.
func NewSources(o SourcesOptions) (*Sources, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenKey == [32]byte{} {
		_, _ = rand.Read(o.TokenKey[:]) // never fails
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
	}
	client := *o.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	o.HTTP = &client
	t, err := newTokens(o.TokenKey)
	if err != nil {
		return nil, err
	}
	s := &Sources{o: o, tokens: t, inEvts: make(chan struct{}, maxEvents)}
	s.life, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// permitted asks Authorize; service is what the failure's type begins with.
func (s *Sources) permitted(ds *spec.DataSource, service, action, resource string) *Failure {
	if s.o.Authorize == nil {
		return nil
	}
	if err := s.o.Authorize(ds.RoleARN, action, resource); err != nil {
		s.o.Log.Warn("a data source's role may not do this", "dataSource", ds.Name, "reason", err.Error())
		return &Failure{Type: service + ":AccessDeniedException",
			Message: fmt.Sprintf("the role %s of the data source %s is not authorized to perform: %s on resource: %s", ds.RoleARN, ds.Name, action, resource)}
	}
	return nil
}

// Close waits for the invocations of type Event, until ctx ends, and then ends
// them.
func (s *Sources) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	defer s.o.HTTP.CloseIdleConnections()
	done := make(chan struct{})
	go func() { s.events.Wait(); close(done) }()
	select {
	case <-done:
		s.cancel()
		return nil
	case <-ctx.Done():
		s.cancel()
		<-done
		return fmt.Errorf("data sources: invocations of type Event were ended: %w", context.Cause(ctx))
	}
}

// Failure is what a data source answered instead of a result: ctx.error, and
// where no handler takes it, the error of the field.
type Failure struct {
	Type, Message string
	Data, Info    json.RawMessage // nil: null
}

// Error is type and message.
func (f *Failure) Error() string { return f.Type + ": " + f.Message }

// Answer is the result of one of several calls.
type Answer struct {
	Value   json.RawMessage
	Failure *Failure
}

// Field is the field that a request document is for.
type Field struct {
	Parent, Name, OutputType string
	Arguments, Identity      json.RawMessage // nil: null
}

const badTemplate = "MappingTemplate"

// Do sends one request document. The value is JSON, null if there is none; a
// Failure may come with one. field is for the Lambda function of a failed
// condition; nil is an unknown field.
func (s *Sources) Do(ctx context.Context, ds *spec.DataSource, document json.RawMessage, field *Field) (json.RawMessage, *Failure) {
	switch {
	case ds.Unsupported != "":
		return null, unsupported(ds.Unsupported)
	case ds.Type == spec.SourceNone:
		return doNone(document)
	case ds.Type == spec.SourceLambda:
		return s.doLambda(ctx, ds, document)
	case ds.Type == spec.SourceHTTP:
		return s.doHTTP(ctx, ds, document)
	case ds.Type == spec.SourceDynamoDB:
		return s.doDynamoDB(ctx, ds, document, field)
	}
	return null, unsupported(fmt.Sprintf("the data source %s is of type %s, which tidewire does not run", ds.Name, ds.Type))
}

var null = json.RawMessage("null")

// unsupported is the error of what tidewire lacks; AppSync has no such type.
func unsupported(message string) *Failure {
	return &Failure{Type: "UnsupportedOperation", Message: message}
}

func doNone(document json.RawMessage) (json.RawMessage, *Failure) {
	var d struct {
		Payload json.RawMessage `json:"payload"`
	}
	if f := decode(document, &d); f != nil {
		return null, f
	}
	return orNull(d.Payload), nil
}

func orNull(value json.RawMessage) json.RawMessage {
	if len(value) == 0 {
		return null
	}
	return value
}

// decode reads a request document.
func decode(document json.RawMessage, into any) *Failure {
	if len(document) == 0 || document[0] != '{' {
		return &Failure{Type: badTemplate, Message: "the request handler must return an object for the data source, not " + shown(document)}
	}
	err := json.Unmarshal(document, into)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		return &Failure{Type: badTemplate, Message: fmt.Sprintf("the request document has a %s as %s", wrong.Value, wrong.Field)}
	case err != nil:
		return &Failure{Type: badTemplate, Message: "the request document: " + err.Error()}
	}
	return nil
}

func shown(document json.RawMessage) string {
	const most = 60
	if len(document) == 0 {
		return "nothing"
	}
	if len(document) > most {
		return string(document[:most]) + "…"
	}
	return string(document)
}
