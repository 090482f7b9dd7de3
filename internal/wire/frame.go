package wire

import (
	"encoding/json"
	"errors"
	"time"
)

// Types of messages. Those of GraphQL that are not marked are of both
// protocols.
const (
	ConnectionInit  = "connection_init"
	ConnectionAck   = "connection_ack"
	ConnectionError = "connection_error"
	KeepAlive       = "ka"
	Data            = "data"
	Error           = "error"

	// GraphQL
	Start    = "start"
	StartAck = "start_ack"
	Stop     = "stop"
	Complete = "complete"

	// Event API
	Subscribe          = "subscribe"
	SubscribeSuccess   = "subscribe_success"
	SubscribeError     = "subscribe_error"
	Publish            = "publish"
	PublishSuccess     = "publish_success"
	PublishError       = "publish_error"
	Unsubscribe        = "unsubscribe"
	UnsubscribeSuccess = "unsubscribe_success"
	UnsubscribeError   = "unsubscribe_error"
	BroadcastError     = "broadcast_error"
)

// Frame is one message. Members that are absent are empty; raw ones are one
// JSON value each, as it stood in the text, without blanks around it.
type Frame struct {
	Type    string
	ID      string
	EmptyID bool            // "id":"" is there, which AppSync sends in UnsupportedOperation
	Payload json.RawMessage // GraphQL

	// Event API
	Channel       json.RawMessage // string
	Event         json.RawMessage // string
	Events        json.RawMessage // array of strings
	Authorization json.RawMessage // object
	Errors        json.RawMessage // array, or an object in older answers
	TimeoutMs     json.RawMessage // connectionTimeoutMs
	Successful    json.RawMessage
	Failed        json.RawMessage
}

// errNotObject does not repeat the text, which may hold credentials.
func errNotObject() error { return errors.New("the frame is not a JSON object") }

// member is where the value of a member goes.
func (f *Frame) member(name []byte) *json.RawMessage {
	switch string(name) {
	case "payload":
		return &f.Payload
	case "channel":
		return &f.Channel
	case "event":
		return &f.Event
	case "events":
		return &f.Events
	case "authorization":
		return &f.Authorization
	case "errors":
		return &f.Errors
	case "connectionTimeoutMs":
		return &f.TimeoutMs
	case "successful":
		return &f.Successful
	case "failed":
		return &f.Failed
	}
	return nil
}

// Decode takes a text apart. The raw members alias it. Of a member that
// occurs twice the last counts; null is like absent.
func Decode(text []byte) (Frame, error) {
	var f Frame
	bad := error(nil)
	object := Object(text, func(name, value []byte) {
		switch string(name) {
		case "type":
			bad = errors.Join(bad, f.setType(value))
		case "id":
			bad = errors.Join(bad, f.setID(value))
		default:
			if into := f.member(name); into != nil {
				*into = unlessNull(value)
			}
		}
	})
	if !object {
		return Frame{}, errNotObject()
	}
	return f, bad
}

func unlessNull(value []byte) json.RawMessage {
	if string(value) == "null" {
		return nil
	}
	return value
}

func (f *Frame) setType(value []byte) error {
	s, ok := plainString(value)
	if !ok {
		return errors.New("the frame's type is not a string")
	}
	f.Type = known(s)
	return nil
}

func (f *Frame) setID(value []byte) error {
	if string(value) == "null" {
		f.ID, f.EmptyID = "", false
		return nil
	}
	s, ok := plainString(value)
	if !ok {
		return errors.New("the frame's id is not a string")
	}
	f.ID, f.EmptyID = string(s), len(s) == 0
	return nil
}

// known is the type s, without an allocation if it is one of ours.
func known(s []byte) string {
	for _, t := range [...]string{Data, KeepAlive, StartAck, Complete, Error, ConnectionAck, ConnectionError, Start, Stop, ConnectionInit,
		SubscribeSuccess, PublishSuccess, Publish, Subscribe, Unsubscribe, UnsubscribeSuccess, SubscribeError, PublishError, UnsubscribeError, BroadcastError} {
		if string(s) == t {
			return t
		}
	}
	return string(s)
}

// Timeout is the connectionTimeoutMs of a connection_ack of either protocol:
// for GraphQL in the payload, for the Event API beside the type. False: it is
// absent or not a positive number.
func (f *Frame) Timeout() (time.Duration, bool) {
	raw := f.TimeoutMs
	if raw == nil {
		Members(f.Payload, func(name, value []byte) {
			if string(name) == "connectionTimeoutMs" {
				raw = value
			}
		})
	}
	var ms float64
	const year = 365 * 24 * time.Hour
	if raw == nil || json.Unmarshal(raw, &ms) != nil || !(ms > 0) || ms > float64(year.Milliseconds()) {
		return 0, false
	}
	return time.Duration(ms * float64(time.Millisecond)), true
}

// ErrorList is where the frame keeps its errors: errors in the payload for
// GraphQL, or beside the type for the Event API; nil if there are none.
func (f *Frame) ErrorList() json.RawMessage {
	if f.Errors != nil {
		return f.Errors
	}
	var found json.RawMessage
	Members(f.Payload, func(name, value []byte) {
		if string(name) == "errors" {
			found = unlessNull(value)
		}
	})
	return found
}
