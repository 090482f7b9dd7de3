//go:build conformance

package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
)

// strange is a text that encoders write in different ways: what is signed must
// be what is sent.
const strange = "a\"b\\c/<d>&é\u2028\U0001F30A\t\x7f"

// realtimeConfig is what clients/realtime.py must be shown.
type realtimeConfig struct {
	Key             string `json:"key"`
	JWT             string `json:"jwt"`
	Token           string `json:"token"`
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	Region          string `json:"region"`
	Host            string `json:"host"`
}

// peer is a running clients/realtime.py: an AppSync of a page, whose signatures
// are botocore's and whose WebSockets are those of the Python package.
type peer struct {
	*process
	realtimeConfig
	url string
}

func startPeer(t testing.TB, session, host string) *peer {
	t.Helper()
	p := &peer{realtimeConfig: realtimeConfig{Key: simulatorKey, JWT: jwt("https://issuer.example"), Token: "lambda-token-of-the-tests", AccessKeyID: "AKIAIOSFODNN7EXAMPLE",
		SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", SessionToken: session, Region: "eu-west-1", Host: host}}
	config, err := json.Marshal(p.realtimeConfig)
	if err != nil {
		t.Fatal(err)
	}
	p.process = start(t, command{argv: []string{"/usr/bin/python3", suite.clients + "/realtime.py", string(config)}})
	line := p.stdout.await(t, `^\{.*\}\n`)[0]
	var first struct{ URL string }
	if err := json.Unmarshal([]byte(line), &first); err != nil || first.URL == "" {
		t.Fatalf("the first line is %q (%v)\n%s", line, err, p.stderr)
	}
	p.url = first.URL
	return p
}

func (p *peer) iam(secret string) *appsync.Auth {
	return appsync.IAM(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: p.AccessKeyID, SecretAccessKey: secret, SessionToken: p.SessionToken}, nil
	}), "")
}

// modes are all five, by what the peer calls them.
func (p *peer) modes() map[string]*appsync.Auth {
	return map[string]*appsync.Auth{
		"API_KEY": appsync.APIKey(p.Key), "IAM": p.iam(p.SecretAccessKey), "LAMBDA": appsync.Lambda(p.Token),
		"OIDC": appsync.Token(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: p.JWT})),
	}
}

func (p *peer) options(transport string) appsync.Options {
	return appsync.Options{Host: p.Host, Region: p.Region, Realtime: quick, HeaderInQuery: transport == "query"}
}

// TestPeerModes calls, subscribes and subscribes again after a drop, in every
// mode, with the authorization of the WebSocket in both places, with and
// without a session token and a host that is not the dialled one.
func TestPeerModes(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*peer{
		"session": startPeer(t, "session/+token==", "abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com"),
		"keys":    startPeer(t, "", ""),
	} {
		for mode, auth := range p.modes() {
			for _, transport := range []string{"subprotocol", "query"} {
				t.Run(name+"/"+mode+"/"+transport, func(t *testing.T) {
					c := appsyncClient(t, p.url+"/graphql", auth, p.options(transport))
					inMode(t, c, mode)
					sub, err := c.Subscribe(patient(t), &appsync.Request{Query: `subscription { opened { mode transport } }`, Variables: map[string]string{"strange": strange}})
					if err != nil {
						t.Fatalf("%v\n%s%s", err, p.stdout, p.stderr)
					}
					opened(t, sub, mode, transport)
					p.write(t, "drop\n")
					if e, err := sub.Next(patient(t)); err != nil || e.Reconnected == nil {
						t.Fatalf("%+v, %v", e, err)
					}
					opened(t, sub, mode, transport)
					sub.Close(patient(t))
				})
			}
		}
		text := p.stdout.String()
		if strings.Contains(text, "refused") || p.Host != "" && !strings.Contains(text, `"host": "abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.eu-west-1.amazonaws.com"`) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func inMode(t *testing.T, c *appsync.Client, mode string) {
	t.Helper()
	type called struct {
		Called struct{ Mode, Variables string }
	}
	got, err := appsync.Query[called](patient(t), c, &appsync.Request{Query: `query { called }`, Variables: map[string]string{"strange": strange}})
	var variables struct{ Strange string }
	if err == nil {
		err = json.Unmarshal([]byte(got.Called.Variables), &variables)
	}
	if err != nil || got.Called.Mode != mode || variables.Strange != strange {
		t.Errorf("%+v, %v", got, err)
	}
}

func opened(t *testing.T, sub *appsync.Subscription, mode, transport string) {
	t.Helper()
	e, err := sub.Next(patient(t))
	var data struct {
		Opened struct{ Mode, Transport string }
	}
	if err == nil {
		err = e.Decode(&data)
	}
	if err != nil || data.Opened.Mode != mode || data.Opened.Transport != transport {
		t.Fatalf("%+v, %v; want %s by %s", data, err, mode, transport)
	}
}

// TestPeerDenies: a wrong secret is found by botocore, in a request, a connection
// and a start, and is final.
func TestPeerDenies(t *testing.T) {
	t.Parallel()
	p := startPeer(t, "", "")
	wrong, good := p.iam("wrong/secret/wrong/secret/wrong/secret12"), p.iam(p.SecretAccessKey)
	c := appsyncClient(t, p.url+"/graphql", wrong, p.options(""))
	if _, err := c.Query(patient(t), &appsync.Request{Query: `{ called }`}); !errors.Is(err, appsync.ErrUnauthorized) {
		t.Errorf("a request: %v", err)
	}
	request := &appsync.Request{Query: `subscription { opened }`}
	if _, err := c.Subscribe(patient(t), request); !errors.Is(err, appsync.ErrUnauthorized) {
		t.Errorf("a connection: %v", err)
	}
	c = appsyncClient(t, p.url+"/graphql", good, p.options(""))
	request.Auth = wrong
	if _, err := c.Subscribe(patient(t), request); !errors.Is(err, appsync.ErrUnauthorized) {
		t.Errorf("a start: %v", err)
	}
	p.stdout.until(t, "three refusals", func(text string) bool { return strings.Count(text, "botocore signs otherwise") == 3 })
}

// TestPeerEvents publishes and subscribes in every mode, over HTTP and on the
// socket; what IAM signs is put together again by Python, compact.
func TestPeerEvents(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*peer{
		"session": startPeer(t, "session/+token==", "abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com"),
		"keys":    startPeer(t, "", ""),
	} {
		for mode, auth := range p.modes() {
			t.Run(name+"/"+mode, func(t *testing.T) {
				c, err := events.New(p.url+"/event", auth, &events.Options{Host: p.Host, Region: p.Region, Realtime: quick})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				p.publishes(t, c, "/default/"+name+"-"+strings.ReplaceAll(mode, "_", "-"))
			})
		}
		if text := p.stdout.String(); strings.Contains(text, "refused") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

// publishes subscribes to a channel and all below, publishes, and is dropped.
func (p *peer) publishes(t *testing.T, c *events.Client, channel string) {
	t.Helper()
	below, err := c.Subscribe(patient(t), channel+"/*")
	if err != nil {
		t.Fatalf("%v\n%s%s", err, p.stdout, p.stderr)
	}
	room := channel + "/room"
	batch, err := events.Marshal(strange, 1, map[string]string{"s": strange}, nil, []int{1, 2}, "sixth", json.RawMessage(`{ "spaced" : 1.0 }`))
	if err != nil {
		t.Fatal(err)
	}
	for way, publish := range map[string]func(context.Context, string, ...json.RawMessage) (*events.Published, error){"HTTP": c.Publish, "socket": c.PublishSocket} {
		done, err := publish(patient(t), room, batch...)
		if err != nil || len(done.Successful) != len(batch) || len(done.Failed)+len(done.Unmentioned) != 0 {
			t.Fatalf("%s: %+v, %v\n%s", way, done, err, p.stderr)
		}
		for _, want := range batch {
			if e, err := below.Next(patient(t)); err != nil || string(e.Data) != string(want) {
				t.Fatalf("%s: %s, %v, want %s", way, e.Data, err, want)
			}
		}
	}
	p.write(t, "drop\n")
	if e, err := below.Next(patient(t)); err != nil || e.Reconnected == nil {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := c.PublishSocket(patient(t), room, json.RawMessage(`"after"`)); err != nil {
		t.Fatal(err)
	}
	if e, err := below.Next(patient(t)); err != nil || string(e.Data) != `"after"` {
		t.Fatalf("%+v, %v", e, err)
	}
	below.Close(patient(t))
	if _, err := below.Next(patient(t)); !errors.Is(err, appsync.ErrClosed) {
		t.Error(err)
	}
}

// TestPeerDeniesEvents: each operation is denied by itself.
func TestPeerDeniesEvents(t *testing.T) {
	t.Parallel()
	p := startPeer(t, "", "")
	wrong := p.iam("wrong/secret/wrong/secret/wrong/secret12")
	c, err := events.New(p.url+"/event", p.iam(p.SecretAccessKey), &events.Options{Region: p.Region, Realtime: quick})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	as := c.As(wrong)
	event := json.RawMessage(`1`)
	_, subscribe := as.Subscribe(patient(t), "/default/x")
	_, publish := as.Publish(patient(t), "/default/x", event)
	_, socket := as.PublishSocket(patient(t), "/default/x", event)
	for n, err := range []error{subscribe, publish, socket} {
		if !errors.Is(err, appsync.ErrUnauthorized) {
			t.Errorf("%d: %v", n, err)
		}
	}
	p.stdout.until(t, "three refusals", func(text string) bool { return strings.Count(text, "botocore signs otherwise") == 3 })
	if _, err := c.PublishSocket(patient(t), "/default/x", event); err != nil {
		t.Errorf("%v", fmt.Errorf("afterwards: %w", err))
	}
}
