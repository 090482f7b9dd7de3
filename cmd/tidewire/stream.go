package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/appsync"
)

const streamHelp = `A lost connection is restored, and stderr says from when to when nothing was
received, since AppSync does not replay; so it does when events were dropped because they
came faster than they were taken.

It ends with the first interrupt, after --count events, or after --wait; fewer than --count
is a failure. With --exec every event is the stdin of one run of a program, one at a time and
in order; no shell is involved, its arguments are those after --, and stdout is the
program's: events are not printed. If it fails stderr says so, and the next event is taken.`

// streamFlags say what to do with events, and for how long.
type streamFlags struct {
	count int
	wait  time.Duration
	exec  string
	words []string // arguments of exec
}

func (f *streamFlags) add(flags *pflag.FlagSet) {
	flags.IntVar(&f.count, "count", 0, "leave when `N` events have come")
	flags.DurationVar(&f.wait, "wait", 0, "leave after this long, counted from the start")
	flags.StringVar(&f.exec, "exec", "", "run this `PROGRAM` for every event, with the event on stdin and the arguments after --")
}

// args checks the arguments before --, and keeps those after it.
func (f *streamFlags) args(before cobra.PositionalArgs) cobra.PositionalArgs {
	return usageArgs(func(cmd *cobra.Command, args []string) error {
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			args, f.words = args[:dash], args[dash:]
		}
		if f.exec == "" && len(f.words) > 0 {
			return errors.New("arguments after -- are those of --exec, which is not given")
		}
		return before(cmd, args)
	})
}

func (f *streamFlags) check() error {
	switch {
	case f.count < 0:
		return usagef("", "--count must not be negative")
	case f.wait < 0:
		return usagef("", "--wait must not be negative")
	case f.exec == "":
		return nil
	}
	if _, err := exec.LookPath(f.exec); err != nil {
		return usagef("give the name of a program, or its path; its arguments go after --, and there is no shell", "--exec: %s", withoutPrefix(err))
	}
	return nil
}

// stream is the events of one command. Only the goroutine of run uses it,
// but for what watching says.
type stream struct {
	flags *streamFlags
	sh    *shell

	started bool // the server has accepted
	count   int  // events taken
	dropped int

	whole atomic.Bool // subscribed, and nothing is known to be lost
}

func (f *streamFlags) stream(sh *shell) *stream { return &stream{flags: f, sh: sh} }

// enough ends a stream that has as many events as were asked for.
type enough struct{}

func (enough) Error() string { return "enough events" }

// run takes what feed gives until it ends, or --count, --wait or an interrupt
// end it, and judges the outcome.
func (s *stream) run(ctx context.Context, feed func(context.Context) error) error {
	ctx, cancel := within(ctx, s.flags.wait)
	defer cancel()
	err := feed(ctx)
	if s.dropped > 0 {
		s.say(counted(s.dropped, "event") + " dropped in all")
	}
	switch {
	case errors.As(err, &enough{}):
		return nil
	case ctx.Err() != nil:
		return s.short(errors.Is(ctx.Err(), context.DeadlineExceeded))
	case err != nil:
		return err
	}
	return s.short(false)
}

// short is the failure to get as many events as were asked for.
func (s *stream) short(late bool) error {
	if !s.started {
		return errors.New("ended before the server had accepted the subscription")
	}
	if s.count >= s.flags.count {
		return nil
	}
	text := fmt.Sprintf("%d of %s came", s.count, counted(s.flags.count, "event"))
	if late {
		return hint(errors.New(text+" in "+s.flags.wait.String()), "give more time with --wait")
	}
	return errors.New(text)
}

// leaving bounds the goodbye to the server, which an ended ctx does not stop.
func (s *stream) leaving(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
}

// accepted notes that the server sends events from now on.
func (s *stream) accepted() {
	s.started = true
	s.whole.Store(true)
	s.say("subscribed")
}

// watching is client, telling when a lost connection is dialled anew: until
// that succeeds there is nothing else to see.
func (s *stream) watching(client *http.Client) *http.Client {
	watched := *client
	watched.Transport = dialWatch{client.Transport, func() {
		if s.whole.Swap(false) {
			s.say("the connection is lost; trying to restore it")
		}
	}}
	return &watched
}

// dialWatch tells of every WebSocket that is dialled.
type dialWatch struct {
	next   http.RoundTripper
	dialed func()
}

// RoundTrip sends r.
func (w dialWatch) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Sec-Websocket-Key") != "" {
		w.dialed()
	}
	return w.next.RoundTrip(r)
}

func (s *stream) say(text string) { fmt.Fprintln(s.sh.stderr, "tidewire:", visible(text)) }

// gap says when nothing was received.
func (s *stream) gap(from, to time.Time, attempts int, cause error) {
	const clock = "15:04:05.000"
	s.whole.Store(true)
	text := fmt.Sprintf("reconnected: nothing was received from %s to %s (%s, %s), and AppSync does not replay",
		from.Format(clock), to.Format(clock), to.Sub(from).Round(time.Millisecond), counted(attempts, "attempt"))
	if cause != nil {
		text += "; the cause: " + cause.Error()
	}
	s.say(text)
}

// missed says that events were dropped.
func (s *stream) missed(n int) {
	if n > 0 {
		s.dropped += n
		s.say(counted(n, "event") + " dropped because they came faster than they were taken")
	}
}

// ignored says what has come that nobody knows.
func (s *stream) ignored(c appsync.Counts) {
	if n := c.UnknownTypes + c.BadFrames + c.LooseErrors; n > 0 {
		s.say(fmt.Sprintf("ignored: %d of unknown type, %d malformed, %d errors without an address", c.UnknownTypes, c.BadFrames, c.LooseErrors))
	}
}

// take prints an event or hands it to the program, and says when it was the
// last one.
func (s *stream) take(ctx context.Context, event any) error {
	s.count++
	if err := s.pass(ctx, event); err != nil {
		return err
	}
	if s.count == s.flags.count {
		return enough{}
	}
	return nil
}

func (s *stream) pass(ctx context.Context, event any) error {
	if s.flags.exec == "" && s.sh.screen != nil {
		return s.sh.putJSON(event)
	}
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(event); err != nil {
		return fmt.Errorf("an event cannot be written: %w", err)
	}
	if s.flags.exec == "" {
		return s.sh.put(line.Bytes())
	}
	s.execute(ctx, line.Bytes())
	return nil
}

// execute runs the program of --exec with an event on its stdin. An ended ctx
// lets it finish for 5 seconds.
func (s *stream) execute(ctx context.Context, event []byte) {
	run := exec.CommandContext(ctx, s.flags.exec, s.flags.words...)
	run.Stdin, run.Stdout, run.Stderr = bytes.NewReader(event), s.sh.stdout, s.sh.stderr
	run.Cancel = func() error { return os.ErrProcessDone } // it ends by itself
	run.WaitDelay = 5 * time.Second
	if err := run.Run(); err != nil {
		s.say(fmt.Sprintf("--exec %s: event %d: %s", s.flags.exec, s.count, err))
	}
}
