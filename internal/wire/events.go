package wire

import "encoding/json"

// AppendSubscription appends what a subscribe to channel signs:
// {"channel":…} (AppSync developer guide, "Understanding the Event API WebSocket
// protocol").
func AppendSubscription(dst []byte, channel string) []byte {
	return append(AppendString(append(dst, `{"channel":`...), channel), '}')
}

// AppendPublication appends the body of a publish over HTTP, which is also what
// a publish on the WebSocket signs: {"channel":…,"events":[…]}, each event a
// string. It gives the raw members too, which alias it.
func AppendPublication[E ~[]byte](dst []byte, channel string, events []E) (body []byte, rawChannel, rawEvents json.RawMessage) {
	start := len(append(dst, `{"channel":`...))
	dst = AppendString(append(dst, `{"channel":`...), channel)
	after := len(dst)
	dst = append(dst, `,"events":`...)
	list := len(dst)
	dst = append(dst, '[')
	for i, e := range events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, string(e))
	}
	dst = append(dst, ']')
	end := len(dst)
	dst = append(dst, '}')
	return dst, json.RawMessage(dst[start:after:after]), json.RawMessage(dst[list:end:end])
}

// Outcome is one entry of what a publish is answered with: in successful with
// an identifier, in failed also with code and message.
type Outcome struct {
	Index      int // in the events of the publish
	Identifier string
	Code       int
	Message    string
}

// Outcomes reads successful or failed, which must be valid JSON. Absent and null
// are an empty list; false: it is no array of objects with an index. What else
// does not fit is left out.
func Outcomes(raw json.RawMessage) ([]Outcome, bool) {
	if raw = unlessNull(raw); len(raw) == 0 {
		return nil, true
	}
	var list []Outcome
	good := true
	array := Elements(raw, func(value []byte) {
		o := Outcome{Index: -1}
		Members(value, o.set)
		good = good && o.Index >= 0
		list = append(list, o)
	})
	return list, array && good
}

// set takes one member.
func (o *Outcome) set(name, value []byte) {
	switch string(name) {
	case "index":
		if json.Unmarshal(value, &o.Index) != nil {
			o.Index = -1
		}
	case "identifier":
		o.Identifier = textOf(value)
	case "code":
		if json.Unmarshal(value, &o.Code) != nil {
			o.Code = 0
		}
	case "message":
		o.Message = textOf(value)
	}
}

func textOf(raw []byte) string {
	s, _ := plainString(raw)
	return string(s)
}
