//go:build linux

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// marker begins the number of an event: two digits of the publisher, ten of
// the event.
const (
	marker  = "#~"
	digits  = 12
	example = marker + "000000000000"
)

// target is a server that is measured, and how one talks to it.
type target struct {
	name, publish, realtime string // URLs
	ca                      string // of wss
	pid                     int
	header                  string // of publishes: "x-api-key: …"
	protocol                string // of the WebSocket
	hello                   []exchange

	// body is that of a publish of some events.
	body func(events int) string
	ok   string // what the answer to a publish has in it
	not  string // and what not
}

// exchange is something to send, and what is in the answer.
type exchange struct{ send, want string }

// event is the text of an event of 128 bytes that needs no escapes but for its
// quotes.
func event() string {
	const bytes = 128
	e := `{"n":"` + example + `"}`
	return e[:len(e)-2] + strings.Repeat(".", bytes-len(e)) + e[len(e)-2:]
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // strings always can be
	return string(b)
}

// repeat is a list of n times s.
func repeat(s string, n int) string { return strings.Repeat(s+",", n-1) + s }

// served is what bench/server says about an API.
type served struct {
	URL, SecureURL, RealtimeURL, SecureRealtimeURL string
	APIKeys                                        []string
}

// secure is the target by way of TLS.
func (s *served) secure(t target) target {
	t.realtime = authorized(s.SecureRealtimeURL, s.APIKeys[0])
	return t
}

func credential(host, key string) string {
	return `{"host":` + quoted(host) + `,"x-api-key":` + quoted(key) + `}`
}

// authorized is a URL with the credential of connect in its query.
func authorized(realtime, key string) string {
	u, err := url.Parse(realtime)
	if err != nil {
		return realtime
	}
	header := base64.StdEncoding.EncodeToString([]byte(credential(u.Host, key)))
	u.RawQuery = url.Values{"header": {header}, "payload": {base64.StdEncoding.EncodeToString([]byte("{}"))}}.Encode()
	return u.String()
}

// events is an Event API of tidewire.
func events(s *served, pid int, ca string) target {
	key := s.APIKeys[0]
	return target{
		name: "tidewire", pid: pid, ca: ca, publish: s.URL, realtime: authorized(s.RealtimeURL, key), protocol: "aws-appsync-event-ws", header: "x-api-key: " + key,
		hello: []exchange{
			{`{"type":"connection_init"}`, "connection_ack"},
			{`{"type":"subscribe","id":"s1","channel":"/bench/room","authorization":` + credential(host(s.URL), key) + `}`, "subscribe_success"},
		},
		body: func(n int) string { return `{"channel":"/bench/room","events":[` + repeat(quoted(event()), n) + `]}` },
		ok:   `"failed":[]`,
	}
}

// graphql is a GraphQL API, tidewire's or the simulator's. rooms are the
// subscriptions of a socket, each with the room of its filter; none: one
// without.
func graphql(name, publish, realtime, key, ca string, pid int) target {
	t := target{
		name: name, pid: pid, ca: ca, publish: publish, realtime: authorized(realtime, key), protocol: "graphql-ws", header: "x-api-key: " + key,
		hello: []exchange{{`{"type":"connection_init"}`, "connection_ack"}, {start(publish, key, 0, ""), "start_ack"}},
		ok:    `{"data":{"post":{`, not: `"errors"`,
	}
	t.body = func(int) string { return mutation("lobby") }
	return t
}

func mutation(room string) string {
	return `{"query":"mutation Post($room: String, $body: String!) { post(room: $room, body: $body) { room body } }","variables":{"room":` + quoted(room) + `,"body":` + quoted(strings.Trim(event()[5:], "}\"")) + `}}`
}

// start is the message that begins a subscription.
func start(api, key string, id int, room string) string {
	query, variables := "subscription { onPost { body } }", ""
	if room != "" {
		query, variables = "subscription On($room: String) { onPost(room: $room) { body } }", `,"variables":{"room":`+quoted(room)+`}`
	}
	data := `{"query":` + quoted(query) + variables + `}`
	return `{"id":"` + strconv.Itoa(id) + `","type":"start","payload":{"data":` + quoted(data) + `,"extensions":{"authorization":` + credential(host(api), key) + `}}}`
}

func host(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Host
}

// centrifugo is a Centrifugo with the settings of centrifugoConfig. Five events
// are five commands of its batch call.
func centrifugo(at string, pid int) target {
	return target{
		name: "centrifugo", pid: pid, publish: "http://" + at + "/api/batch", realtime: "ws://" + at + "/connection/websocket", header: "X-API-Key: bench",
		hello: []exchange{{`{"id":1,"connect":{}}`, `"connect"`}, {`{"id":2,"subscribe":{"channel":"room"}}`, `"subscribe"`}},
		body: func(n int) string {
			return `{"commands":[` + repeat(`{"publish":{"channel":"room","data":`+event()+`}}`, n) + `]}`
		},
		ok: `"publish":{}`, not: `"error"`,
	}
}

// single is Centrifugo's call for one event.
func single(t target) target {
	t.publish = strings.TrimSuffix(t.publish, "batch") + "publish"
	t.body = func(int) string { return `{"channel":"room","data":` + event() + `}` }
	t.ok = `"result":{}`
	return t
}

func centrifugoConfig(port int) string {
	return fmt.Sprintf(`{"log":{"level":"error"},"http_server":{"address":"127.0.0.1","port":%d},"http_api":{"key":"bench"},
"client":{"insecure":true,"ping_interval":"3600s","pong_timeout":"60s","allow_anonymous_connect_without_token":true},
"channel":{"without_namespace":{"allow_subscribe_for_client":true,"allow_subscribe_for_anonymous":true}}}`, port)
}
