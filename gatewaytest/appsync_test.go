package gatewaytest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/gatewaytest"
)

func TestAppSync(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{false, true} {
		g := gatewaytest.New(t, "testdata/graphql.yaml", &gatewaytest.Options{InMemory: inMemory, Functions: map[string]gatewaytest.Function{
			"Store": gatewaytest.Handler(func(_ context.Context, e map[string]any) (any, error) {
				if e["title"] == "" {
					return nil, errors.New("a post needs a title")
				}
				return e, nil
			}),
		}})
		c := g.AppSync(t, nil, nil)
		sub, err := c.Subscribe(t.Context(), &appsync.Request{Query: `subscription { onAdd(author: "ann") { id author } }`})
		if err != nil {
			t.Fatal(err)
		}
		type added struct{ Add struct{ Title string } }
		for _, author := range []string{"bob", "ann"} {
			got, err := appsync.Mutate[added](t.Context(), c, &appsync.Request{
				Query:     `mutation Add($author: String) { add(id: "1", title: "t", author: $author) { id title author } }`,
				Variables: map[string]string{"author": author},
			})
			if err != nil || got.Add.Title != "t" {
				t.Fatalf("%+v, %v", got, err)
			}
		}
		event, err := sub.Next(t.Context())
		if err != nil || string(event.Data) != `{"onAdd":{"id":"1","author":"ann"}}` {
			t.Errorf("%s, %v", event.Data, err)
		}
		_, err = c.Mutate(t.Context(), &appsync.Request{Query: `mutation { add(id: "1", title: "") { id } }`})
		var failed appsync.Errors
		if !errors.As(err, &failed) || failed[0].Message != "a post needs a title" || failed[0].ErrorType != "Lambda:Unhandled" {
			t.Errorf("the function's error: %v", err)
		}
		signed := g.AppSync(t, appsync.IAM(g.Developer(), "us-east-1"), nil)
		who, err := signed.Query(t.Context(), &appsync.Request{Query: `{ me }`})
		if want := json.RawMessage(`{"me":"arn:aws:iam::123456789012:user/developer"}`); err != nil || string(who.Data) != string(want) {
			t.Errorf("%+v, %v", who, err)
		}
		own, err := appsync.New(g.GraphQLURL(), appsync.IAM(g.Developer(), "us-east-1"), &appsync.Options{HTTPClient: g.Client()})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := own.Query(t.Context(), &appsync.Request{Query: `{ me }`}); err != nil || string(again.Data) != string(who.Data) {
			t.Errorf("a client of one's own: %+v, %v", again, err)
		}
		if _, err := g.AppSync(t, appsync.APIKey("da2-no"), nil).Query(t.Context(), &appsync.Request{Query: `{ me }`}); !errors.Is(err, appsync.ErrUnauthorized) {
			t.Errorf("a wrong key: %v", err)
		}
	}
}

// A template without the API that is asked for is said to have none.
func TestMissingAPIs(t *testing.T) {
	t.Parallel()
	g := gatewaytest.New(t, "testdata/events.yaml", &gatewaytest.Options{InMemory: true})
	for want, ask := range map[string]func(testing.TB){
		"WebSocket API": func(t testing.TB) { g.Dial(t, nil) },
		"GraphQL API":   func(t testing.TB) { g.AppSync(t, nil, nil) },
	} {
		f := &fatal{TB: t}
		var asked sync.WaitGroup
		asked.Go(func() { ask(f) })
		asked.Wait()
		if !strings.Contains(f.said, want) {
			t.Errorf("%q, want one about a %s", f.said, want)
		}
	}
	if g.URL() != "" || g.GraphQLURL() != "" {
		t.Error("there are more APIs")
	}
	if err := g.Connections().Post(t.Context(), "id", nil); err == nil {
		t.Error("there are connections")
	}
}

// fatal is a test of which the end is looked at.
type fatal struct {
	testing.TB
	said string
}

func (f *fatal) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func TestEvents(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{false, true} {
		g := gatewaytest.New(t, "testdata/events.yaml", &gatewaytest.Options{InMemory: inMemory})
		subscriber := g.Events(t, nil, nil)
		sub, err := subscriber.Subscribe(t.Context(), "/room/*")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := subscriber.Publish(t.Context(), "/room/a", json.RawMessage(`{"text":"no"}`)); !errors.Is(err, appsync.ErrUnauthorized) {
			t.Errorf("a key published: %v", err)
		}
		own, err := events.New(g.EventsURL(), appsync.IAM(g.Developer(), "us-east-1"), &events.Options{HTTPClient: g.Client()})
		if err != nil {
			t.Fatal(err)
		}
		if done, err := own.Publish(t.Context(), "/other", json.RawMessage(`1`)); !errors.Is(err, appsync.ErrUnauthorized) {
			t.Errorf("there is no such namespace: %+v, %v", done, err)
		}
		publisher := g.Events(t, appsync.IAM(g.Developer(), "us-east-1"), nil)
		for _, publish := range []func(context.Context, string, ...json.RawMessage) (*events.Published, error){publisher.Publish, publisher.PublishSocket} {
			done, err := publish(t.Context(), "room/a/b", json.RawMessage(`{"text":"one"}`), json.RawMessage(`{}`), json.RawMessage(`{"text":"two"}`))
			if err != nil || len(done.Successful) != 3 {
				t.Fatalf("%+v, %v", done, err)
			}
			for _, want := range []string{"one", "two"} {
				if e, err := sub.Next(t.Context()); err != nil || string(e.Data) != `{"text":"`+want+`","in":"/room/a/b"}` {
					t.Errorf("%s, %v; want %s", e.Data, err, want)
				}
			}
		}
	}
}
