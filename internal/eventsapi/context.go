package eventsapi

import (
	"encoding/json"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/wire"
)

// call is ctx as a handler's code gets it (AppSync Events developer guide,
// "AWS AppSync Event API context reference").
func (o *operation) call() *Call {
	c := &Call{Identity: o.caller.Identity(), Headers: o.headers, DomainName: o.domain, AuthType: o.caller.AuthType(),
		Extra: map[string]json.RawMessage{"info": o.appendInfo(nil)}}
	if o.kind == identity.EventPublish {
		c.Extra["events"] = o.appendEvents(nil)
	}
	return c
}

// event is the context as a direct function gets it.
func (o *operation) event() json.RawMessage {
	dst := append(append(make([]byte, 0, 1024), `{"identity":`...), o.caller.Identity()...)
	dst = append(dst, `,"result":null,"request":{"headers":`...)
	dst = append(append(dst, o.headers...), `,"domainName":`...)
	if o.domain == nil {
		dst = append(dst, "null"...)
	} else {
		dst = wire.AppendString(dst, *o.domain)
	}
	dst = o.appendInfo(append(dst, `},"info":`...))
	dst = append(dst, `,"error":null,"prev":null,"stash":{},"outErrors":[],"events":`...)
	if o.kind == identity.EventPublish {
		dst = o.appendEvents(dst)
	} else {
		dst = append(dst, "null"...)
	}
	return append(dst, '}')
}

// appendInfo appends ctx.info.
func (o *operation) appendInfo(dst []byte) []byte {
	dst = wire.AppendString(append(dst, `{"channel":{"path":`...), o.channel.path)
	dst = append(dst, `,"segments":[`...)
	for i, s := range o.channel.segments {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = wire.AppendString(dst, s)
	}
	dst = wire.AppendString(append(dst, `]},"channelNamespace":{"name":`...), o.channel.namespace())
	if o.kind == identity.EventSubscribe {
		return append(dst, `},"operation":"SUBSCRIBE"}`...)
	}
	return append(dst, `},"operation":"PUBLISH"}`...)
}

// appendEvents appends ctx.events: a payload is the event as JSON, not as text.
func (o *operation) appendEvents(dst []byte) []byte {
	dst = append(dst, '[')
	for i := range o.events {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `{"payload":`...), o.events[i].text...)
		dst = append(wire.AppendString(append(dst, `,"id":`...), o.events[i].id), '}')
	}
	return append(dst, ']')
}
