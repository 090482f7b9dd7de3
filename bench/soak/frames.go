package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// dialect is what differs between the two protocols, written down here once
// more: the packages under test are not asked.
type dialect struct {
	subprotocol                                 string
	start, started, refused, stop, stopped, ack string
	data                                        func(id string, m message) string
	failure                                     func(kind, id, list string) string
	read                                        func(f *frame) (key, token string, err error)
}

// frame is a message of a client, of either protocol.
type frame struct {
	Type, ID, Channel string
	Events            []string
	Authorization     map[string]string
	Payload           struct {
		Data       string
		Extensions struct{ Authorization map[string]string }
	}
}

// message is what a subscription gets.
type message struct {
	Key   string `json:"key"`
	Epoch int    `json:"epoch"`
	N     int    `json:"n"`
	At    int64  `json:"at"` // Unix milliseconds
	Pad   string `json:"pad"`
}

var pad = strings.Repeat("x", 200)

func (m message) json() string {
	m.Pad = pad
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(text)
}

var graphQL = dialect{
	subprotocol: "graphql-ws",
	start:       "start", started: "start_ack", refused: "error", stop: "stop", stopped: "complete",
	ack: `{"type":"connection_ack","payload":{"connectionTimeoutMs":3000}}`,
	data: func(id string, m message) string {
		return fmt.Sprintf(`{"id":%q,"type":"data","payload":{"data":{"on":%s}}}`, id, m.json())
	},
	failure: func(kind, id, list string) string {
		return fmt.Sprintf(`{"type":%q%s,"payload":{"errors":%s}}`, kind, member(id), list)
	},
	read: func(f *frame) (key, token string, err error) {
		var data struct{ Variables struct{ Key string } }
		err = json.Unmarshal([]byte(f.Payload.Data), &data)
		return data.Variables.Key, f.Payload.Extensions.Authorization["Authorization"], err
	},
}

var eventAPI = dialect{
	subprotocol: "aws-appsync-event-ws",
	start:       "subscribe", started: "subscribe_success", refused: "subscribe_error", stop: "unsubscribe", stopped: "unsubscribe_success",
	ack: `{"type":"connection_ack","connectionTimeoutMs":3000}`,
	data: func(id string, m message) string {
		return fmt.Sprintf(`{"id":%q,"type":"data","event":%q}`, id, m.json())
	},
	failure: func(kind, id, list string) string {
		return fmt.Sprintf(`{"type":%q%s,"errors":%s}`, kind, member(id), list)
	},
	read: func(f *frame) (key, token string, err error) {
		key, ok := strings.CutPrefix(f.Channel, "/soak/")
		if !ok {
			err = fmt.Errorf("channel %q", f.Channel)
		}
		return key, f.Authorization["Authorization"], err
	},
}

func member(id string) string {
	if id == "" {
		return ""
	}
	return fmt.Sprintf(`,"id":%q`, id)
}

const (
	denial = `[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call.","errorCode":401}]`
	rate   = `[{"errorType":"LimitExceededError","message":"Rate limit exceeded"}]`
)

// offered reads the token that a handshake carries in its subprotocols.
func offered(r *http.Request) (token string, err error) {
	for _, value := range strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
		text, ok := strings.CutPrefix(strings.TrimSpace(value), "header-")
		if !ok {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			return "", err
		}
		var object map[string]string
		err = json.Unmarshal(raw, &object)
		return object["Authorization"], err
	}
	return "", fmt.Errorf("no header- among the subprotocols")
}

// sharing begins the names of clients whose token sources are asked once for
// all starts that need a token at the same time.
const sharing = "shared-"

func isSharing(client string) bool { return strings.HasPrefix(client, sharing) }

// newToken is client.serial.time.good or .bad, of now.
func newToken(client string, serial int64, quality string) string {
	return fmt.Sprintf("%s.%d.%d.%s", client, serial, time.Now().UnixNano(), quality)
}

// clientOf reads a token.
func clientOf(token string) (client string, good bool) {
	parts := strings.Split(token, ".")
	return parts[0], len(parts) == 4 && parts[3] == "good"
}

// obtained is when a token was; the beginning of time if it does not say.
func obtained(token string) time.Time {
	parts := strings.Split(token, ".")
	if len(parts) != 4 {
		return time.Time{}
	}
	return stamp(parts[2])
}

// newKey names a subscription of a client, or a call, of now.
func newKey(client string, serial int64) string {
	return fmt.Sprintf("%s-%d-%d", client, serial, time.Now().UnixNano())
}

// made is when a subscription's or a call's key was.
func made(key string) time.Time {
	return stamp(key[strings.LastIndexByte(key, '-')+1:])
}

// stamp is a time in nanoseconds since 1970: both processes have the same clock.
func stamp(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(0, n)
}
