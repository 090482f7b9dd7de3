package datasource_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/fault"
)

func TestLambda(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, document, reply string
		fails                 error
		want, failure, sent   string
	}{
		{"payload", `{"operation":"Invoke","payload":{"a":1}}`, `{"b":2}`, nil, `{"b":2}`, "", `{"a":1}`},
		{"no payload", `{"operation":"BatchInvoke"}`, ``, nil, `null`, "", `null`},
		{"throws", `{"operation":"Invoke"}`, ``, &fault.FunctionError{Type: "TypeError", Message: "boom"}, `null`, "Lambda:Unhandled: boom", `null`},
		{"unauthorized", `{"operation":"Invoke"}`, ``, &fault.FunctionError{Type: "UnauthorizedException", Message: "secret"}, `null`, "Lambda:Unhandled: You are not authorized to make this call.", `null`},
		{"throttled", `{"operation":"Invoke"}`, ``, fault.TooManyRequests.Because("busy"), `null`, "Lambda:TooManyRequestsException: Too Many Requests", `null`},
		{"missing", `{"operation":"Invoke"}`, ``, errors.New("/home/me/secret path"), `null`, "Lambda:Unhandled: the function " + functionARN + " could not be invoked", `null`},
		{"no JSON", `{"operation":"Invoke"}`, `hello`, nil, `null`, "Lambda:IllegalArgument: the function " + functionARN + " answered something that is not JSON", `null`},
		{"operation", `{"payload":1}`, ``, nil, `null`, `MappingTemplate: operation must be Invoke or BatchInvoke for a Lambda data source, not ""`, ""},
		{"invocation", `{"operation":"Invoke","invocationType":"DryRun"}`, ``, nil, `null`, `MappingTemplate: invocationType must be RequestResponse or Event, not "DryRun"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &desk{reply: tt.reply, fails: tt.fails}
			got, failed := d.sources(t, nil).Do(context.Background(), function(), json.RawMessage(tt.document), nil)
			failure := ""
			if failed != nil {
				failure = failed.Error()
			}
			if diff := cmp.Diff([]string{tt.want, tt.failure}, []string{string(got), failure}); diff != "" {
				t.Error(diff)
			}
			if tt.sent != "" && (len(d.invoked) != 1 || d.invoked[0] != functionARN+" "+tt.sent) {
				t.Errorf("sent %q", d.invoked)
			}
		})
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	calls := []json.RawMessage{json.RawMessage(`{"a":1}`), json.RawMessage(`2`)}
	tests := []struct {
		name, reply string
		direct      bool
		fails       error
		want        []datasource.Answer
	}{
		{"list", `[1,{"data":2}]`, false, nil, []datasource.Answer{{Value: json.RawMessage(`1`)}, {Value: json.RawMessage(`{"data":2}`)}}},
		{"wrapped", `[{"data":1},{"data":null,"errorMessage":"no","errorType":"Mine"}]`, true, nil,
			[]datasource.Answer{{Value: json.RawMessage(`1`)}, {Value: json.RawMessage(`null`), Failure: &datasource.Failure{Type: "Mine", Message: "no"}}}},
		{"objects of their own", `[{"id":1},null]`, true, nil, []datasource.Answer{{Value: json.RawMessage(`{"id":1}`)}, {Value: json.RawMessage(`null`)}}},
		{"throws", ``, true, &fault.FunctionError{Type: "E", Message: "boom"}, []datasource.Answer{
			{Value: json.RawMessage(`null`), Failure: &datasource.Failure{Type: "Lambda:Unhandled", Message: "boom"}},
			{Value: json.RawMessage(`null`), Failure: &datasource.Failure{Type: "Lambda:Unhandled", Message: "boom"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := &desk{reply: tt.reply, fails: tt.fails}
			items := calls
			if !tt.direct {
				items = []json.RawMessage{json.RawMessage(`{"operation":"BatchInvoke","payload":{"a":1}}`), json.RawMessage(`{"payload":2}`)}
			}
			got := d.sources(t, nil).Batch(context.Background(), function(), items, tt.direct)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{functionARN + ` [{"a":1},2]`}, d.invoked); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, reply := range []string{`[1]`, `{}`, `[1,2,3]`} {
		d := &desk{reply: reply}
		for _, a := range d.sources(t, nil).Batch(context.Background(), function(), calls, true) {
			if a.Failure == nil || !strings.Contains(a.Failure.Message, "must answer a list of 2") {
				t.Errorf("%s: %v", reply, a)
			}
		}
	}
}

// TestBatchEvents: of a batch that says Event, nobody waits for the answer.
func TestBatchEvents(t *testing.T) {
	t.Parallel()
	item := func(invocation string) json.RawMessage {
		return json.RawMessage(`{"operation":"BatchInvoke","payload":1,"invocationType":"` + invocation + `"}`)
	}
	d := &desk{reply: `"not a list"`}
	s := d.sources(t, nil)
	for _, a := range s.Batch(context.Background(), function(), []json.RawMessage{item("Event"), item("Event")}, false) {
		if a.Failure != nil || string(a.Value) != "null" {
			t.Errorf("%s, %v", a.Value, a.Failure)
		}
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{functionARN + " [1,1]"}, d.invoked); diff != "" {
		t.Error(diff)
	}
	for _, other := range []string{"RequestResponse", "Whenever"} {
		for _, a := range (&desk{reply: `"not a list"`}).sources(t, nil).Batch(context.Background(), function(), []json.RawMessage{item("Event"), item(other)}, false) {
			if a.Failure == nil {
				t.Errorf("Event beside %s: %s", other, a.Value)
			}
		}
	}
}

func TestEventsAreWaitedForAndBounded(t *testing.T) {
	t.Parallel()
	hold, began := make(chan struct{}), make(chan struct{}, 200)
	d := &desk{}
	s := d.sources(t, func(o *datasource.SourcesOptions) {
		o.Invoke = func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
			began <- struct{}{}
			select {
			case <-hold:
			case <-ctx.Done():
			}
			return nil, ctx.Err()
		}
	})
	send := func() *datasource.Failure {
		_, f := s.Do(context.Background(), function(), json.RawMessage(`{"operation":"Invoke","invocationType":"Event","payload":1}`), nil)
		return f
	}
	for range 100 {
		if f := send(); f != nil {
			t.Fatal(f)
		}
	}
	if f := send(); f == nil || f.Type != "Lambda:TooManyRequestsException" {
		t.Errorf("the 101st: %v", f)
	}
	<-began
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Close(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Close: %v", err)
	}
	if f := send(); f == nil {
		t.Error("invoked after Close")
	}
	close(hold)
}
