package main

import (
	"fmt"
	"sync"
	"time"
)

// state of a subscription, as the server knows it.
type state string

const (
	never     state = "never"     // not accepted yet
	live      state = "live"      // accepted, on a connection
	away      state = "away"      // accepted once, dropped since
	stopped   state = "stopped"   // by the client
	completed state = "completed" // by the server
	refused   state = "refused"   // at the first start, or while live
	barred    state = "barred"    // at a start after a drop
	left      state = "left"      // live when the client closed the connection
)

// entry is one subscription, over all its connections.
type entry struct {
	client string
	state  state
	owner  string // the latest start: whose acceptance counts
	epoch  int    // acceptances
	drops  int
	n      int // the last number
	last   time.Time
	since  time.Time // away since

	reported bool // as ended: what happens to it now is not counted
}

// tick is how often a message comes.
const tick = 50 * time.Millisecond

// next is the next number. Numbers go on while nobody listens.
func (e *entry) next() int {
	now := time.Now()
	e.n++
	if !e.last.IsZero() && e.state == away {
		e.n += int(now.Sub(e.last) / tick)
	}
	e.last = now
	return e.n
}

// bookkeeping are the sums.
type bookkeeping struct {
	Sockets         int      `json:"sockets"`
	Dropped         int      `json:"dropped"`   // subscriptions with a dropped socket
	EndedAway       int      `json:"endedAway"` // drops after which the client did not want, or was not let, back
	Unread          int      `json:"unread"`    // drops after the consumer looked for the last time, or of those whose Client was closed before they could
	Starts          int      `json:"starts"`
	Accepted        int      `json:"accepted"`
	Late            int      `json:"late"` // acceptances after the client's patience
	Messages        int      `json:"messages"`
	RefusedStarts   int      `json:"refusedStarts"`
	RefusedConnects int      `json:"refusedConnects"`
	Expired         int      `json:"expired"` // refused in the middle
	Completed       int      `json:"completed"`
	Trouble         int      `json:"trouble"`   // handshakes that came to nothing
	GivenUp         int      `json:"givenUp"`   // subscriptions with a socket that the client gave up, a starved machine's drops
	TooLate         int      `json:"tooLate"`   // acceptances that the client had given up, a busy machine's
	Unstopped       int      `json:"unstopped"` // subscriptions with a dropped socket that had been reported, whose stop a starved machine has not brought yet
	Calls           int      `json:"calls"`     // queries and publishes
	Ended           int      `json:"ended"`     // subscriptions reported
	Open            int      `json:"open"`
	Violations      []string `json:"violations"` // a few of each kind
}

// books are kept by the server. Safe for concurrent use.
type books struct {
	mu      sync.Mutex
	sums    bookkeeping
	entries map[string]*entry
	barred  map[string]time.Time // client -> last refused connection
	acked   map[string]time.Time // client -> last connection
	tokens  map[string]bool      // and what they have served for
	ended   map[string]bool      // keys of subscriptions that were reported
	kinds   map[string]int       // of violations
}

func newBooks() *books {
	return &books{entries: map[string]*entry{}, barred: map[string]time.Time{}, acked: map[string]time.Time{}, tokens: map[string]bool{}, ended: map[string]bool{}, kinds: map[string]int{}}
}

// violation notes what must not be: the first few of each kind. The caller
// holds mu.
func (b *books) violation(format string, args ...any) {
	if b.kinds[format]++; b.kinds[format] <= 5 {
		b.sums.Violations = append(b.sums.Violations, fmt.Sprintf(format, args...))
	}
}

// together is for how long a source of tokens may be asked: who asks meanwhile
// shares the answer.
const together = 5 * time.Second

// fresh notes a proof, which must be a new one: it has not served before, and it
// was obtained after it can have been asked for. How long it takes from there to
// here says nothing, on a busy machine. Tokens that are shared by those who ask at
// the same time serve each of them once. Old ones are forgotten after a million.
// The caller holds mu.
func (b *books) fresh(token, what string, asked time.Time) {
	if client, _ := clientOf(token); !isSharing(client) {
		what = "anything"
	}
	use := token + " for " + what
	switch {
	case token == "" || b.tokens[use]:
		b.violation("the token %s is not fresh: it has served before", use)
	case obtained(token).Before(asked.Add(-together)):
		b.violation("the token %s is not fresh: it was obtained %s before that was asked for", use, asked.Sub(obtained(token)))
	}
	if len(b.tokens) > 1_000_000 {
		clear(b.tokens)
	}
	b.tokens[use] = true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// entry finds or makes the entry of key; one that is in no books for a start that
// comes when its subscription was given up and reported. The caller holds mu.
func (b *books) entry(key, client string) *entry {
	if b.ended[key] {
		return &entry{client: client, state: never, reported: true}
	}
	e := b.entries[key]
	if e == nil {
		e = &entry{client: client, state: never}
		b.entries[key] = e
	}
	return e
}

// back judges a start for an entry, which may be the first one. The caller
// holds mu.
func (b *books) back(key string, e *entry) {
	switch e.state {
	case never:
	case away:
		if b.barred[e.client].After(e.since) {
			b.violation("a start for %s, whose client was refused meanwhile", key)
		}
	case left:
		e.drops++
		e.state = away
		b.sums.Dropped++
		b.sums.GivenUp++
	case stopped: // it was accepted too late for the client, whose machine was busy
		e.epoch--
		e.state = away
		b.sums.TooLate++
	default:
		b.violation("a start for %s, which is %s", key, e.state)
	}
}

// report is what the client says about a subscription that has ended.
type report struct {
	Key  string `json:"key"`
	How  string `json:"how"`  // never, closed, cut, completed, denied or another error
	Gaps int    `json:"gaps"` // Reconnected events
	Seen int    `json:"seen"` // messages
	Slow bool   `json:"slow"` // and told of a gap last, which may stand for several
	// Looked is when the consumer looked for the last time, before it closed
	// the subscription: news of a drop after that stays unread.
	Looked time.Time `json:"looked"`
}

// close compares a report with the entry and forgets it.
func (b *books) close(r report) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[r.Key]
	b.ended[r.Key] = true
	if e == nil {
		if r.How != "never" {
			b.violation("%+v is not known", r)
		}
		return
	}
	delete(b.entries, r.Key)
	e.reported = true
	b.sums.Ended++
	missing := e.drops - r.Gaps
	switch {
	case (r.How == "cut" || r.Slow) && missing >= 0:
		b.sums.Unread += missing
	case r.How == "closed" && missing == 1 && e.since.After(r.Looked):
		b.sums.Unread++
	case r.How == "never" && missing <= 1:
		b.sums.EndedAway += missing
	case missing == 1 && (e.state == away || e.state == barred):
		b.sums.EndedAway++
	case missing != 0 || e.state == away || e.state == barred:
		b.violation("%+v, but %d drops, state %s", r, e.drops, e.state)
	}
	b.compare(r, e)
}

// compare holds how the client saw the end against how it was. The caller holds mu.
func (b *books) compare(r report, e *entry) {
	wasRefused := e.state == refused || e.state == barred
	switch r.How {
	case "cut", "closed":
	case "never":
	case "denied":
		if !wasRefused && b.barred[e.client].IsZero() {
			b.violation("%+v, but nobody refused it", r)
		}
	case "completed":
		if e.state != completed {
			b.violation("%+v, but it is %s", r, e.state)
		}
	default:
		b.violation("%+v is no good end, state %s", r, e.state)
	}
}
