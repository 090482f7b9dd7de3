package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
)

// echo is a server that looks like a gateway. What it does with a socket is
// in the path:
//
//	/echo      sends back every message
//	/iam       the same, for a good signature in region eu-west-1 only
//	/head      sends the named header (?name=) of the handshake, then echoes
//	/bye       sends back one message and closes with ?code=
//	/binary    sends two bytes as a binary message for every message
//	/text      sends ?text= (base64) for every message
//	/refuse    answers with ?status=, ?type= and ?message=
//	/…/show    answers with method, path, headers but of the signature, and body
//	/…/@connections/ID  knows ID "known=" and answers 410 for others
type echo struct {
	keys    map[string]string // access key id to secret
	sockets sync.WaitGroup
	*httptest.Server
}

func newEcho(keys map[string]string) *echo {
	e := &echo{keys: keys}
	e.Server = httptest.NewServer(e)
	return e
}

// newSecureEcho is newEcho with a certificate that no system trusts.
func newSecureEcho(keys map[string]string) *echo {
	e := &echo{keys: keys}
	e.Server = httptest.NewUnstartedServer(e)
	e.Config.ErrorLog = log.New(io.Discard, "", 0) // of clients that do not trust it
	e.StartTLS()
	return e
}

func (e *echo) Close() {
	e.Server.Close()
	e.sockets.Wait()
}

func (e *echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case strings.HasPrefix(r.URL.Path, "/iam") && !e.admit(w, r):
	case strings.Contains(r.URL.Path, "/@connections/"):
		manage(w, r)
	case strings.HasSuffix(r.URL.Path, "/show"):
		show(w, r)
	case r.URL.Path == "/refuse":
		status, _ := strconv.Atoi(q.Get("status"))
		refuse(w, status, q.Get("type"), q.Get("message"))
	default:
		e.sockets.Add(1) // before the upgrade, after which the server does not wait
		e.upgrade(w, r)
	}
}

func show(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if at := r.URL.Query().Get("to"); at != "" {
		http.Redirect(w, r, at, http.StatusFound)
		return
	}
	w.Header().Set("Set-Cookie", "session-cookie-value")
	fmt.Fprintf(w, "%s %s\n", r.Method, r.URL.Path)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if !strings.HasPrefix(name, "X-Amz-") && name != "Authorization" {
			fmt.Fprintf(w, "%s: %s\n", name, strings.Join(r.Header[name], ","))
		}
	}
	fmt.Fprintf(w, "\n%s\n", body)
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	if kind != "" {
		w.Header().Set("x-amzn-ErrorType", kind)
	}
	w.Header().Set("x-amzn-RequestId", "r1")
	w.WriteHeader(status)
	if message != "" {
		_ = json.NewEncoder(w).Encode(map[string]string{"message": message})
	}
}

func (e *echo) admit(w http.ResponseWriter, r *http.Request) bool {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	verifier := &sigv4.Verifier{Service: "execute-api", Region: "eu-west-1",
		Key: func(_ context.Context, id, _ string) (string, error) {
			if secret, ok := e.keys[id]; ok {
				return secret, nil
			}
			return "", sigv4.ErrUnknownKey
		}}
	_, err := verifier.Verify(r.Context(), sigv4.FromHTTP(r), body)
	if refused, ok := err.(*sigv4.RefusedError); ok {
		refuse(w, refused.Status, refused.Code, refused.Message)
	}
	return err == nil
}

func manage(w http.ResponseWriter, r *http.Request) {
	switch {
	case !strings.HasSuffix(r.RequestURI, "/@connections/known%3D"):
		refuse(w, http.StatusGone, "GoneException", "")
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, `{"connectedAt":"2020-11-15T12:23:14.726Z","lastActiveAt":"2020-11-15T12:23:20.091Z",`+
			`"identity":{"sourceIp":"203.0.113.7","userAgent":"a"}}`)
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default:
		if body, _ := io.ReadAll(r.Body); strings.TrimSpace(string(body)) != "hello" {
			refuse(w, http.StatusBadRequest, "BadRequestException", "wanted hello, got "+string(body))
		}
	}
}

func (e *echo) upgrade(w http.ResponseWriter, r *http.Request) {
	upgrader := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == "chat.v2" }}
	conn, _, _, err := upgrader.Upgrade(r, w)
	if err != nil {
		e.sockets.Done()
		return
	}
	go func() {
		defer e.sockets.Done()
		defer conn.Close()
		serveEcho(conn, r)
	}()
}

func serveEcho(conn io.ReadWriter, r *http.Request) {
	q := r.URL.Query()
	if r.URL.Path == "/head" {
		_ = wsutil.WriteServerText(conn, []byte(strings.Join(r.Header.Values(q.Get("name")), ",")))
	}
	for {
		text, err := wsutil.ReadClientText(conn) // answers pings and close frames
		if err != nil {
			return
		}
		switch r.URL.Path {
		case "/binary":
			err = wsutil.WriteServerBinary(conn, []byte{0, 255})
		case "/text":
			text, _ = base64.StdEncoding.DecodeString(q.Get("text"))
			err = wsutil.WriteServerText(conn, text)
		default:
			err = wsutil.WriteServerText(conn, text)
		}
		if code, _ := strconv.Atoi(q.Get("code")); code > 0 && err == nil {
			_ = ws.WriteFrame(conn, ws.NewCloseFrame(ws.NewCloseFrameBody(ws.StatusCode(code), q.Get("reason"))))
			_, _ = io.Copy(io.Discard, conn)
			return
		}
		if err != nil {
			return
		}
	}
}

// startEcho gives a script a server that is recorded as a running gateway, its
// state directory, and one that is not recorded.
func startEcho(env *testscript.Env) error {
	dev, err := makeState(filepath.Join(env.WorkDir, "state"))
	if err != nil {
		return err
	}
	keys := map[string]string{dev.AccessKeyID: dev.SecretAccessKey, "AKIDEXAMPLE": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	recorded, other, secure := newEcho(keys), newEcho(keys), newSecureEcho(keys)
	env.Defer(recorded.Close)
	env.Defer(other.Close)
	env.Defer(secure.Close)
	ca := filepath.Join(env.WorkDir, "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		return err
	}
	config := filepath.Join(env.WorkDir, "config")
	for _, e := range []*echo{recorded, secure} {
		remove, err := state.Record(filepath.Join(config, "run"), state.Running{
			Listen: e.Listener.Addr().String(), StateDir: filepath.Join(env.WorkDir, "state"), Region: "eu-west-1", CA: ca})
		if err != nil {
			return err
		}
		env.Defer(func() { _ = remove() })
	}
	env.Vars = append(env.Vars,
		"LOCAL="+strings.Replace(recorded.URL, "http", "ws", 1),
		"OTHER="+strings.Replace(other.URL, "http", "ws", 1),
		"SECURE="+strings.Replace(secure.URL, "http", "ws", 1),
		"OTHERHOST="+other.Listener.Addr().String(),
		"HTTP="+recorded.URL,
		"OTHERHTTP="+other.URL,
		"SECUREHTTP="+secure.URL,
		"SECRET="+dev.SecretAccessKey,
		"TIDEWIRE_CONFIG_DIR="+config,
		"AWS_EC2_METADATA_DISABLED=true",
	)
	return nil
}

func makeState(path string) (dev state.Developer, err error) {
	dir, err := state.Open(path, nil)
	if err != nil {
		return dev, err
	}
	defer func() { _ = dir.Close() }()
	return dir.Developer()
}

// dialEcho is a server for a test of its own.
func dialEcho(t *testing.T) string {
	t.Helper()
	e := newEcho(nil)
	t.Cleanup(e.Close)
	return strings.Replace(e.URL, "http", "ws", 1)
}
