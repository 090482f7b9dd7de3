package identity_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

// eventWorld is an Event API whose namespace "open" has the API's modes and
// "keyed" takes API keys alone. bob may connect, publish to open, and subscribe
// to everything but open.
func eventWorld(t testing.TB, change func(*spec.EventsAPI)) *world {
	t.Helper()
	all := []string{spec.ModeAPIKey, spec.ModeIAM, spec.ModeCognito, spec.ModeOIDC, spec.ModeLambda}
	api := &spec.EventsAPI{LogicalID: "Live", ID: "abcdefghijklmnopqrstuvwxyz", ARN: graphARN, Auth: providers(),
		Keys: []spec.GraphQLKey{{LogicalID: "Key", Value: apiKey}}, Connect: all, Publish: all, Subscribe: all,
		Namespaces: []spec.ChannelNamespace{
			{Name: "open", ARN: graphARN + "/channelNamespace/open"},
			{Name: "keyed", ARN: graphARN + "/channelNamespace/keyed", Publish: []string{spec.ModeAPIKey}, Subscribe: []string{spec.ModeAPIKey}},
		}}
	if change != nil {
		change(api)
	}
	return newWorld(t, nil, func(o *identity.ModesOptions) {
		o.API, o.Events = nil, api
		o.Spec.Users[0].Policies = append(o.Spec.Users[0].Policies,
			policy(t, "connect", allow("appsync:EventConnect", graphARN, "")),
			policy(t, "publish", allow("appsync:EventPublish", graphARN+"/channelNamespace/open", "")),
			policy(t, "subscribe", allow("appsync:EventSubscribe", graphARN+"/channelNamespace/*", "")),
			policy(t, "silence", strings.Replace(allow("appsync:EventSubscribe", graphARN+"/channelNamespace/open", ""), "Allow", "Deny", 1)))
		o.IAM.Update(o.Spec)
	})
}

func TestEventsAreAuthorizedByOperation(t *testing.T) {
	t.Parallel()
	w := eventWorld(t, nil)
	key, err := w.modes.Admit(context.Background(), credential("x-api-key", apiKey))
	if err != nil {
		t.Fatal(err)
	}
	bob, err := w.modes.Admit(context.Background(), signGraphQL(t, bobID))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		c         *identity.Caller
		op        identity.EventOperation
		namespace string
		reason    string // empty: allowed
	}{
		{"key connects", key, identity.EventConnect, "", ""},
		{"key publishes", key, identity.EventPublish, "keyed", ""},
		{"key subscribes", key, identity.EventSubscribe, "open", ""},
		{"bob connects", bob, identity.EventConnect, "", ""},
		{"bob publishes", bob, identity.EventPublish, "open", ""},
		{"bob's mode", bob, identity.EventPublish, "keyed", `takes ["API_KEY"]`},
		{"bob's mode to subscribe", bob, identity.EventSubscribe, "keyed", `takes ["API_KEY"]`},
		{"bob is silenced", bob, identity.EventSubscribe, "open", `appsync:EventSubscribe on "` + graphARN + `/channelNamespace/open"`},
		{"no namespace", key, identity.EventPublish, "other", "no such operation or namespace"},
		{"empty namespace", key, identity.EventSubscribe, "", "no such operation or namespace"},
		{"no operation", key, 0, "open", "no such operation or namespace"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := w.modes.AuthorizeEvents(tt.c, tt.op, tt.namespace)
			if tt.reason == "" {
				if f != nil {
					t.Error(f)
				}
				return
			}
			checkRefusal(t, f, public{"UnauthorizedException", 401, "You are not authorized to make this call."}, tt.reason)
		})
	}
}

func TestEventsOfNoProviderAdmitNobody(t *testing.T) {
	t.Parallel()
	w := eventWorld(t, func(a *spec.EventsAPI) { a.Connect = []string{"SOMETHING_NEW"}; a.Subscribe = nil })
	key, err := w.modes.Admit(context.Background(), credential("x-api-key", apiKey))
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []identity.EventOperation{identity.EventConnect, identity.EventSubscribe} {
		if f := w.modes.AuthorizeEvents(key, op, "open"); f == nil {
			t.Errorf("operation %d was allowed", op)
		}
	}
	graph := newWorld(t, providers(), nil)
	if f := graph.modes.AuthorizeEvents(key, identity.EventConnect, ""); f == nil {
		t.Error("a GraphQL API has no events, and allowed them")
	}
}

func TestEventsAskTheirLambdaAuthorizer(t *testing.T) {
	t.Parallel()
	w := eventWorld(t, nil)
	w.answer = `{"isAuthorized":true,"handlerContext":{"tenant":"t1"},"resolverContext":{"not":"mine"},"deniedFields":["odd"],"ttlOverride":60}`
	ask := func(op identity.EventOperation, namespace, channel string) *identity.Caller {
		r := credential("Authorization", opaque)
		r.Event, r.Namespace, r.Channel = op, namespace, channel
		c, f := w.modes.Admit(context.Background(), r)
		if f != nil {
			t.Fatal(f)
		}
		return c
	}
	for range 2 { // the second time they are remembered
		ask(identity.EventConnect, "", "")
		ask(identity.EventSubscribe, "open", "/open/*")
		if got := string(ask(identity.EventPublish, "open", "/open/a").Identity()); got != `{"handlerContext":{"tenant":"t1"}}` {
			t.Errorf("identity: %s", got)
		}
	}
	head := authorizer + ` {"authorizationToken":"custom-opaque-token","requestContext":{"apiId":"abcdefghijklmnopqrstuvwxyz","accountId":"123456789012","requestId":"r-1",`
	want := []string{
		head + `"operation":"EVENT_CONNECT"},"requestHeaders":{"host":"127.0.0.1:4577"}}`,
		head + `"operation":"EVENT_SUBSCRIBE","channelNamespaceName":"open","channel":"/open/*"},"requestHeaders":{"host":"127.0.0.1:4577"}}`,
		head + `"operation":"EVENT_PUBLISH","channelNamespaceName":"open","channel":"/open/a"},"requestHeaders":{"host":"127.0.0.1:4577"}}`,
	}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Error(diff)
	}
}

// TestSignatureOverOneOfTwoTexts: a message may be signed as it was written or
// as it reads, and as nothing else.
func TestSignatureOverOneOfTwoTexts(t *testing.T) {
	t.Parallel()
	w := eventWorld(t, nil)
	sign := func(body, as, other string) *identity.Request {
		r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:4577/event", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		s := signer(longTerm(bobID), start)
		s.Service = "appsync"
		if err := s.Sign(context.Background(), r, sigv4.HashPayload([]byte(body))); err != nil {
			t.Fatal(err)
		}
		ir := request(r.Header)
		ir.Signed, ir.Body = sigv4.FromHTTP(r), []byte(as)
		if other != "" {
			ir.OtherBody = []byte(other)
		}
		return ir
	}
	const plain, escaped = `{"channel":"/a"}`, `{"channel":"\/a"}`
	for _, tt := range []struct {
		name string
		r    *identity.Request
		want bool
	}{
		{"as it reads", sign(plain, plain, escaped), true},
		{"as it was written", sign(escaped, plain, escaped), true},
		{"another", sign("{}", plain, escaped), false},
		{"no second text", sign(escaped, plain, ""), false},
	} {
		if _, f := w.modes.Admit(context.Background(), tt.r); (f == nil) != tt.want {
			t.Errorf("%s: %v", tt.name, f)
		}
	}
}
