package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tidewire/tidewire/events"
)

// publishing is the events of one command. Only its goroutine uses it.
type publishing struct {
	sh      *shell
	channel string
	send    func(ctx context.Context, channel string, list ...json.RawMessage) (*events.Published, error)

	sent     int // events given to send
	rejected int
	why      string // of the first rejection
}

// outcome is what became of an event.
type outcome struct {
	Index      int    `json:"index"`
	Accepted   bool   `json:"accepted"`
	Identifier string `json:"identifier,omitempty"`
	Code       int    `json:"code,omitempty"`
	Message    string `json:"message,omitempty"`
}

// publish publishes events and prints what became of them. A rejection of
// single ones is no error here: see verdict.
func (p *publishing) publish(ctx context.Context, list []json.RawMessage) error {
	published, err := p.send(ctx, p.channel, list...)
	if published != nil {
		if err := p.print(published); err != nil {
			return err
		}
	}
	p.sent += len(list)
	var rejected *events.RejectedError
	var batch *events.BatchError
	if errors.As(err, &rejected) {
		p.rejected += len(rejected.Failed)
		if p.why == "" {
			p.why = whyNot(rejected.Failed[0])
		}
		if !errors.As(err, &batch) {
			return nil
		}
	}
	return eventsError(err)
}

func (p *publishing) print(published *events.Published) error {
	for _, a := range published.Successful {
		if err := p.sh.putJSON(outcome{Index: p.sent + a.Index, Accepted: true, Identifier: a.Identifier}); err != nil {
			return err
		}
	}
	for _, r := range published.Failed {
		if err := p.sh.putJSON(outcome{Index: p.sent + r.Index, Identifier: r.Identifier, Code: r.Code, Message: r.Message}); err != nil {
			return err
		}
	}
	for _, index := range published.Unmentioned {
		fmt.Fprintf(p.sh.stderr, "tidewire: the answer says nothing of event %d\n", p.sent+index+1)
	}
	return nil
}

// verdict is the failure that some events were rejected.
func (p *publishing) verdict() error {
	if p.rejected == 0 {
		return nil
	}
	return hint(fmt.Errorf("%d of %s rejected, the first with %s", p.rejected, counted(p.sent, "event"), p.why), "the messages on stdout say why; a handler of the namespace may have refused them")
}

// whyNot is what the API says of an event that it rejected.
func whyNot(r events.Rejected) string {
	return strings.TrimSuffix(fmt.Sprintf("code %d: %s", r.Code, r.Message), ": ")
}

// eventLine is a line of stdin, or the end of them.
type eventLine struct {
	event json.RawMessage
	err   error
}

// publishLines publishes the lines of stdin. Its goroutine ends with it, but
// for a blocked read of stdin, which ends with the process.
func (p *publishing) publishLines(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines := make(chan eventLine, events.BatchSize)
	go readEvents(ctx, p.sh, lines)
	for {
		batch, end := nextBatch(ctx, lines)
		if len(batch) > 0 {
			if err := p.publish(ctx, batch); err != nil {
				return err
			}
		}
		if end != nil {
			return end.err
		}
	}
}

// nextBatch waits for an event and takes what else is there; end: there is no
// more.
func nextBatch(ctx context.Context, lines <-chan eventLine) (batch []json.RawMessage, end *eventLine) {
	for len(batch) < events.BatchSize {
		var line eventLine
		var open bool
		if len(batch) == 0 {
			select {
			case line, open = <-lines:
			case <-ctx.Done():
				return nil, &eventLine{err: ctx.Err()}
			}
		} else {
			select {
			case line, open = <-lines:
			default:
				return batch, nil
			}
		}
		if !open || line.err != nil {
			return batch, &eventLine{err: line.err}
		}
		batch = append(batch, line.event)
	}
	return batch, nil
}

// readEvents reads stdin until its end, a line that is no JSON, or ctx's end.
func readEvents(ctx context.Context, sh *shell, to chan<- eventLine) {
	defer close(to)
	give := func(line eventLine) bool {
		select {
		case to <- line:
			return line.err == nil
		case <-ctx.Done():
			return false
		}
	}
	lines := bufio.NewScanner(sh.stdin)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	number := 0
	for lines.Scan() {
		number++
		line := eventLine{event: json.RawMessage(lines.Text())}
		if len(line.event) == 0 {
			continue
		}
		if !json.Valid(line.event) {
			line.err = hint(fmt.Errorf("line %d of stdin is not JSON; it and what follows were not published", number), `write a string with its quotes: "hi"`)
		}
		if !give(line) {
			return
		}
	}
	if err := lines.Err(); err != nil && ctx.Err() == nil {
		give(eventLine{err: fmt.Errorf("read stdin: %w", err)})
	}
}
