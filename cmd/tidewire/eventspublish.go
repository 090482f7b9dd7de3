package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/events"
)

const eventsPublishHelp = `Publish events, each one JSON text, to a channel of an AppSync Event API. With - every
line of stdin is an event, and published when it comes: what is there at once goes in
batches of 5. A string is written with its quotes, '"hi"'.

For every event that was answered for there is a JSON object on one line, in no certain
order: {"index":0,"accepted":true,"identifier":"…"}, or with false a code and a message.

` + reachHelp + `

Exit codes: 0 all accepted, 1 failed or some rejected, 2 wrong usage, 3 refused by the server.`

const eventsPublishExamples = `  tidewire events publish https://abc.appsync-api.eu-west-1.amazonaws.com/event /default/room '{"text":"hi"}' --api-key @key
  tail -f log.jsonl | tidewire events publish http://127.0.0.1:4577/event /default/log - --socket`

// eventsPublishFlags are the command line of events publish.
type eventsPublishFlags struct {
	appsyncFlags
	socket bool
}

func newEventsPublishCommand(sh *shell) *cobra.Command {
	var f eventsPublishFlags
	cmd := &cobra.Command{
		Use:     "publish URL CHANNEL EVENT…|-",
		Short:   "Publish events to a channel",
		Long:    fmt.Sprintf(eventsPublishHelp, "event"),
		Example: eventsPublishExamples,
		Args:    usageArgs(cobra.MinimumNArgs(3)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), sh, args[0], args[1], args[2:])
		},
	}
	cmd.Flags().BoolVar(&f.socket, "socket", false, "publish over the WebSocket instead of HTTP")
	f.add(cmd, sh)
	return cmd
}

func (f *eventsPublishFlags) run(ctx context.Context, sh *shell, rawURL, channel string, texts []string) error {
	if err := errors.Join(f.check(), stdinOnce(append(texts, f.auth.token)...)); err != nil {
		return err
	}
	target, err := f.eventTarget(rawURL)
	if err != nil {
		return err
	}
	list, err := eventsOf(texts)
	if err != nil {
		return err
	}
	c, err := f.prepare(ctx, sh, target)
	if err != nil {
		return err
	}
	if f.show != "" {
		return f.showPublish(ctx, sh, c, channel, list)
	}
	client, err := c.eventsClient(c.http, 0)
	if err != nil {
		return err
	}
	defer client.Close()
	p := &publishing{sh: sh, channel: channel, send: client.Publish}
	if f.socket {
		p.send = client.PublishSocket
	}
	if list != nil {
		err = p.publish(ctx, list)
	} else {
		err = p.publishLines(ctx)
	}
	return errors.Join(err, p.verdict())
}

// eventsOf checks the events of the command line; nil: they are on stdin.
func eventsOf(texts []string) ([]json.RawMessage, error) {
	var list []json.RawMessage
	for i, text := range texts {
		switch {
		case text == "-" && len(texts) == 1:
			return nil, nil
		case !json.Valid([]byte(text)):
			return nil, usagef(`write a string with its quotes: '"hi"'`, "event %d is not JSON; nothing was published", i+1)
		}
		list = append(list, json.RawMessage(text))
	}
	return list, nil
}

// publishing is the events of one command. Only its goroutine uses it.
type publishing struct {
	sh      *shell
	channel string
	send    func(ctx context.Context, channel string, list ...json.RawMessage) (*events.Published, error)

	sent     int // events given to send
	rejected int
	why      error // of the first rejection
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
		if p.why == nil {
			p.why = rejected
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
	return hint(fmt.Errorf("%d of %s rejected, the first: %w", p.rejected, counted(p.sent, "event"), p.why), "the messages on stdout say why; a handler of the namespace may have refused them")
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
	if err := lines.Err(); err != nil {
		give(eventLine{err: fmt.Errorf("read stdin: %w", err)})
	}
}

// showPublish prints what a publish would send first.
func (f *eventsPublishFlags) showPublish(ctx context.Context, sh *shell, c *call, channel string, list []json.RawMessage) error {
	if list == nil {
		list = []json.RawMessage{json.RawMessage(`{}`)}
	}
	list = list[:min(len(list), events.BatchSize)]
	caught := &catcher{}
	client, err := c.eventsClient(&http.Client{Transport: caught}, 1)
	if err != nil {
		return err
	}
	defer client.Close()
	if !f.socket {
		_, err = client.Publish(ctx, channel, list...)
		if caught.caught == nil {
			return eventsError(err)
		}
		return sh.put([]byte(requestHead(caught.caught)))
	}
	_, err = client.PublishSocket(ctx, channel, list...)
	if caught.caught == nil {
		return eventsError(err)
	}
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = string(list[i])
	}
	data, err := json.Marshal(struct {
		Channel string   `json:"channel"`
		Events  []string `json:"events"`
	}{channel, texts})
	if err != nil {
		return err
	}
	return c.showSocket(ctx, sh, caught.caught, "publish", data)
}
