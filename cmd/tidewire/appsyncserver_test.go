package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/login"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	goodKey   = "da2-goodkeygoodkeygoodkeygood"
	goodToken = "good-token-good-token-good-token"
)

// appSync is a server that speaks AppSync's protocols: each of its APIs takes
// goodKey, goodToken, and signatures of keys for service appsync in region
// eu-west-1. What it answers is in the path or in the document:
//
//	/graphql        what was asked, and by which mode; "boom" answers with errors,
//	                "__schema" with the schema below
//	/html/graphql   a page of HTML, status 502
//	/away/graphql   a redirect
//	/busy/graphql   429
//	/old/graphql    a schema only to those who ask for no new fields
//
// A subscription gets variables.n events with variables.echo in them; with
// variables.drop the first connection is lost after the first event, with
// variables.complete the last event is followed by complete.
type appSync struct {
	keys    map[string]string // access key id to secret
	schema  string            // data of an introspection
	sockets sync.WaitGroup
	*httptest.Server

	mu      sync.Mutex
	dropped bool
}

func newAppSync(keys map[string]string, secure bool) *appSync {
	a := &appSync{keys: keys, schema: `{"__schema":null}`}
	a.Server = httptest.NewUnstartedServer(a)
	if secure {
		a.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
		a.StartTLS()
		return a
	}
	a.Start()
	return a
}

// Close ends the server and waits for its sockets.
func (a *appSync) Close() {
	a.Server.Close()
	a.sockets.Wait()
}

// ServeHTTP is any of the APIs.
func (a *appSync) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Amzn-Requestid", "request-1")
	switch {
	case r.Header.Get("X-Amz-Target") != "":
		a.identityPool(w, r)
	case strings.HasPrefix(r.URL.Path, "/html"):
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "<html>Nothing\x1b[2J here</html>")
	case strings.HasPrefix(r.URL.Path, "/away"):
		http.Redirect(w, r, "https://elsewhere.example/graphql", http.StatusTemporaryRedirect)
	case strings.HasPrefix(r.URL.Path, "/busy"):
		refuseAppSync(w, http.StatusTooManyRequests, "TooManyRequestsException", "Slow down")
	case strings.HasSuffix(r.URL.Path, "/realtime"):
		a.sockets.Add(1) // before the upgrade, after which the server does not wait
		a.upgrade(w, r)
	default:
		body, _ := io.ReadAll(r.Body)
		if mode := a.mode(r.Context(), sigv4.FromHTTP(r), body); mode != "" {
			a.answer(w, r, mode, body)
			return
		}
		refuseAppSync(w, http.StatusUnauthorized, "UnauthorizedException", "You are not authorized to make this call.")
	}
}

// identityPool plays Cognito's: it gives everybody AKIDEXAMPLE.
func (a *appSync) identityPool(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetId") {
		_, _ = io.WriteString(w, `{"IdentityId":"eu-west-1:11111111-2222-3333-4444-555555555555"}`)
		return
	}
	fmt.Fprintf(w, `{"IdentityId":"eu-west-1:11111111-2222-3333-4444-555555555555","Credentials":{"AccessKeyId":"AKIDEXAMPLE","SecretKey":%q,"SessionToken":"session","Expiration":%d}}`,
		a.keys["AKIDEXAMPLE"], time.Now().Add(time.Hour).Unix())
}

func refuseAppSync(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errors":[{"errorType":%q,"message":%q}]}`, kind, message)
}

// mode is how r proves who is calling, "" if it does not.
func (a *appSync) mode(ctx context.Context, r *sigv4.Request, body []byte) string {
	switch authorization := r.Header.Get("Authorization"); {
	case r.Header.Get("X-Api-Key") == goodKey:
		return "api-key"
	case authorization == goodToken:
		return "token"
	case !strings.HasPrefix(authorization, "AWS4"):
		return ""
	}
	verifier := &sigv4.Verifier{Service: "appsync", Region: "eu-west-1", Key: func(_ context.Context, id, _ string) (string, error) {
		if secret, ok := a.keys[id]; ok {
			return secret, nil
		}
		return "", sigv4.ErrUnknownKey
	}}
	if _, err := verifier.Verify(ctx, r, body); err != nil {
		return ""
	}
	return "iam"
}

func (a *appSync) answer(w http.ResponseWriter, r *http.Request, mode string, body []byte) {
	var asked struct {
		Query, OperationName string
		Variables            json.RawMessage
	}
	_ = json.Unmarshal(body, &asked)
	switch {
	case r.URL.Path == eventPath:
		a.answerEvents(w, body)
	case strings.HasPrefix(r.URL.Path, "/old") && strings.Contains(asked.Query, "isRepeatable"):
		_, _ = io.WriteString(w, `{"data":null,"errors":[{"message":"Validation error of type FieldUndefined"}]}`)
	case strings.Contains(asked.Query, "__schema"):
		fmt.Fprintf(w, `{"data":%s}`, a.schema)
	case strings.Contains(asked.Query, "boom"):
		_, _ = io.WriteString(w, `{"data":{"boom":null},"errors":[{"path":["boom"],"data":null,"errorType":"Unauthorized","errorInfo":null,`+
			`"locations":[{"line":1,"column":3,"sourceName":null}],"message":"Not Authorized to access boom on type Query"}]}`)
	default:
		fmt.Fprintf(w, `{ "data": {"mode":%q,"query":%q,"variables":%s,"operation":%q,"header":%q,"host":%q} }`,
			mode, asked.Query, or(asked.Variables, "null"), asked.OperationName, r.Header.Get("X-Custom"), hostName(r.Host))
	}
}

func or(raw json.RawMessage, other string) string {
	if len(raw) == 0 {
		return other
	}
	return string(raw)
}

func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

func (a *appSync) upgrade(w http.ResponseWriter, r *http.Request) {
	protocol := "graphql-ws"
	if strings.HasSuffix(r.URL.Path, "/event/realtime") {
		protocol = "aws-appsync-event-ws"
	}
	object := ""
	for p := range strings.SplitSeq(r.Header.Get("Sec-Websocket-Protocol"), ",") {
		if text, found := strings.CutPrefix(strings.TrimSpace(p), "header-"); found {
			raw, _ := base64.RawURLEncoding.DecodeString(text)
			object = string(raw)
		}
	}
	upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == protocol }}
	conn, _, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		a.sockets.Done()
		return
	}
	go func() {
		defer a.sockets.Done()
		defer conn.Close()
		s := &appSyncSocket{api: a, conn: conn, path: strings.TrimSuffix(r.URL.Path, "/realtime")}
		if s.path == eventPath {
			s.serveEvents(object)
			return
		}
		s.serve(object)
	}()
}

// appSyncSocket is one connection.
type appSyncSocket struct {
	api  *appSync
	conn net.Conn
	path string
}

func (s *appSyncSocket) send(format string, args ...any) {
	_ = wsutil.WriteServerText(s.conn, fmt.Appendf(nil, format, args...))
}

// allowed verifies an object of headers.
func (s *appSyncSocket) allowed(object, path, data string) bool {
	var headers map[string]string
	_ = json.Unmarshal([]byte(object), &headers)
	r := &sigv4.Request{Method: http.MethodPost, Path: path, Host: headers["host"], Header: http.Header{}, ContentLength: -1}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return s.api.mode(context.Background(), r, []byte(data)) != ""
}

type appSyncFrame struct {
	Type, ID, Channel string
	Authorization     json.RawMessage
	Events            []string
	Payload           struct {
		Data       string
		Extensions struct{ Authorization json.RawMessage }
	}
}

// read gives the next message; ok is false at the end.
func (s *appSyncSocket) read() (f appSyncFrame, ok bool) {
	text, err := wsutil.ReadClientText(s.conn)
	if err != nil {
		return f, false
	}
	return f, json.Unmarshal(text, &f) == nil
}

func (s *appSyncSocket) serve(object string) {
	if !s.allowed(object, s.path+"/connect", "{}") {
		s.send(`{"type":"connection_error","payload":{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call.","errorCode":401}]}}`)
		return
	}
	for {
		f, ok := s.read()
		switch {
		case !ok:
			return
		case f.Type == "connection_init":
			s.send(`{"type":"connection_ack","payload":{"connectionTimeoutMs":300000}}`)
		case f.Type == "stop":
			s.send(`{"type":"complete","id":%q}`, f.ID)
		case f.Type == "start" && !s.start(f):
			return
		}
	}
}

// start answers a start; false: the connection is to be lost.
func (s *appSyncSocket) start(f appSyncFrame) bool {
	var asked struct {
		Query     string
		Variables struct {
			N              int
			Echo           string
			Drop, Complete bool
		}
	}
	_ = json.Unmarshal([]byte(f.Payload.Data), &asked)
	v := asked.Variables
	if !s.allowed(string(f.Payload.Extensions.Authorization), s.path, f.Payload.Data) || strings.Contains(asked.Query, "onSecret") {
		s.send(`{"type":"error","id":%q,"payload":{"errors":[{"errorType":"UnauthorizedException","message":"Permission denied"}]}}`, f.ID)
		return true
	}
	s.send(`{"type":"start_ack","id":%q}`, f.ID)
	s.send(`{"type":"weather","id":%q}`, f.ID) // which clients ignore
	for i := range v.N {
		s.send(`{"type":"data","id":%q,"payload":{"data":{"onPost":{"i":%d,"text":%q}}}}`, f.ID, i+1, v.Echo)
		if v.Drop && s.api.firstDrop() {
			return false
		}
	}
	if v.Complete {
		s.send(`{"type":"complete","id":%q}`, f.ID)
	}
	return true
}

// firstDrop says once that a connection is to be lost.
func (a *appSync) firstDrop() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := !a.dropped
	a.dropped = true
	return first
}

// startAppSync gives a script a server that is recorded as a running gateway,
// one that is not, one with TLS, and a saved login.
func startAppSync(env *testscript.Env) error {
	dev, err := makeState(filepath.Join(env.WorkDir, "state"))
	if err != nil {
		return err
	}
	keys := map[string]string{dev.AccessKeyID: dev.SecretAccessKey, "AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	recorded, other, secure := newAppSync(keys, false), newAppSync(keys, false), newAppSync(keys, true)
	config := filepath.Join(env.WorkDir, "config")
	ca := filepath.Join(env.WorkDir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		return err
	}
	schema, err := exampleIntrospection()
	if err != nil {
		return err
	}
	for _, a := range []*appSync{recorded, other, secure} {
		a.schema = schema
		env.Defer(a.Close)
		if a == other {
			continue
		}
		remove, err := state.Record(filepath.Join(config, "run"), state.Running{
			Listen: a.Listener.Addr().String(), StateDir: filepath.Join(env.WorkDir, "state"), Region: "eu-west-1", CA: ca})
		if err != nil {
			return err
		}
		env.Defer(func() { _ = remove() })
	}
	env.Vars = append(env.Vars, "LOCAL="+recorded.URL, "OTHER="+other.URL, "SECURE="+secure.URL, "SECRET="+dev.SecretAccessKey,
		"GOODKEY="+goodKey, "GOODTOKEN="+goodToken, "TIDEWIRE_CONFIG_DIR="+config, "AWS_EC2_METADATA_DISABLED=true")
	logins := filepath.Join(config, "logins")
	return errors.Join(saveLogin(logins, "work", ""), saveLogin(logins, "pool",
		`,"identityPool":"eu-west-1:11111111-2222-3333-4444-555555555555","endpoint":"`+other.URL+`"`))
}

// saveLogin saves a login whose token is goodToken, with more settings.
func saveLogin(dir, name, more string) error {
	store, err := login.OpenStore(dir)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	source, err := (&login.OIDC{Issuer: "https://login.example.com", ClientID: "cli"}).Source(store, name, false)
	if err != nil {
		return err
	}
	expiry := time.Now().Add(time.Hour)
	claims := fmt.Sprintf(`{"iss":"https://login.example.com","aud":"cli","sub":"s","exp":%d}`, expiry.Unix())
	id := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".sig"
	token := (&oauth2.Token{AccessToken: goodToken, Expiry: expiry}).WithExtra(map[string]any{"id_token": id})
	return source.Save(context.Background(), token, []byte(`{"issuer":"https://login.example.com","clientId":"cli","flow":"browser"`+more+`}`))
}

// TestAppSyncScripts runs the scripts of the commands that call AppSync, each
// with servers of its own: see startAppSync.
func TestAppSyncScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "appsync"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               startAppSync,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "let": let},
	})
}
