package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/sigv4"
)

// errNotSent ends a request whose only purpose is to be shown.
var errNotSent = errors.New("not sent")

// catcher keeps the request that it is given, and sends nothing.
type catcher struct{ caught *http.Request }

// RoundTrip keeps r.
func (k *catcher) RoundTrip(r *http.Request) (*http.Response, error) {
	k.caught = r
	return nil, errNotSent
}

// catch makes a client that sends nothing.
func (c *call) catch() (*appsync.Client, *catcher, error) {
	caught := &catcher{}
	o := c.options()
	o.HTTPClient = &http.Client{Transport: caught}
	o.Retry.Attempts = 1
	client, err := c.client(o)
	return client, caught, err
}

// showQuery prints the head of the request that a query would be.
func (c *call) showQuery(ctx context.Context, sh *shell, r *appsync.Request) error {
	client, caught, err := c.catch()
	if err != nil {
		return err
	}
	_, err = client.Query(ctx, r)
	if errors.Is(err, appsync.ErrOperation) {
		_, err = client.Mutate(ctx, r)
	}
	if caught.caught == nil {
		return appsyncError(err)
	}
	return sh.put([]byte(requestHead(caught.caught)))
}

// requestHead is request line and headers, with credentials as fingerprints.
func requestHead(r *http.Request) string {
	lines := []string{fmt.Sprintf("%s %s HTTP/1.1", r.Method, firstOf(r.URL.EscapedPath(), "/")), "Host: " + firstOf(r.Host, r.URL.Host)}
	header := r.Header.Clone()
	for i, value := range header["Sec-Websocket-Protocol"] {
		header["Sec-Websocket-Protocol"][i] = hiddenProtocols(value)
	}
	return strings.Join(append(lines, hiddenHeaders(header)...), "\n") + "\n"
}

// connectPrefix is what begins the subprotocol that carries the credential.
const connectPrefix = "header-"

func hiddenProtocols(list string) string {
	protocols := strings.Split(list, ",")
	for i, p := range protocols {
		if secret, found := strings.CutPrefix(strings.TrimSpace(p), connectPrefix); found {
			protocols[i] = " " + connectPrefix + sigv4.Fingerprint(secret)
		}
	}
	return strings.Join(protocols, ",")
}

// connectObject is the JSON that the handshake carries in a subprotocol.
func connectObject(r *http.Request) json.RawMessage {
	for p := range strings.SplitSeq(strings.Join(r.Header["Sec-Websocket-Protocol"], ","), ",") {
		if text, found := strings.CutPrefix(strings.TrimSpace(p), connectPrefix); found {
			object, _ := base64.RawURLEncoding.DecodeString(text) // ours
			return object
		}
	}
	return nil
}

// hiddenObject is a JSON object of headers with credentials as fingerprints.
func hiddenObject(object json.RawMessage) (string, error) {
	var headers map[string]string
	if err := json.Unmarshal(object, &headers); err != nil {
		return "", fmt.Errorf("the object of headers cannot be read: %w", err)
	}
	for name, value := range headers {
		if isCredential(name) {
			headers[name] = sigv4.Fingerprint(value)
		}
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(headers)
	return b.String(), err
}

// showSocket prints the handshake, the object in it, and what authorizes the
// first message: start or subscribe.
func (c *call) showSocket(ctx context.Context, sh *shell, caught *http.Request, message string, data []byte) error {
	object, err := c.auth.SubscriptionHeaders(ctx, c.target(), data)
	if err != nil {
		return appsyncError(err)
	}
	connect, err := hiddenObject(connectObject(caught))
	if err != nil {
		return err
	}
	first, err := hiddenObject(object)
	if err != nil {
		return err
	}
	return sh.put([]byte(requestHead(caught) + "\nheader: " + connect + message + ": " + first))
}

// showSubscribe prints what a subscription would send first.
func (c *call) showSubscribe(ctx context.Context, sh *shell, r *appsync.Request) error {
	client, caught, err := c.catch()
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Subscribe(ctx, r)
	if caught.caught == nil {
		return appsyncError(err)
	}
	data, err := json.Marshal(map[string]any{"query": r.Query, "variables": r.Variables})
	if err != nil {
		return err
	}
	return c.showSocket(ctx, sh, caught.caught, "start", data)
}
