package wire

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// StartData reads the payload of start: the text of data as it was before it
// became a JSON string, which is what IAM signs, and the object that authorizes
// it, nil if there is none. Both may alias the frame. False: data is missing or
// not a string.
func (f *Frame) StartData() (data []byte, authorization json.RawMessage, ok bool) {
	var raw, extensions json.RawMessage
	Members(f.Payload, func(name, value []byte) {
		switch string(name) {
		case "data":
			raw = value
		case "extensions":
			extensions = value
		}
	})
	Members(extensions, func(name, value []byte) {
		if string(name) == "authorization" {
			authorization = unlessNull(value)
		}
	})
	data, ok = plainString(raw)
	return data, authorization, ok
}

// ChannelText is the channel of subscribe and publish. False: it is missing or
// not a string.
func (f *Frame) ChannelText() (string, bool) {
	s, ok := plainString(f.Channel)
	return string(s), ok
}

// EventTexts are the events of publish, of which there may be none; they may
// alias the frame. False: they are missing, or not an array of strings.
func (f *Frame) EventTexts() ([][]byte, bool) {
	var list [][]byte
	good := true
	array := Elements(f.Events, func(value []byte) {
		s, ok := plainString(value)
		good = good && ok
		list = append(list, s)
	})
	return list, array && good
}

// SignedBodies are what IAM may have signed of subscribe or publish, the
// likeliest first: channel and events decoded and written again as the
// developer guide says, and, if that is something else, as they stand in the
// frame.
func (f *Frame) SignedBodies() [][]byte {
	channel, ok := f.ChannelText()
	if !ok {
		return nil
	}
	raw := append(append([]byte(`{"channel":`), f.Channel...), '}')
	var body []byte
	if f.Events == nil {
		body = AppendSubscription(nil, channel)
	} else {
		raw = append(append(append(raw[:len(raw)-1], `,"events":`...), f.Events...), '}')
		if events, ok := f.EventTexts(); ok {
			body, _, _ = AppendPublication(nil, channel, events)
		}
	}
	if body == nil || bytes.Equal(body, raw) {
		return [][]byte{raw}
	}
	return [][]byte{body, raw}
}

// Problem is an error as the real-time endpoints say it.
type Problem struct {
	Type    string // errorType; empty: not said
	Message string
	Code    int // errorCode; 0: not said
}

// AppendProblems appends a JSON array of errors.
func AppendProblems(dst []byte, list ...Problem) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = list[i].append(dst)
	}
	return append(dst, ']')
}

func (p *Problem) append(dst []byte) []byte {
	dst = append(dst, '{')
	if p.Type != "" {
		dst = append(AppendString(append(dst, `"errorType":`...), p.Type), ',')
	}
	dst = AppendString(append(dst, `"message":`...), p.Message)
	if p.Code != 0 {
		dst = strconv.AppendInt(append(dst, `,"errorCode":`...), int64(p.Code), 10)
	}
	return append(dst, '}')
}

// AppendReply appends a frame of a type and an id: start_ack, complete and the
// like.
func AppendReply(dst []byte, kind, id string) []byte {
	f := Frame{Type: kind, ID: id}
	return f.Append(dst)
}

// AppendKeepAlive appends {"type":"ka"}.
func AppendKeepAlive(dst []byte) []byte { return AppendReply(dst, KeepAlive, "") }

// AppendGraphQLAck appends the connection_ack of GraphQL.
func AppendGraphQLAck(dst []byte, timeout time.Duration) []byte {
	f := Frame{Type: ConnectionAck, Payload: AckPayload(timeout)}
	return f.Append(dst)
}

// AppendEventsAck appends the connection_ack of the Event API.
func AppendEventsAck(dst []byte, timeout time.Duration) []byte {
	f := Frame{Type: ConnectionAck, TimeoutMs: strconv.AppendInt(nil, timeout.Milliseconds(), 10)}
	return f.Append(dst)
}

// AppendGraphQLError appends an error or connection_error of GraphQL, the
// errors in its payload; without an id if that is empty.
func AppendGraphQLError(dst []byte, kind, id string, list ...Problem) []byte {
	f := Frame{Type: kind, ID: id, Payload: ErrorPayload(AppendProblems(nil, list...))}
	return f.Append(dst)
}

// AppendEventsError appends an error of any type of the Event API, the errors
// beside the type; without an id if that is empty.
func AppendEventsError(dst []byte, kind, id string, list ...Problem) []byte {
	f := Frame{Type: kind, ID: id, Errors: AppendProblems(nil, list...)}
	return f.Append(dst)
}

// DataHead is what a data message of an id begins with: behind it come the
// value of member ("payload" or "event") and "}".
func DataHead(id, member string) []byte {
	dst := make([]byte, 0, len(id)+len(member)+26)
	dst = AppendString(append(dst, `{"type":"data","id":`...), id)
	return append(append(append(dst, `,"`...), member...), `":`...)
}

// AppendOutcomes appends successful or failed of publish_success.
func AppendOutcomes(dst []byte, list []Outcome) []byte {
	dst = append(dst, '[')
	for i := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(append(dst, `{"identifier":`...), list[i].Identifier)
		dst = strconv.AppendInt(append(dst, `,"index":`...), int64(list[i].Index), 10)
		if list[i].Code != 0 || list[i].Message != "" {
			dst = strconv.AppendInt(append(dst, `,"code":`...), int64(list[i].Code), 10)
			dst = AppendString(append(dst, `,"message":`...), list[i].Message)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']')
}
