package eventsapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/tidewire/tidewire/internal/wire"
)

// failedCode is the code of an event that a handler has failed. AppSync's is
// not documented.
const failedCode = http.StatusBadRequest

// outgoing reads what an onPublish handler gives: a list of {id, payload} and
// {id, error}, in the order in which they are broadcast. null, in the list or
// instead of it, is nothing. reason is why the whole is not taken.
func (o *operation) outgoing(list json.RawMessage) (out []json.RawMessage, failed []wire.Outcome, reason string) {
	if isNull(list) {
		return nil, nil, ""
	}
	if !wire.Valid(list) {
		return nil, nil, "it answered something that is not JSON"
	}
	var seen [maxBatch]bool
	array := wire.Elements(list, func(item []byte) {
		if reason != "" || isNull(item) {
			return
		}
		e, why := o.element(item)
		switch {
		case why != "":
			reason = why
		case seen[e.index]:
			reason = fmt.Sprintf("it answered the id of event %d twice", e.index)
		case e.failed:
			failed = append(failed, wire.Outcome{Index: e.index, Identifier: o.events[e.index].id, Code: failedCode, Message: e.message})
		default:
			out = append(out, e.payload)
		}
		if reason == "" {
			seen[e.index] = true
		}
	})
	if !array {
		return nil, nil, "it answered something that is not a list of events"
	}
	slices.SortFunc(failed, func(a, b wire.Outcome) int { return a.Index - b.Index })
	return out, failed, reason
}

// element is one of what a handler gives.
type element struct {
	index   int
	failed  bool
	message string          // if it failed
	payload json.RawMessage // a JSON string, if it did not
}

func (o *operation) element(item []byte) (e element, reason string) {
	var id string
	payload, failure := json.RawMessage("null"), json.RawMessage(nil)
	object := wire.Members(item, func(name, value []byte) {
		switch string(name) {
		case "id":
			id = text(value)
		case "payload":
			payload = value
		case "error":
			failure = value
		}
	})
	e.index = slices.IndexFunc(o.events, func(e event) bool { return e.id == id })
	switch {
	case !object:
		return e, "it answered a list with something that is not an object"
	case e.index < 0:
		return e, fmt.Sprintf("it answered an event with the id %.60q, which no event of the publish has", id)
	case !isNull(failure):
		e.failed, e.message = true, text(failure)
	case len(payload) > o.api.o.Limits.Event:
		e.failed, e.message = true, tooLong(o.api.o.Limits.Event)
	default:
		e.payload = wire.AppendString(make([]byte, 0, len(payload)+len(payload)/8+2), string(payload))
	}
	return e, ""
}

// readReply reads what a direct function answers: null, or {events, error}.
// said is the error. False: it is neither.
func readReply(reply json.RawMessage) (events json.RawMessage, said string, ok bool) {
	if isNull(reply) {
		return nil, "", true
	}
	ok = wire.Object(reply, func(name, value []byte) {
		switch {
		case string(name) == "events":
			events = value
		case string(name) == "error" && !isNull(value):
			if said = text(value); said == "" {
				said = "error"
			}
		}
	})
	return events, said, ok
}

// text is what a JSON string holds; of another value it is the JSON.
func text(raw []byte) string {
	if s, ok := wire.AppendUnquoted(nil, raw); ok {
		return string(s)
	}
	return string(raw)
}

func isNull(raw json.RawMessage) bool {
	return len(raw) == 0 || string(bytes.Trim(raw, " \t\r\n")) == "null"
}
