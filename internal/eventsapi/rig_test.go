package eventsapi

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/go-jose/go-jose/v4"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/bus"
	"github.com/tidewire/tidewire/internal/conn"
	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/hub"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/memnet"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/wire"
	"github.com/tidewire/tidewire/sigv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	apiID   = "abcdefghijklmnopqrstuvwxyz"
	apiARN  = "arn:aws:appsync:us-east-1:123456789012:apis/" + apiID
	apiHost = apiID + ".appsync-api.us-east-1.amazonaws.com"
	apiKey  = "da2-abcdefghijklmnopqrstuvwxyz"

	bobID, bobSecret = "AKIABOBAAAAAAAAAAAAA", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

	poolIssuer = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI"
	oidcIssuer = "https://login.example.com"
	authorizer = "arn:aws:lambda:us-east-1:123456789012:function:who"
)

// rig is an API behind an HTTP server in memory.
type rig struct {
	t       testing.TB
	spec    *spec.EventsAPI
	api     *API
	bus     *bus.Bus
	o       Options
	topics  *hub.Stats
	sockets *conn.Stats
	logged  *logText
	http    *http.Client
	listen  *memnet.Listener
	domain  string // custom domain name of all requests

	// lambda runs the functions of data sources and the authorizer.
	lambda func(ctx context.Context, arn string, payload []byte) ([]byte, error)
	asked  logText // events that the authorizer got

	refusals atomic.Int32 // signatures that identity says it has refused
}

// logText is a log that tests read.
type logText struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func modes(list ...string) []string { return list }

func allModes() []string {
	return modes(spec.ModeAPIKey, spec.ModeIAM, spec.ModeCognito, spec.ModeOIDC, spec.ModeLambda)
}

// newRig serves an API with the five modes and the namespace "default", changed
// by change.
func newRig(t testing.TB, change ...func(*rig)) *rig {
	t.Helper()
	r := &rig{t: t, bus: bus.New(), topics: new(hub.Stats), sockets: new(conn.Stats), logged: new(logText)}
	r.lambda = func(context.Context, string, []byte) ([]byte, error) { return nil, errors.New("no function") }
	r.spec = &spec.EventsAPI{
		LogicalID: "Live", ID: apiID, ARN: apiARN, Name: "live",
		Auth: []spec.AuthProvider{{Mode: spec.ModeAPIKey}, {Mode: spec.ModeIAM},
			{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{LogicalID: "Pool", ID: "us-east-1_AbCdEfGhI", Issuer: poolIssuer}},
			{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer}},
			{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: authorizer}}},
		Keys:    []spec.GraphQLKey{{LogicalID: "Key", Value: apiKey}},
		Connect: allModes(), Publish: allModes(), Subscribe: allModes(),
		Namespaces: []spec.ChannelNamespace{{LogicalID: "Default", Name: "default", ARN: apiARN + "/channelNamespace/default"}},
	}
	r.o = Options{API: r.spec, Bus: Bus{Publish: r.bus.Publish, Receive: r.bus.Receive}, KnownHost: func(h string) bool { return h == apiHost },
		Log: logTo(r.logged), Topics: r.topics, Sockets: r.sockets}
	for _, f := range change {
		f(r)
	}
	if r.o.Admit == nil {
		m := r.modes()
		r.o.Admit, r.o.Authorize = m.Admit, m.AuthorizeEvents
	}
	var err error
	if r.api, err = New(r.o); err != nil {
		t.Fatal(err)
	}
	r.serve()
	return r
}

// modes are those of the API, with real signatures and tokens.
func (r *rig) modes() *identity.Modes {
	r.t.Helper()
	policy := func(name, action, resource string) spec.Policy {
		p, err := iam.ParseIdentity([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`))
		if err != nil {
			r.t.Fatal(err)
		}
		return spec.Policy{Name: name, Document: p}
	}
	s := &spec.Spec{Region: "us-east-1", Account: "123456789012", Partition: "aws", Users: []spec.User{{Name: "bob", ARN: "arn:aws:iam::123456789012:user/bob", ID: "AIDABOB",
		AccessKeys: []spec.AccessKey{{ID: bobID, Secret: bobSecret, Active: true}},
		Policies: []spec.Policy{policy("connect", "appsync:EventConnect", apiARN), policy("publish", "appsync:EventPublish", apiARN+"/channelNamespace/default"),
			policy("subscribe", "appsync:EventSubscribe", apiARN+"/channelNamespace/default")}}}}
	auth, err := identity.New(identity.Options{Spec: s, SealingKey: [32]byte{1}, Service: "appsync", Now: r.o.Now,
		Refused: func(identity.Refusal) { r.refusals.Add(1) }})
	if err != nil {
		r.t.Fatal(err)
	}
	file := filepath.Join(r.t.TempDir(), "jwks.json")
	public := signingKey()
	public = public.Public()
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}})
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	m, err := identity.NewModes(identity.ModesOptions{Spec: s, Events: r.spec, IAM: auth, Now: r.o.Now, Issuers: map[string]string{"Pool": file, oidcIssuer: file},
		Invoke: func(ctx context.Context, arn string, payload []byte) ([]byte, error) {
			if arn == authorizer {
				_, _ = r.asked.Write(append(payload, '\n'))
				return []byte(`{"isAuthorized":` + boolText(bytes.Contains(payload, []byte(`"authorizationToken":"open-sesame"`))) + `,"handlerContext":{"tenant":"t1"}}`), nil
			}
			return r.lambda(ctx, arn, payload)
		}})
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// serve serves the API in memory until the test ends.
func (r *rig) serve() {
	r.listen = memnet.Listen()
	in := Request{Peer: netip.MustParseAddr("127.0.0.1"), Domain: r.domain}
	mux := http.NewServeMux()
	mux.HandleFunc("/event", func(w http.ResponseWriter, q *http.Request) { r.api.Publish(w, q, in) })
	mux.HandleFunc("/event/realtime", func(w http.ResponseWriter, q *http.Request) { r.api.Realtime(w, q, in) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(r.listen) })
	transport := &http.Transport{DialContext: r.listen.Dial}
	r.http = &http.Client{Transport: transport}
	r.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := r.api.Shutdown(ctx); err != nil {
			r.t.Error(err)
		}
		transport.CloseIdleConnections()
		_ = server.Close()
		served.Wait()
		_ = r.bus.Close()
	})
}

// post publishes over HTTP with an API key unless header says something else.
func (r *rig) post(body string, header ...string) (status int, answer string, h http.Header) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+apiHost+"/event", strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("X-Api-Key", apiKey)
	if len(header) > 0 {
		q.Header.Del("X-Api-Key")
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	a, err := r.http.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = a.Body.Close() }()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return a.StatusCode, string(text), a.Header
}

// expect publishes events to a channel and wants an answer, in which ID stands
// for an identifier.
func (r *rig) expect(status int, want, channel string, events ...string) {
	r.t.Helper()
	got, answer, _ := r.post(publication(channel, events...))
	if answer = withoutIDs(answer); got != status || answer != want {
		r.t.Errorf("publish to %s: %d %s\nwant %d %s", channel, got, answer, status, want)
	}
}

func publication(channel string, events ...string) string {
	body, _, _ := wire.AppendPublication(nil, channel, rawList(events))
	return string(body)
}

func rawList(events []string) []json.RawMessage {
	list := make([]json.RawMessage, len(events))
	for i, e := range events {
		list[i] = json.RawMessage(e)
	}
	return list
}

// withoutIDs replaces UUIDs by ID.
func withoutIDs(s string) string {
	const mark = `"identifier":"`
	parts := strings.Split(s, mark)
	for i := 1; i < len(parts); i++ {
		if len(parts[i]) > 36 {
			parts[i] = "ID" + parts[i][36:]
		}
	}
	return strings.Join(parts, mark)
}

// accepted is the answer to n events that were all accepted.
func accepted(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = `{"identifier":"ID","index":` + string(rune('0'+i)) + `}`
	}
	return `{"failed":[],"successful":[` + strings.Join(items, ",") + `]}`
}

// client is a WebSocket that says what it is told.
type client struct {
	t        testing.TB
	nc       net.Conn
	reader   io.Reader
	patience time.Duration // for the next text; 0: 20 s
}

func keyObject() string { return `{"host":"` + apiHost + `","x-api-key":"` + apiKey + `"}` }

// dial opens a socket with an authorization object.
func (r *rig) dial(object string) *client {
	r.t.Helper()
	d := ws.Dialer{NetDial: r.listen.Dial, Protocols: []string{"aws-appsync-event-ws", "header-" + base64.RawURLEncoding.EncodeToString([]byte(object))}}
	nc, br, h, err := d.Dial(context.Background(), "ws://"+apiHost+"/event/realtime")
	if err != nil {
		r.t.Fatal(err)
	}
	if h.Protocol != "aws-appsync-event-ws" {
		r.t.Errorf("subprotocol %q", h.Protocol)
	}
	c := &client{t: r.t, nc: nc, reader: nc}
	if br != nil {
		c.reader = br
	}
	r.t.Cleanup(func() { _ = nc.Close() })
	return c
}

// open is dial and the greeting.
func (r *rig) open() *client {
	r.t.Helper()
	c := r.dial(keyObject())
	c.say(`{"type":"connection_init"}`)
	c.hear(`{"type":"connection_ack","connectionTimeoutMs":300000}`)
	c.hearAny(`{"type":"ka"}`)
	return c
}

func (c *client) say(text string) {
	c.t.Helper()
	_ = c.nc.SetWriteDeadline(time.Now().Add(20 * time.Second))
	if err := wsutil.WriteClientText(c.nc, []byte(text)); err != nil {
		c.t.Fatalf("say %.100s: %v", text, err)
	}
}

// next is the next text.
func (c *client) next() (string, error) {
	_ = c.nc.SetReadDeadline(time.Now().Add(max(c.patience, 20*time.Second)))
	text, _, err := wsutil.ReadData(struct {
		io.Reader
		io.Writer
	}{c.reader, c.nc}, ws.StateClientSide)
	return withoutIDs(string(text)), err
}

// hear wants texts, in their order, and skips ka.
func (c *client) hear(want ...string) {
	c.t.Helper()
	for _, w := range want {
		got := `{"type":"ka"}`
		for got == `{"type":"ka"}` {
			var err error
			if got, err = c.next(); err != nil {
				c.t.Fatalf("%v, want %s", err, w)
			}
		}
		if got != w {
			c.t.Errorf("heard %s\nwant  %s", got, w)
		}
	}
}

func (c *client) hearAny(want string) {
	c.t.Helper()
	if got, err := c.next(); err != nil || got != want {
		c.t.Errorf("heard %s, %v; want %s", got, err, want)
	}
}

// subscribe subscribes with an API key.
func (c *client) subscribe(id, channel string) {
	c.t.Helper()
	c.say(subscription(id, channel, keyObject()))
	c.hear(`{"type":"subscribe_success","id":"` + id + `"}`)
}

func subscription(id, channel, object string) string {
	return `{"type":"subscribe","id":"` + id + `","channel":"` + channel + `","authorization":` + object + `}`
}

func socketPublication(id, channel, object string, events ...string) string {
	body := publication(channel, events...)
	return `{"type":"publish","id":"` + id + `",` + body[1:len(body)-1] + `,"authorization":` + object + `}`
}

func data(id, event string) string {
	return `{"type":"data","id":"` + id + `","event":` + string(wire.AppendString(nil, event)) + `}`
}

func failed(kind, id, typ, message string) string {
	return string(wire.AppendEventsError(nil, kind, id, wire.Problem{Type: typ, Message: message}))
}

// signedObject is the authorization of bob over body.
func signedObject(t testing.TB, body string) string {
	t.Helper()
	q, err := http.NewRequest(http.MethodPost, "https://"+apiHost+"/event", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	s := &sigv4.Signer{Service: "appsync", Region: "us-east-1", Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: bobID, SecretAccessKey: bobSecret}, nil
	})}
	if err := s.Sign(context.Background(), q, sigv4.HashPayload([]byte(body))); err != nil {
		t.Fatal(err)
	}
	m := map[string]string{"host": apiHost}
	for name := range q.Header {
		m[strings.ToLower(name)] = q.Header.Get(name)
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// namespaceOf adds a namespace with code that a real engine runs.
func namespaceOf(t testing.TB, name, code string, change ...func(*spec.ChannelNamespace)) func(*rig) {
	return func(r *rig) {
		n := spec.ChannelNamespace{LogicalID: strings.ToUpper(name[:1]) + name[1:], Name: name, ARN: apiARN + "/channelNamespace/" + name}
		if code != "" {
			n.Code = &spec.Script{Text: "import { util, runtime } from '@aws-appsync/utils';\n" + code}
			r.script(t)
		}
		for _, f := range change {
			f(&n)
		}
		r.spec.Namespaces = append(r.spec.Namespaces, n)
	}
}

// script runs code in the engine that serve has.
func (r *rig) script(t testing.TB) {
	if r.o.Load != nil {
		return
	}
	engine, err := appsyncjs.New(appsyncjs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	r.o.Load = func(owner string, s *spec.Script) (*Module, spec.Problems) {
		m, problems := engine.Load(appsyncjs.Source{Script: s})
		if m == nil {
			return nil, spec.Problems{{Resource: owner, Message: problems.Error()}}
		}
		return &Module{Has: m.Has, Call: m.Call}, nil
	}
}

// sources asks the rig's functions.
func sources(r *rig) {
	s, err := datasource.NewSources(datasource.SourcesOptions{Partition: "aws", Region: "us-east-1", Account: "123456789012",
		Invoke: func(ctx context.Context, arn string, payload []byte) ([]byte, error) {
			return r.lambda(ctx, arn, payload)
		}})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			r.t.Error(err)
		}
	})
	r.o.Do, r.o.Direct = s.Do, s.Direct
	r.spec.DataSources = []spec.DataSource{
		{Name: "none", Type: spec.SourceNone},
		{Name: "fn", Type: spec.SourceLambda, FunctionARN: "arn:aws:lambda:us-east-1:123456789012:function:fn"},
		{Name: "sql", Type: "RELATIONAL_DATABASE", Unsupported: "Relational databases cannot be asked here."},
	}
}
