package websocketapi

import "time"

// Limits are the quotas of an API (developer guide, "Quotas for configuring
// and running a WebSocket API"). Zero means the default.
type Limits struct {
	Message int // bytes of a message, in or out; 131,072
	Frame   int // bytes of a frame's payload; 32,768
	URL     int // bytes of a handshake's request target; 4,096

	Idle time.Duration // without traffic; 10 min; negative: none
	Life time.Duration // of a connection; 2 h; negative: none
	// Integration bounds the timeout of every integration; 29 s.
	Integration time.Duration

	Queue    int // bytes that may wait for one client; 512 KiB
	InFlight int // messages of one connection under way at once; 10
	// Disconnects is how many $disconnect functions run at once; 64.
	Disconnects int
}

const (
	defaultMessage            = 128 << 10
	defaultFrame              = 32 << 10
	defaultURL                = 4096
	defaultIdle               = 10 * time.Minute
	defaultLife               = 2 * time.Hour
	defaultIntegrationTimeout = 29 * time.Second
	defaultQueue              = 512 << 10
	defaultInFlight           = 10
	defaultDisconnects        = 64
)

// defaults fills in what is zero.
func (l *Limits) defaults() {
	l.Message = orDefault(l.Message, defaultMessage)
	l.Frame = orDefault(l.Frame, defaultFrame)
	l.URL = orDefault(l.URL, defaultURL)
	l.Idle = orNone(l.Idle, defaultIdle)
	l.Life = orNone(l.Life, defaultLife)
	l.Integration = orDefault(l.Integration, defaultIntegrationTimeout)
	l.Queue = orDefault(l.Queue, defaultQueue)
	l.InFlight = orDefault(l.InFlight, defaultInFlight)
	l.Disconnects = orDefault(l.Disconnects, defaultDisconnects)
}

// orDefault is v if it is positive.
func orDefault[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// orNone is v, the default for 0, and 0 (which means none) if v is negative.
func orNone(v, otherwise time.Duration) time.Duration {
	switch {
	case v < 0:
		return 0
	case v == 0:
		return otherwise
	}
	return v
}
