package wire

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Append appends the frame as JSON to dst: the type, the id unless it is
// absent, and the raw members that are there, which must be valid JSON.
func (f *Frame) Append(dst []byte) []byte {
	dst = AppendString(append(dst, `{"type":`...), f.Type)
	if f.ID != "" || f.EmptyID {
		dst = AppendString(append(dst, `,"id":`...), f.ID)
	}
	dst = appendMember(dst, "channel", f.Channel)
	dst = appendMember(dst, "event", f.Event)
	dst = appendMember(dst, "events", f.Events)
	dst = appendMember(dst, "payload", f.Payload)
	dst = appendMember(dst, "authorization", f.Authorization)
	dst = appendMember(dst, "connectionTimeoutMs", f.TimeoutMs)
	dst = appendMember(dst, "successful", f.Successful)
	dst = appendMember(dst, "failed", f.Failed)
	dst = appendMember(dst, "errors", f.Errors)
	return append(dst, '}')
}

func appendMember(dst []byte, name string, value json.RawMessage) []byte {
	if len(value) == 0 {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":`...)
	return append(dst, value...)
}

// StartPayload is the payload of start: data, a text that is sent as a JSON
// string, and the object that authorizes it.
func StartPayload(data []byte, authorization json.RawMessage) json.RawMessage {
	dst := make([]byte, 0, len(data)+len(data)/8+len(authorization)+64)
	dst = AppendString(append(dst, `{"data":`...), string(data))
	dst = append(append(dst, `,"extensions":{"authorization":`...), authorization...)
	return append(dst, `}}`...)
}

// AckPayload is the payload of GraphQL's connection_ack.
func AckPayload(timeout time.Duration) json.RawMessage {
	return append(strconv.AppendInt([]byte(`{"connectionTimeoutMs":`), timeout.Milliseconds(), 10), '}')
}

// ErrorPayload is the payload of GraphQL's error and connection_error: a JSON
// array of errors.
func ErrorPayload(list json.RawMessage) json.RawMessage {
	return append(append([]byte(`{"errors":`), list...), '}')
}

// AppendString appends s as a JSON string, with the escapes that JSON demands
// (RFC 8259 section 7) and no others, in the spelling of JSON.stringify
// (ECMAScript 2024, 25.5.2.3): a server that decodes a message and writes it
// again, to see what was signed, comes to the same bytes. Bytes that are not
// UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if c >= utf8.RuneSelf && (r != utf8.RuneError || size > 1) {
			i += size
			continue
		}
		dst = append(dst, s[from:i]...)
		switch {
		case c >= utf8.RuneSelf:
			dst = append(dst, "\ufffd"...)
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= '\b' && c <= '\r' && c != '\v':
			dst = append(dst, '\\', "btn?fr"[c-'\b'])
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i += size
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
