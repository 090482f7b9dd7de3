package eventsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/spec"
)

// dialer is our own client.
func (r *rig) dialer(auth *appsync.Auth, o events.Options) *events.Client {
	r.t.Helper()
	o.HTTPClient, o.Host, o.Region = r.http, apiHost, "us-east-1"
	o.RealtimeURL = "ws://" + apiHost + "/event/realtime"
	c, err := events.New("http://"+apiHost+"/event", auth, &o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(c.Close)
	return c
}

func bob(id, secret string) *appsync.Auth {
	return appsync.IAM(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
	}), "")
}

// credentials are a good and a bad one of each mode.
func credentials(t testing.TB) map[string][2]*appsync.Auth {
	return map[string][2]*appsync.Auth{
		spec.ModeAPIKey:  {appsync.APIKey(apiKey), appsync.APIKey("da2-no")},
		spec.ModeIAM:     {bob(bobID, bobSecret), bob(bobID, "another secret")},
		spec.ModeCognito: {appsync.Token(tokens(token(t, poolIssuer, time.Hour))), appsync.Token(tokens(token(t, poolIssuer, -time.Hour)))},
		spec.ModeOIDC:    {appsync.Token(tokens(token(t, oidcIssuer, time.Hour))), appsync.Token(tokens(token(t, "https://other.example.com", time.Hour)))},
		spec.ModeLambda:  {appsync.Lambda("open-sesame"), appsync.Lambda("open-barley")},
	}
}

// TestEveryModeForEveryOperation: a client connects, subscribes and publishes in
// one mode each, over HTTP and on the socket.
func TestEveryModeForEveryOperation(t *testing.T) {
	t.Parallel()
	all := credentials(t)
	for connect := range all {
		for subscribe := range all {
			for publish := range all {
				t.Run(connect+" "+subscribe+" "+publish, func(t *testing.T) {
					t.Parallel()
					r := newRig(t, func(r *rig) {
						r.spec.Connect, r.spec.Subscribe, r.spec.Publish = modes(connect), modes(subscribe), modes(publish)
					})
					c := r.dialer(nil, events.Options{ConnectAuth: all[connect][0], SubscribeAuth: all[subscribe][0], PublishAuth: all[publish][0]})
					s, err := c.Subscribe(t.Context(), "/default/*")
					if err != nil {
						t.Fatal(err)
					}
					for i, send := range []func(context.Context, string, ...json.RawMessage) (*events.Published, error){c.Publish, c.PublishSocket} {
						text := fmt.Sprintf(`{"n":%d,"t":"ä/<"}`, i)
						if p, err := send(t.Context(), "/default/x", json.RawMessage(text)); err != nil || len(p.Successful) != 1 {
							t.Fatalf("publish: %+v, %v", p, err)
						}
						if e, err := s.Next(t.Context()); err != nil || string(e.Data) != text {
							t.Errorf("got %s, %v", e.Data, err)
						}
					}
				})
			}
		}
	}
}

// TestEveryModeRefuses: no operation is carried out with a bad credential of any
// mode, nor with a good one of a mode that it does not take.
func TestEveryModeRefuses(t *testing.T) {
	t.Parallel()
	all := credentials(t)
	for mode, pair := range all {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			good := appsync.APIKey(apiKey)
			other := modes(spec.ModeAPIKey)
			if mode == spec.ModeAPIKey {
				other, good = modes(spec.ModeIAM), bob(bobID, bobSecret)
			}
			for what, change := range map[string]func(*rig){
				"credential": func(*rig) {},
				"mode":       func(r *rig) { r.spec.Connect, r.spec.Subscribe, r.spec.Publish = other, other, other },
			} {
				auth := pair[1]
				if what == "mode" {
					auth = pair[0]
				}
				r := newRig(t, change)
				_, err := r.dialer(auth, events.Options{}).Subscribe(t.Context(), "/default/x")
				wantUnauthorized(t, what+" to connect", err)
				c := r.dialer(auth, events.Options{ConnectAuth: good})
				_, err = c.Subscribe(t.Context(), "/default/x")
				wantUnauthorized(t, what+" to subscribe", err)
				_, err = c.Publish(t.Context(), "/default/x", json.RawMessage("1"))
				wantUnauthorized(t, what+" to publish", err)
				_, err = c.PublishSocket(t.Context(), "/default/x", json.RawMessage("1"))
				wantUnauthorized(t, what+" to publish on the socket", err)
				if n := r.api.Subscriptions(); n != 0 {
					t.Errorf("%d subscriptions", n)
				}
			}
		})
	}
}

func wantUnauthorized(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, appsync.ErrUnauthorized) && !(err != nil && strings.Contains(err.Error(), "InvalidSignature")) {
		t.Errorf("%s: %v, want a refusal", what, err)
	}
}

// TestPoliciesDecide: bob's policies allow the namespace default alone.
func TestPoliciesDecide(t *testing.T) {
	t.Parallel()
	r := newRig(t, namespaceOf(t, "other", ""))
	c := r.dialer(bob(bobID, bobSecret), events.Options{})
	_, err := c.Subscribe(t.Context(), "/other/x")
	wantUnauthorized(t, "subscribe", err)
	_, err = c.Publish(t.Context(), "/other/x", json.RawMessage("1"))
	wantUnauthorized(t, "publish", err)
	if log := r.logged.String(); !strings.Contains(log, "may not call appsync:EventSubscribe on") || !strings.Contains(log, "may not call appsync:EventPublish on") {
		t.Errorf("log: %s", log)
	}
}

// TestSignedBodies: what is signed is the message as it reads, or as it was
// written; a client may escape slashes and letters.
func TestSignedBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.open()
	say := func(id, channel, object string) {
		c.say(`{"authorization":` + object + `,"channel":` + channel + `,"id":"` + id + `","type":"subscribe"}`)
	}
	say("1", `"\/default\/x"`, signedObject(t, `{"channel":"/default/x"}`)) // as the AWS library for Swift does
	c.hear(`{"type":"subscribe_success","id":"1"}`)
	say("2", `"\/default\/x"`, signedObject(t, `{"channel":"\/default\/x"}`))
	c.hear(`{"type":"subscribe_success","id":"2"}`)
	say("3", `"/default/x"`, signedObject(t, `{"channel":"/default/y"}`))
	c.hear(failed("subscribe_error", "3", "UnauthorizedException", notAuthorizedText))
	publish := func(id, events, object string) {
		c.say(`{"type":"publish","id":"` + id + `","channel":"/default/z","events":` + events + `,"authorization":` + object + `}`)
	}
	success := func(id string) string {
		return `{"type":"publish_success","id":"` + id + `","successful":[{"identifier":"ID","index":0}],"failed":[]}`
	}
	publish("4", `["\"\u00e4\""]`, signedObject(t, `{"channel":"/default/z","events":["\"ä\""]}`))
	c.hear(success("4"))
	publish("5", `["\"\u00e4\""]`, signedObject(t, `{"channel":"/default/z","events":["\"\u00e4\""]}`))
	c.hear(success("5"))
	publish("6", `["1"]`, signedObject(t, `{"channel":"/default/z","events":["2"]}`))
	c.hear(failed("publish_error", "6", "UnauthorizedException", notAuthorizedText))
	publish("7", `["1"]`, strings.Replace(signedObject(t, `{"channel":"/default/z","events":["1"]}`), apiHost, "evil.example.com", 1))
	c.hear(failed("publish_error", "7", "UnauthorizedException", notAuthorizedText))
	if n := r.refusals.Load(); n != 2 { // of 3 and 6; nobody hears that the other form was tried
		t.Errorf("%d refusals were told, want 2", n)
	}
}

// TestLambdaAuthorizerHearsWhatIsDone with which channel, each time.
func TestLambdaAuthorizerHearsWhatIsDone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := r.dialer(appsync.Lambda("open-sesame"), events.Options{})
	if _, err := c.Subscribe(t.Context(), "/default/*"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PublishSocket(t.Context(), "default/a", json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Publish(t.Context(), "default/b/", json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	want := []string{`"operation":"EVENT_CONNECT"}`, `"operation":"EVENT_SUBSCRIBE","channelNamespaceName":"default","channel":"/default/*"}`,
		`"operation":"EVENT_PUBLISH","channelNamespaceName":"default","channel":"/default/a"}`, `"operation":"EVENT_PUBLISH","channelNamespaceName":"default","channel":"/default/b"}`}
	got := strings.Split(strings.TrimSpace(r.asked.String()), "\n")
	for i, w := range want {
		if i >= len(got) || !strings.Contains(got[i], w) {
			t.Errorf("event %d of %q, want one with %s", i, got, w)
		}
	}
	if id := `"requestId":"`; strings.Contains(got[1], id+`"`) || len(got) != len(want) {
		t.Errorf("%d events: %q", len(got), got)
	}
}
