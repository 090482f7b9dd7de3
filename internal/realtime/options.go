package realtime

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tidewire/tidewire/internal/wire"
)

// Handshake is one attempt to open a WebSocket, with a proof of its own.
type Handshake struct {
	URL          string // ws or wss
	Host         string // for the Host header; "" for that of URL
	Subprotocols []string
	Header       http.Header
}

// Protocol is what differs between the two protocols.
type Protocol struct {
	Started string // type that answers a start
	Refused string // type that refuses a start or ends a subscription, with an id
	Stop    string // type that ends a subscription
	Stopped string // type that answers it; unasked, the server has ended the subscription

	// Of Socket.Call; "" where there are no calls.
	Answered string // type that answers one
	Rejected string // type that refuses one
	Notice   string // type that tells a subscription of errors without ending it; "": there is none
	// Payload is what a data frame carries.
	Payload func(*wire.Frame) json.RawMessage
}

// GraphQL is the protocol graphql-ws.
func GraphQL() Protocol {
	return Protocol{Started: wire.StartAck, Refused: wire.Error, Stop: wire.Stop, Stopped: wire.Complete,
		Payload: func(f *wire.Frame) json.RawMessage { return f.Payload }}
}

// Events is the protocol aws-appsync-event-ws.
func Events() Protocol {
	return Protocol{Started: wire.SubscribeSuccess, Refused: wire.SubscribeError, Stop: wire.Unsubscribe, Stopped: wire.UnsubscribeSuccess,
		Answered: wire.PublishSuccess, Rejected: wire.PublishError, Notice: wire.BroadcastError,
		Payload: func(f *wire.Frame) json.RawMessage { return f.Event }}
}

// Options says how a Socket works. Handshake, Protocol, Failure and Retry are
// required.
type Options struct {
	// Handshake is asked before every attempt; its context has a deadline.
	Handshake func(ctx context.Context) (*Handshake, error)
	Protocol  Protocol
	// Failure makes an error of the errors of a frame, nil if it had none.
	Failure func(list json.RawMessage) error
	// Retry says whether another attempt after this error may end otherwise. It
	// is asked of what Handshake, Start and Failure gave and of the errors of
	// this package.
	Retry      func(err error) bool
	HTTPClient *http.Client
	Tuning
}

// Tuning is durations and sizes; zero values mean the defaults.
type Tuning struct {
	Connect   time.Duration // until the server has acknowledged the connection; default 30 s
	Reply     time.Duration // until it has answered a start or a stop; default 15 s
	Idle      time.Duration // an unused socket stays open for; default 1 s
	KeepAlive time.Duration // silence that ends a connection, where the server names none; default 5 min
	// MinPause is the nominal pause before the first reconnection, which
	// doubles up to MaxPause. Default 500 ms, 30 s.
	MinPause, MaxPause time.Duration
	Attempts           int   // reconnections until giving up; 0: no end
	ReadLimit          int64 // bytes of a message, more ends the connection; default 1 MiB
	MaxPending         int   // messages that wait for a consumer; default 64
	MaxBytes           int   // bytes of them; default 1 MiB
}

func (o Tuning) withDefaults() Tuning {
	o.Connect = orDefault(o.Connect, 30*time.Second)
	o.Reply = orDefault(o.Reply, 15*time.Second)
	o.Idle = orDefault(o.Idle, time.Second)
	o.KeepAlive = orDefault(o.KeepAlive, 5*time.Minute)
	o.MinPause = orDefault(o.MinPause, 500*time.Millisecond)
	o.MaxPause = max(o.MinPause, orDefault(o.MaxPause, 30*time.Second))
	o.ReadLimit = orDefault(o.ReadLimit, 1<<20)
	o.MaxPending = orDefault(o.MaxPending, 64)
	o.MaxBytes = orDefault(o.MaxBytes, 1<<20)
	return o
}

func orDefault[T ~int | ~int64](v, fallback T) T {
	if v <= 0 {
		return fallback
	}
	return v
}

// pause is the time before the attempt with this number, from 0.
func (o *Tuning) pause(number int) time.Duration {
	return Backoff{o.MinPause, o.MaxPause}.Pause(number)
}
