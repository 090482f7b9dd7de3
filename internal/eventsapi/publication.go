package eventsapi

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/wire"
)

// event is one of those that are published.
type event struct {
	id   string
	raw  json.RawMessage // a JSON string, as it was sent
	text []byte          // what the string holds: JSON
}

// parseEvents reads the events of a publish, a JSON array of strings. reason is
// what is wrong, for the publisher; "" if nothing is.
func parseEvents(list json.RawMessage, most int) (events []event, reason string) {
	array := wire.Elements(list, func(raw []byte) {
		if len(events) <= maxBatch && reason == "" {
			var e event
			e, reason = parseEvent(raw, most)
			events = append(events, e)
		}
	})
	switch {
	case !array:
		return nil, "events must be an array of strings"
	case len(events) > maxBatch:
		return nil, fmt.Sprintf("input exceeded %d event limit", maxBatch)
	case reason != "":
		return nil, reason
	case len(events) == 0:
		return nil, "events must not be empty"
	}
	return events, ""
}

func parseEvent(raw []byte, most int) (event, string) {
	if len(raw) < 2 || raw[0] != '"' {
		return event{}, "each event must be a string of JSON"
	}
	text, ok := wire.AppendUnquoted(nil, raw)
	switch {
	case !ok || !wire.Valid(text):
		return event{}, "each event must be a string of valid JSON"
	case len(text) > most:
		return event{}, tooLong(most)
	}
	return event{id: uuid.NewString(), raw: raw, text: text}, ""
}

func tooLong(most int) string { return fmt.Sprintf("an event exceeded %d bytes", most) }

// parseBody reads the body of an HTTP publish: {"channel", "events"}; other
// members are ignored. The channel is given as far as it can be read, also
// beside a refusal, so that the caller can be found out.
func (a *API) parseBody(body []byte) (channel, []event, *fault.Error) {
	var f wire.Frame
	object := wire.Object(body, func(name, value []byte) {
		switch string(name) {
		case "channel":
			f.Channel = value
		case "events":
			f.Events = value
		}
	})
	if !object {
		return channel{}, nil, bad("The request body must be a JSON object in UTF-8.").Because("a body of %d bytes is none", len(body))
	}
	c, reason := readChannel(&f, false)
	if reason != "" {
		return channel{}, nil, bad("Invalid channel: " + reason + ".").Because("the channel of the body")
	}
	events, reason := parseEvents(f.Events, a.o.Limits.Event)
	if reason != "" {
		return c, nil, bad(strings.ToUpper(reason[:1]) + reason[1:]).Because("the events of the body")
	}
	return c, events, nil
}

// readChannel reads the channel of a frame or body.
func readChannel(f *wire.Frame, wildcard bool) (channel, string) {
	text, ok := f.ChannelText()
	if !ok {
		return channel{}, "it must be a string"
	}
	return parseChannel(text, wildcard)
}
