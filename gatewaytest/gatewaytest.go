// Package gatewaytest gives a test a running gateway in one line, as
// net/http/httptest gives it a server.
//
//	g := gatewaytest.New(t, "template.yaml", &gatewaytest.Options{
//		Functions: map[string]gatewaytest.Function{
//			"Send": gatewaytest.Handler(func(ctx context.Context, e Event) (Answer, error) { … }),
//		},
//	})
//	c := g.Dial(t, nil) // signed as the local developer
//
// where Event and Answer are your own types, or those of a library, that are read
// and written as JSON.
//
// # Clients
//
// [Gateway.Dial] opens a WebSocket, [Gateway.Connections] posts to one from the
// side of the server, [Gateway.AppSync] gives a client of a GraphQL API, which may
// query, mutate and subscribe, and [Gateway.Events] one of an Event API. They are
// for the first API of their kind in the template, and for its first stage;
// [gateway.Gateway.APIs] lists all. A client of your own, at one of those URLs or
// at [Gateway.URL], [Gateway.GraphQLURL] or [Gateway.EventsURL], needs
// [Gateway.Client] as its HTTP client, because nothing else reaches a gateway in
// memory.
//
// # What is promised
//
// The gateway listens on a loopback port, or in memory with
// [Options.InMemory], keeps its state in the test's own directory, and is
// closed with the test; a close that fails fails the test. Functions that are
// not replaced run as they do under `tidewire serve`. No DynamoDB engine is
// started: give the endpoint of one in Endpoints of [Options.Gateway] if
// functions need it. Clients that were made here are closed before the gateway.
//
// # Concurrency
//
// A Gateway may be used from any goroutine; New and what else takes a testing.TB
// may end the test, so call it from the test's own.
package gatewaytest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/gateway"
)

// closeLimit bounds the end of a gateway.
const closeLimit = 30 * time.Second

// Function stands for a Lambda function: event in, result out. An error is
// the function's error, as Lambda reports it.
type Function = func(ctx context.Context, payload []byte) ([]byte, error)

// Handler makes a Function of a typed Go handler.
func Handler[Event, Result any](h func(context.Context, Event) (Result, error)) Function {
	return func(ctx context.Context, payload []byte) ([]byte, error) {
		var e Event
		if err := json.Unmarshal(payload, &e); err != nil {
			return nil, err
		}
		r, err := h(ctx, e)
		if err != nil {
			return nil, err
		}
		return json.Marshal(r)
	}
}

// Options configure New; nil works.
type Options struct {
	// Functions replaces functions of the template, by logical id or name.
	Functions map[string]Function
	// InMemory serves over in-memory connections instead of a loopback port:
	// only this gateway's own clients reach it.
	InMemory bool
	// Gateway are the options of the gateway itself. State and ConfigDir are in
	// the test's directory and Path is that of the process, unless they are
	// set. Addr and NoDatabase are not looked at, and Functions are added to
	// those above, which win.
	Gateway gateway.Options
}

// Gateway is a gateway that serves until the test ends.
type Gateway struct {
	*gateway.Gateway
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// New opens a gateway for the template (a file or directory) and serves it.
// It ends the test when the template does not hold.
func New(t testing.TB, template string, o *Options) *Gateway {
	t.Helper()
	if o == nil {
		o = &Options{}
	}
	l, dial := listen(t, o.InMemory)
	g, err := gateway.Open(t.Context(), template, options(t, o, l))
	if err != nil {
		t.Fatalf("gatewaytest: %v", errors.Join(err, l.Close()))
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
		defer cancel()
		if err := g.Close(ctx); err != nil {
			t.Errorf("gatewaytest: closing: %v", err)
		}
		if err := <-served; !errors.Is(err, gateway.ErrClosed) {
			t.Errorf("gatewaytest: serving: %v", err)
		}
	})
	return &Gateway{Gateway: g, dial: dial}
}

func options(t testing.TB, o *Options, l net.Listener) *gateway.Options {
	c := o.Gateway
	if c.State == "" {
		c.State = filepath.Join(t.TempDir(), "state")
	}
	if c.ConfigDir == "" {
		c.ConfigDir = filepath.Join(t.TempDir(), "config")
	}
	if c.Path == "" {
		c.Path = os.Getenv("PATH")
	}
	c.Addr = l.Addr().String()
	c.NoDatabase = true
	c.Functions = map[string]func(context.Context, []byte) ([]byte, error){}
	for _, from := range []map[string]Function{o.Gateway.Functions, o.Functions} {
		for name, f := range from {
			c.Functions[name] = f
		}
	}
	return &c
}

// URL is where the first WebSocket API's first stage answers, "ws://…"; "" if
// there is none.
func (g *Gateway) URL() string { return g.first(gateway.KindWebSocket).URL }

// first is the first API of a kind; the zero API if there is none.
func (g *Gateway) first(kind string) gateway.API {
	for _, a := range g.APIs() {
		if a.Kind == kind {
			return a
		}
	}
	return gateway.API{}
}

// need is first, and ends the test if there is none.
func (g *Gateway) need(t testing.TB, kind, name string) gateway.API {
	t.Helper()
	api := g.first(kind)
	if api.Kind == "" {
		t.Fatalf("gatewaytest: the template has no %s API", name)
	}
	return api
}

// Developer provides the local developer's credentials.
func (g *Gateway) Developer() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return g.Credentials(), nil })
}

// Dial connects to the first API's first stage, signed as the local developer
// unless o, which may be nil, says otherwise. It ends the test when it is
// refused; the connection is closed with the test.
func (g *Gateway) Dial(t testing.TB, o *apigateway.DialOptions) *apigateway.Conn {
	t.Helper()
	c, err := apigateway.Dial(t.Context(), g.need(t, gateway.KindWebSocket, "WebSocket").URL, g.DialOptions(o))
	if err != nil {
		t.Fatalf("gatewaytest: %v", err)
	}
	t.Cleanup(func() { _ = c.Close(1000, "") }) // the test may have closed it already
	return c
}

// DialOptions are o with what a client of this gateway needs filled in:
// credentials, region, and the way to an in-memory listener.
func (g *Gateway) DialOptions(o *apigateway.DialOptions) *apigateway.DialOptions {
	var c apigateway.DialOptions
	if o != nil {
		c = *o
	}
	if c.Credentials == nil {
		c.Credentials = g.Developer()
	}
	if c.Region == "" {
		c.Region = g.Spec().Region
	}
	if c.HTTPClient == nil {
		c.HTTPClient = g.Client()
	}
	return &c
}

// Connections is a client of @connections for the first API's first stage,
// signed as the local developer.
func (g *Gateway) Connections() *apigateway.Connections {
	return &apigateway.Connections{Endpoint: g.URL(), Credentials: g.Developer(), Region: g.Spec().Region, HTTPClient: g.Client()}
}

// Client is an HTTP client that reaches this gateway and trusts its
// certificate authority.
func (g *Gateway) Client() *http.Client {
	roots := x509.NewCertPool()
	if data, err := os.ReadFile(g.CAFile()); err == nil {
		roots.AppendCertsFromPEM(data)
	}
	return &http.Client{Transport: &http.Transport{DialContext: g.dial, DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
}
