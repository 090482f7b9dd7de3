package gatewaytest

import (
	"testing"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/internal/spec"
)

// auth is a proof for the API that needs nothing but what the gateway has: of
// its modes the first that is API_KEY, with its first key, or AWS_IAM, as the
// local developer. Nil if it has neither.
func (g *Gateway) auth(api gateway.API) *appsync.Auth {
	for _, mode := range api.Modes {
		switch {
		case mode == spec.ModeAPIKey && len(api.APIKeys) > 0:
			return appsync.APIKey(api.APIKeys[0])
		case mode == spec.ModeIAM:
			return appsync.IAM(g.Developer(), g.Spec().Region)
		}
	}
	return nil
}

// GraphQLURL is where the first GraphQL API answers, "http://…/graphql"; "" if
// there is none.
func (g *Gateway) GraphQLURL() string { return g.first(gateway.KindGraphQL).URL }

// AppSync is a client of the first GraphQL API, closed with the test. auth nil
// is the API's first mode that needs no token: its API key, or a signature of
// the local developer; with neither the client has no Auth of its own. o may be
// nil. It ends the test when the client cannot be made.
func (g *Gateway) AppSync(t testing.TB, auth *appsync.Auth, o *appsync.Options) *appsync.Client {
	t.Helper()
	var c appsync.Options
	if o != nil {
		c = *o
	}
	if c.HTTPClient == nil {
		c.HTTPClient = g.Client()
	}
	api := g.need(t, gateway.KindGraphQL, "GraphQL")
	if auth == nil {
		auth = g.auth(api)
	}
	client, err := appsync.New(api.URL, auth, &c)
	if err != nil {
		t.Fatalf("gatewaytest: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}

// EventsURL is where the first Event API answers, "http://…/event"; "" if there
// is none.
func (g *Gateway) EventsURL() string { return g.first(gateway.KindEvents).URL }

// Events is a client of the first Event API, closed with the test. auth nil is
// as for AppSync; o may be nil. It ends the test when the client cannot be made.
func (g *Gateway) Events(t testing.TB, auth *appsync.Auth, o *events.Options) *events.Client {
	t.Helper()
	var c events.Options
	if o != nil {
		c = *o
	}
	if c.HTTPClient == nil {
		c.HTTPClient = g.Client()
	}
	api := g.need(t, gateway.KindEvents, "Event")
	if auth == nil {
		auth = g.auth(api)
	}
	client, err := events.New(api.URL, auth, &c)
	if err != nil {
		t.Fatalf("gatewaytest: %v", err)
	}
	t.Cleanup(client.Close)
	return client
}
