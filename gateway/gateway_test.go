package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
	"github.com/tidewire/tidewire/sigv4"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// event is what the tests look at of a function's event.
type event struct {
	Headers        map[string]string
	Body           string
	RequestContext struct {
		EventType, DomainName, Stage, ConnectionID string
		DisconnectStatusCode                       int
		Identity                                   struct{ SourceIP, UserArn string }
	}
}

// answer is what a function returns.
type answer struct {
	StatusCode int    `json:"statusCode"`
	Body       string `json:"body,omitempty"`
}

// recorder is a function that keeps its events and echoes bodies.
type recorder struct{ events chan event }

func newRecorder() *recorder { return &recorder{events: make(chan event, 4096)} }

func (r *recorder) function() gatewaytest.Function {
	return gatewaytest.Handler(func(_ context.Context, e event) (answer, error) {
		r.events <- e
		return answer{200, e.Body}, nil
	})
}

func (r *recorder) next(t *testing.T, kind string) event {
	t.Helper()
	select {
	case e := <-r.events:
		if e.RequestContext.EventType != kind {
			t.Fatalf("a %s event came, want %s", e.RequestContext.EventType, kind)
		}
		return e
	case <-t.Context().Done():
	case <-time.After(10 * time.Second):
	}
	t.Fatalf("no %s event came", kind)
	return event{}
}

func chat(t *testing.T, r *recorder, o *gatewaytest.Options) *gatewaytest.Gateway {
	t.Helper()
	if o == nil {
		o = &gatewaytest.Options{}
	}
	o.Functions = map[string]gatewaytest.Function{"F": r.function()}
	return gatewaytest.New(t, "testdata/chat.yaml", o)
}

// safeBuffer is a log that tests read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestDialogue(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{false, true} {
		t.Run(fmt.Sprintf("inMemory=%v", inMemory), func(t *testing.T) {
			t.Parallel()
			r := newRecorder()
			g := chat(t, r, &gatewaytest.Options{InMemory: inMemory})
			c := g.Dial(t, &apigateway.DialOptions{Header: http.Header{"x-Custom": {"1"}}})
			e := r.next(t, "CONNECT")
			if e.Headers["x-Custom"] != "1" {
				t.Errorf("headers lost the client's spelling: %v", e.Headers)
			}
			if e.RequestContext.DomainName != g.Addr() {
				t.Errorf("domainName %q, want %q", e.RequestContext.DomainName, g.Addr())
			}
			if err := c.Send(t.Context(), []byte(`hello`)); err != nil {
				t.Fatal(err)
			}
			m, err := c.Receive(t.Context())
			if err != nil || string(m.Data) != "hello" {
				t.Fatalf("%q %v", m.Data, err)
			}
			id := r.next(t, "MESSAGE").RequestContext.ConnectionID
			manage(t, g, c, id)
			if code := r.next(t, "DISCONNECT").RequestContext.DisconnectStatusCode; code != 1000 {
				t.Errorf("disconnect code %d", code)
			}
		})
	}
}

// manage posts to, asks for and deletes a connection.
func manage(t *testing.T, g *gatewaytest.Gateway, c *apigateway.Conn, id string) {
	t.Helper()
	api := g.Connections()
	if err := api.Post(t.Context(), id, []byte("pushed")); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || string(m.Data) != "pushed" {
		t.Fatalf("%q %v", m.Data, err)
	}
	if _, err := api.Get(t.Context(), id); err != nil {
		t.Error(err)
	}
	if err := api.Delete(t.Context(), id); err != nil {
		t.Error(err)
	}
	if _, err := c.Receive(t.Context()); err == nil {
		t.Error("the deleted connection still receives")
	}
	if err := api.Post(t.Context(), id, []byte("late")); !errors.Is(err, apigateway.ErrGone) {
		t.Errorf("posting to a deleted connection: %v", err)
	}
}

func TestTLSOnTheSamePort(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	g := chat(t, r, nil)
	c, err := apigateway.Dial(t.Context(), g.APIs()[0].SecureURL, g.DialOptions(nil))
	if err != nil {
		t.Fatal(err)
	}
	if e := r.next(t, "CONNECT"); e.Headers["X-Forwarded-Proto"] != "https" {
		t.Errorf("headers %v", e.Headers)
	}
	if err := c.Close(1000, ""); err != nil {
		t.Error(err)
	}
}

func TestForgedHostsAndForeignOriginsReachNoFunction(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	g := chat(t, r, nil)
	for _, c := range []struct{ name, host, origin, want string }{
		{"forged host", "evil.example", "", "--host"},
		{"rebound port", "localhost:1", "", "--host"},
		{"foreign origin", "", "https://evil.example", "--allow-origin"},
		{"null origin", "", "null", "--allow-origin"},
		{"second origin", "", "http://localhost:3000|https://evil.example", "--allow-origin"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http"+g.URL()[len("ws"):], nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = c.host
		if c.origin != "" {
			req.Header["Origin"] = strings.Split(c.origin, "|")
		}
		for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
			req.Header.Set(k, v)
		}
		if err := (&sigv4.Signer{Credentials: g.Developer(), Service: "execute-api", Region: "us-east-1"}).Sign(t.Context(), req, sigv4.EmptyPayload); err != nil {
			t.Fatal(err)
		}
		status, body := do(t, g, req)
		if status != http.StatusForbidden || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %s", c.name, status, body)
		}
	}
	if len(r.events) != 0 {
		t.Error("a function ran")
	}
}

func do(t *testing.T, g *gatewaytest.Gateway, req *http.Request) (int, string) {
	t.Helper()
	res, err := g.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestServicesThatAreNotRunSaySo(t *testing.T) {
	t.Parallel()
	g := chat(t, newRecorder(), nil)
	for service, form := range map[string]string{"dynamodb": "json", "s3": "xml", "sts": "xml", "sqs": "json"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+g.Addr()+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if err := (&sigv4.Signer{Credentials: g.Developer(), Service: service, Region: "us-east-1"}).Sign(t.Context(), req, sigv4.HashPayload([]byte("{}"))); err != nil {
			t.Fatal(err)
		}
		res, err := g.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != 400 || !strings.Contains(string(body), "--endpoint "+service+"=") || !strings.Contains(res.Header.Get("Content-Type"), form) {
			t.Errorf("%s: %d %s %s", service, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
	}
}

func TestASignatureForAnotherServiceIsRefusedAsSuch(t *testing.T) {
	t.Parallel()
	log := &safeBuffer{}
	g := chat(t, newRecorder(), &gatewaytest.Options{Gateway: gateway.Options{Log: slog.New(slog.NewTextHandler(log, nil))}})
	_, err := apigateway.Dial(t.Context(), g.URL(), g.DialOptions(&apigateway.DialOptions{Service: "appsync"}))
	var refused *apigateway.RefusedError
	if !errors.As(err, &refused) || refused.Status != 403 || !strings.Contains(refused.Message, "execute-api") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(log.String(), "appsync") {
		t.Errorf("the log does not name the service: %s", log)
	}
}

func TestARoleWithoutPolicyIsDenied(t *testing.T) {
	t.Parallel()
	g := chat(t, newRecorder(), nil)
	creds, err := g.RoleCredentials("Guest", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	_, err = apigateway.Dial(t.Context(), g.URL(), g.DialOptions(&apigateway.DialOptions{Credentials: aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) { return creds, nil })}))
	var refused *apigateway.RefusedError
	if !errors.As(err, &refused) || refused.Type != "AccessDeniedException" || !strings.Contains(refused.Message, "execute-api:Invoke") {
		t.Errorf("got %v", err)
	}
}

func TestCloseSendsEverybodyAwayAndRunsEveryDisconnect(t *testing.T) {
	t.Parallel()
	const n = 50
	r := newRecorder()
	g := chat(t, r, nil)
	var conns []*apigateway.Conn
	for range n {
		conns = append(conns, g.Dial(t, nil))
	}
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	disconnects := 0
	for len(r.events) > 0 {
		if e := <-r.events; e.RequestContext.EventType == "DISCONNECT" {
			disconnects++
		}
	}
	if disconnects != n {
		t.Errorf("%d disconnects, want %d", disconnects, n)
	}
	for _, c := range conns {
		_, err := c.Receive(t.Context())
		var closed *apigateway.CloseError
		if !errors.As(err, &closed) || closed.Code != 1001 {
			t.Fatalf("got %v, want 1001", err)
		}
	}
	if _, err := apigateway.Dial(t.Context(), g.URL(), g.DialOptions(nil)); err == nil {
		t.Error("a closed gateway admits")
	}
}

func TestReloadKeepsSockets(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "template.yaml")
	text, err := os.ReadFile("testdata/chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(string(text))
	r := newRecorder()
	g := gatewaytest.New(t, file, &gatewaytest.Options{Functions: map[string]gatewaytest.Function{"F": r.function()}})
	c := g.Dial(t, nil)
	r.next(t, "CONNECT")

	write("Resources: [")
	var problems *gateway.ProblemsError
	if err := g.Reload(t.Context()); !errors.As(err, &problems) {
		t.Errorf("a broken template reloads: %v", err)
	}
	write(strings.ReplaceAll(string(text), "RouteKey: $default", "RouteKey: other"))
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), []byte(`{"action":"gone"}`)); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || !strings.Contains(string(m.Data), "Forbidden") {
		t.Fatalf("%q %v: the new routes are not in force", m.Data, err)
	}
	if err := c.Send(t.Context(), []byte(`{"action":"other"}`)); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || !strings.Contains(string(m.Data), "other") {
		t.Fatalf("%q %v", m.Data, err)
	}
}

func TestAChangedTemplateIsServed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "template.yaml")
	text, err := os.ReadFile("testdata/chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	log := &lines{found: make(chan struct{}), want: "reloaded"}
	g := gatewaytest.New(t, file, &gatewaytest.Options{Functions: map[string]gatewaytest.Function{"F": newRecorder().function()},
		Gateway: gateway.Options{Watch: true, Log: slog.New(slog.NewTextHandler(log, nil))}})
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("StageName: dev"), []byte("StageName: prod")), 0o600); err != nil {
		t.Fatal(err)
	}
	select {
	case <-log.found:
	case <-time.After(10 * time.Second):
		t.Fatal("no reload")
	}
	if stage := g.APIs()[0].Stage; stage != "prod" {
		t.Errorf("stage %q is served", stage)
	}
}

// lines closes found when a line with want is written.
type lines struct {
	once  sync.Once
	found chan struct{}
	want  string
}

func (l *lines) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(l.want)) {
		l.once.Do(func() { close(l.found) })
	}
	return len(p), nil
}

func TestSeveralAPIsAnswerUnderTheirIDs(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	second := "\n  Other:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {Name: o, ProtocolType: WEBSOCKET, RouteSelectionExpression: x}\n" +
		"  OtherStage:\n    Type: AWS::ApiGatewayV2::Stage\n    Properties: {ApiId: !Ref Other, StageName: dev}\n"
	if err := os.WriteFile(file, append(text, second...), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRecorder()
	g := gatewaytest.New(t, file, &gatewaytest.Options{Functions: map[string]gatewaytest.Function{"F": r.function()}})
	for _, a := range g.APIs() {
		c, err := apigateway.Dial(t.Context(), a.URL, g.DialOptions(nil))
		if err != nil {
			t.Fatal(err)
		}
		if a.LogicalID == "Chat" {
			if got, want := r.next(t, "CONNECT").RequestContext.DomainName, g.Addr()+"/"+a.ID; got != want {
				t.Errorf("domainName %q, want %q", got, want)
			}
		}
		if err := c.Close(1000, ""); err != nil {
			t.Error(err)
		}
	}
	if _, err := apigateway.Dial(t.Context(), "ws://"+g.Addr()+"/dev", g.DialOptions(nil)); err == nil {
		t.Error("/dev is ambiguous and admits")
	}
}

func TestTrustedProxiesTellTheSource(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trusted []netip.Prefix
		want    string
	}{
		{nil, "127.0.0.1"},
		{[]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, "203.0.113.9"},
	} {
		r := newRecorder()
		g := chat(t, r, &gatewaytest.Options{Gateway: gateway.Options{TrustedProxies: c.trusted}})
		g.Dial(t, &apigateway.DialOptions{Header: http.Header{"X-Forwarded-For": {"198.51.100.1, 203.0.113.9"}}})
		if got := r.next(t, "CONNECT").RequestContext.Identity.SourceIP; got != c.want {
			t.Errorf("trusted %v: sourceIp %s, want %s", c.trusted, got, c.want)
		}
	}
}

func TestAGuardThatIsLackingStopsEverything(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("AuthorizationType: AWS_IAM"), []byte("AuthorizationType: CUSTOM")), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	for range 2 { // the second time the state directory must not be locked
		_, err = gateway.Open(t.Context(), file, &gateway.Options{State: state, Path: os.Getenv("PATH"),
			Functions: map[string]func(context.Context, []byte) ([]byte, error){"Nobody": nil}})
		var problems *gateway.ProblemsError
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), "CUSTOM") || !strings.Contains(err.Error(), "Nobody") {
			t.Fatalf("got %v", err)
		}
	}
}

func TestTwoGatewaysLiveInOneProcess(t *testing.T) {
	t.Parallel()
	a, b := chat(t, newRecorder(), nil), chat(t, newRecorder(), nil)
	a.Dial(t, nil)
	b.Dial(t, nil)
	if _, err := apigateway.Dial(t.Context(), b.URL(), b.DialOptions(&apigateway.DialOptions{Credentials: a.Developer()})); err == nil {
		t.Error("one gateway's developer is admitted by the other")
	}
}

func TestMountedAsAHandler(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRecorder()
	g, err := gateway.Open(t.Context(), "testdata/chat.yaml", &gateway.Options{State: filepath.Join(t.TempDir(), "s"), Addr: l.Addr().String(),
		Functions: map[string]func(context.Context, []byte) ([]byte, error){"F": r.function()}})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: g, ReadHeaderTimeout: time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	c, err := apigateway.Dial(t.Context(), g.APIs()[0].URL, &apigateway.DialOptions{Region: "us-east-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return g.Credentials(), nil })})
	if err != nil {
		t.Fatal(err)
	}
	if e := r.next(t, "CONNECT"); e.Headers["Sec-Websocket-Key"] == "" && e.Headers["Sec-WebSocket-Key"] == "" {
		t.Errorf("headers %v", e.Headers)
	}
	if err := g.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Receive(t.Context()); err == nil {
		t.Error("the socket outlives the gateway")
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	<-served
}

func TestStackIsRemembered(t *testing.T) {
	t.Parallel()
	g := chat(t, newRecorder(), nil)
	data, err := os.ReadFile(filepath.Join(g.StateDir(), gateway.StackFile))
	if err != nil {
		t.Fatal(err)
	}
	var st gateway.Stack
	if err := json.Unmarshal(data, &st); err != nil || len(st.Roles) != 2 || st.Region != "us-east-1" {
		t.Errorf("%+v %v", st, err)
	}
}

func TestACustomDomainAnswersOverTLS(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	domain := "\n  Domain:\n    Type: AWS::ApiGatewayV2::DomainName\n    Properties: {DomainName: ws.example.com}\n" +
		"  Mapping:\n    Type: AWS::ApiGatewayV2::ApiMapping\n    Properties: {ApiId: !Ref Chat, DomainName: !Ref Domain, Stage: !Ref Dev, ApiMappingKey: talk}\n"
	if err := os.WriteFile(file, append(text, domain...), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRecorder()
	g := gatewaytest.New(t, file, &gatewaytest.Options{Functions: map[string]gatewaytest.Function{"F": r.function()}})
	client := g.Client()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, g.Addr())
	}
	_, port, _ := net.SplitHostPort(g.Addr())
	c, err := apigateway.Dial(t.Context(), "wss://ws.example.com:"+port+"/talk", g.DialOptions(&apigateway.DialOptions{HTTPClient: client}))
	if err != nil {
		t.Fatal(err)
	}
	e := r.next(t, "CONNECT")
	if e.RequestContext.DomainName != "ws.example.com:"+port || e.RequestContext.Stage != "dev" {
		t.Errorf("%+v", e.RequestContext)
	}
	if err := c.Close(1000, ""); err != nil {
		t.Error(err)
	}
	if _, err := apigateway.Dial(t.Context(), "wss://ws.example.com:"+port+"/dev", g.DialOptions(&apigateway.DialOptions{HTTPClient: client})); err == nil {
		t.Error("a base path that no mapping has is admitted")
	}
}

func TestAnExpressionThatAWSWouldNotDeployIsAProblem(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	bad := strings.NewReplacer("$request.body.action", "$request.header.action", "Runtime: nodejs22.x", "Runtime: cobol85").Replace(string(text))
	if err := os.WriteFile(file, []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	var problems *gateway.ProblemsError
	if _, err = gateway.Load(file, &gateway.Options{Path: os.Getenv("PATH")}); !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{"Chat: ", "$request.header.action", "cobol85"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q: %v", want, err)
		}
	}
}

func TestAReloadThatIsRefusedLeavesCallersAsTheyWere(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/chat.yaml")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	write := func(s string) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	policy := "      Policies: [{PolicyName: p, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: execute-api:Invoke, Resource: \"*\"}]}}]\n"
	write(string(text) + policy)
	g := gatewaytest.New(t, file, &gatewaytest.Options{Functions: map[string]gatewaytest.Function{"F": newRecorder().function()}})
	guest, err := g.RoleCredentials("Guest", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	as := &apigateway.DialOptions{Credentials: static(guest)}
	g.Dial(t, as)
	write(strings.ReplaceAll(string(text), "$request.body.action", "$request.header.action")) // and the role has lost its policy
	if err := g.Reload(t.Context()); err == nil {
		t.Fatal("an expression that AWS would not deploy reloads")
	}
	g.Dial(t, as)
}

func TestCloseAgainWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	g := chat(t, newRecorder(), nil)
	g.Dial(t, nil)
	ended := make(chan error, 4)
	for range cap(ended) {
		go func() { ended <- g.Close(context.WithoutCancel(t.Context())) }()
	}
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(g.StateDir()); err != nil {
			t.Error(err)
		}
	}
	if second, err := gateway.Open(t.Context(), "testdata/chat.yaml", &gateway.Options{State: g.StateDir(), Path: os.Getenv("PATH"),
		Functions: map[string]func(context.Context, []byte) ([]byte, error){"F": nil}}); err != nil {
		t.Errorf("the state directory is still held: %v", err)
	} else if err := second.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
