package gatewaytest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/gatewaytest"
)

// Event and Answer are what the function of the examples gets and gives.
type (
	Event struct {
		Body           string
		RequestContext struct{ ConnectionID string }
	}
	Answer struct {
		StatusCode int `json:"statusCode"`
	}
)

// A WebSocket API whose function is replaced by Go, which answers as the backend
// would: through @connections.
func ExampleNew() {
	_ = func(t *testing.T) { // TestEcho
		var g *gatewaytest.Gateway
		g = gatewaytest.New(t, "template.yaml", &gatewaytest.Options{Functions: map[string]gatewaytest.Function{
			"Echo": gatewaytest.Handler(func(ctx context.Context, e Event) (Answer, error) {
				err := g.Connections().Post(ctx, e.RequestContext.ConnectionID, []byte(e.Body))
				return Answer{StatusCode: 200}, err
			}),
		}})
		c := g.Dial(t, nil) // signed as the local developer
		if err := c.Send(t.Context(), []byte("hello")); err != nil {
			t.Fatal(err)
		}
		if m, err := c.Receive(t.Context()); err != nil || string(m.Data) != "hello" {
			t.Errorf("%q, %v", m.Data, err)
		}

		_, err := apigateway.Dial(t.Context(), g.URL(), g.DialOptions(&apigateway.DialOptions{Auth: apigateway.None}))
		var refused *apigateway.RefusedError
		if !errors.As(err, &refused) || refused.Status != 403 {
			t.Errorf("an unsigned connection: %v", err)
		}
	}
}

// A subscription of a GraphQL API sees what a mutation does.
func ExampleGateway_AppSync() {
	_ = func(t *testing.T) { // TestOnPost
		g := gatewaytest.New(t, "template.yaml", &gatewaytest.Options{InMemory: true})
		c := g.AppSync(t, nil, nil) // with the API's key
		sub, err := c.Subscribe(t.Context(), &appsync.Request{Query: `subscription { onPost { id } }`})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Mutate(t.Context(), &appsync.Request{Query: `mutation { post(id: "1") { id } }`}); err != nil {
			t.Fatal(err)
		}
		if event, err := sub.Next(t.Context()); err != nil || string(event.Data) != `{"onPost":{"id":"1"}}` {
			t.Errorf("%s, %v", event.Data, err)
		}
	}
}
