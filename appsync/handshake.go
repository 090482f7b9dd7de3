package appsync

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/wire"
)

// Subprotocols of AppSync's WebSockets.
const (
	subprotocol       = "graphql-ws"
	eventsSubprotocol = "aws-appsync-event-ws"
)

// Headers gives the headers that authorize a request with this body, POST to
// t.URL, and its Content-Type. They are secret. With t.Host set the request
// must also be sent with that Host.
func (a *Auth) Headers(ctx context.Context, t Target, body []byte) (http.Header, error) {
	e, err := t.endpoint()
	if err != nil {
		return nil, err
	}
	r := e.post(len(body))
	if err := a.apply(ctx, e, r, body); err != nil {
		return nil, err
	}
	return r.Header, nil
}

// SubscriptionHeaders gives the object that authorizes one message on an open
// WebSocket (payload.extensions.authorization of start, authorization of the
// Event API's messages), compact JSON with host, never null. data is what IAM
// signs: the text of payload.data, or {"channel":…} of the Event API. It is
// secret.
func (a *Auth) SubscriptionHeaders(ctx context.Context, t Target, data []byte) (json.RawMessage, error) {
	e, err := t.endpoint()
	if err != nil {
		return nil, err
	}
	return a.object(ctx, e, e.http.EscapedPath(), data)
}

// ConnectHeaders gives the object that authorizes a connection: what
// RealtimeURL and Subprotocols encode. It is secret.
func (a *Auth) ConnectHeaders(ctx context.Context, t Target) (json.RawMessage, error) {
	e, err := t.endpoint()
	if err != nil {
		return nil, err
	}
	return a.connectObject(ctx, e)
}

// RealtimeURL gives the address of the WebSocket with the authorization in its
// query, ?header=…&payload=e30=. It is secret, and is good for one connection
// within 5 minutes with IAM.
func (a *Auth) RealtimeURL(ctx context.Context, t Target) (string, error) {
	e, err := t.endpoint()
	if err != nil {
		return "", err
	}
	object, err := a.connectObject(ctx, e)
	if err != nil {
		return "", err
	}
	return e.authorizedURL(object), nil
}

func (e *endpoint) authorizedURL(object []byte) string {
	u := e.realtime
	u.RawQuery = "header=" + url.QueryEscape(base64.StdEncoding.EncodeToString(object)) + "&payload=e30="
	return u.String()
}

// Subprotocols gives the values of Sec-WebSocket-Protocol: the protocol, then
// header-… with the authorization, which is secret. It is what this package's
// own connections use unless Options.HeaderInQuery is set: a proxy's log holds
// URLs, but not these.
func (a *Auth) Subprotocols(ctx context.Context, t Target) ([]string, error) {
	e, err := t.endpoint()
	if err != nil {
		return nil, err
	}
	object, err := a.connectObject(ctx, e)
	if err != nil {
		return nil, err
	}
	return e.subprotocols(object), nil
}

func (e *endpoint) subprotocols(object []byte) []string {
	name := subprotocol
	if isEvents(&e.http) {
		name = eventsSubprotocol
	}
	return []string{name, "header-" + base64.RawURLEncoding.EncodeToString(object)}
}

func (a *Auth) connectObject(ctx context.Context, e *endpoint) (json.RawMessage, error) {
	return a.object(ctx, e, e.connectPath, []byte("{}"))
}

// post is an unsigned request to the endpoint, without its body.
func (e *endpoint) post(length int) *http.Request {
	u := e.http
	return &http.Request{
		Method: http.MethodPost, URL: &u, Host: e.host, ContentLength: int64(length),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}},
	}
}

// object authorizes data for path. For IAM it holds the headers that the
// developer guide signs ("Header parameter format based on AWS AppSync API
// authorization mode").
func (a *Auth) object(ctx context.Context, e *endpoint, path string, data []byte) (json.RawMessage, error) {
	r := e.post(0)
	r.Header = http.Header{}
	if a != nil && a.iam != nil {
		unescaped, err := url.PathUnescape(path)
		if err != nil {
			return nil, fmt.Errorf("the path of the URL is not well escaped: %w", err)
		}
		r.URL.Path, r.URL.RawPath = unescaped, path
		r.Header["Accept"] = []string{"application/json, text/javascript"}
		r.Header["Content-Encoding"] = []string{"amz-1.0"}
		r.Header["Content-Type"] = []string{"application/json; charset=UTF-8"}
	}
	if err := a.apply(ctx, e, r, data); err != nil {
		return nil, err
	}
	return encodeObject(r.Host, r.Header), nil
}

// encodeObject writes headers as a JSON object of strings, in the spelling of
// the developer guide, host first.
func encodeObject(host string, h http.Header) json.RawMessage {
	names := make([]string, 0, 8)
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	b := append(make([]byte, 0, 1024), `{"host":`...)
	b = wire.AppendString(b, host)
	for _, name := range names {
		b = append(append(append(b, `,"`...), spelling(name)...), `":`...)
		b = wire.AppendString(b, h[name][0])
	}
	return append(b, '}')
}

// spelling is lower case, but for the two names that the guide capitalises.
func spelling(name string) string {
	switch name {
	case "Authorization", "X-Amz-Security-Token":
		return name
	}
	return strings.ToLower(name)
}
