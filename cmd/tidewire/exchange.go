package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/tidewire/tidewire/apigateway"
)

// maxLine is the longest line of stdin in bytes; the gateway takes 128 KB.
const maxLine = 1 << 20

// exchange sends the messages of the command line or of stdin and prints what
// comes.
//
// Its goroutines end with it, but for the reader of stdin: a blocked read of
// it cannot be interrupted and ends with the process.
func (f *connectFlags) exchange(ctx context.Context, sh *shell, conn *apigateway.Conn) error {
	ctx, cancel := context.WithCancel(ctx)
	var receiver sync.WaitGroup
	e := &exchange{flags: f, out: newPrinter(sh, f.output), incoming: make(chan received), sent: make(chan error, 1)}
	receiver.Go(func() { receive(ctx, conn, e.incoming) })
	err := e.out.opened(conn)
	if err == nil {
		go func() { e.sent <- f.sendAll(ctx, sh, conn, e.out) }()
		err = e.run(ctx)
	}
	cancel()
	receiver.Wait()
	_ = conn.Close(1000, "") // the exchange is over, however the close goes
	return errors.Join(err, e.out.closed(err))
}

// exchange is the state of one. Only run uses it.
type exchange struct {
	flags    *connectFlags
	out      *printer
	incoming chan received
	sent     chan error // one result: all was sent, or why not

	count int
	done  bool // all was sent
}

// received is a message, or the end of them.
type received struct {
	message apigateway.Message
	err     error
}

func receive(ctx context.Context, conn *apigateway.Conn, to chan<- received) {
	for {
		m, err := conn.Receive(ctx)
		select {
		case to <- received{m, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// run is the exchange until it is over.
func (e *exchange) run(ctx context.Context) error {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for !e.complete() {
		select {
		case in := <-e.incoming:
			if err := e.take(in); err != nil || in.err != nil {
				return err
			}
			if e.done && e.flags.count == 0 {
				timer.Reset(e.flags.wait)
			}
		case err := <-e.sent:
			if err != nil && ctx.Err() == nil {
				return err
			}
			e.done = true
			timer.Reset(e.patience())
		case <-timer.C:
			return e.short()
		case <-ctx.Done():
			return e.short()
		}
	}
	return nil
}

// complete says whether all was sent and as many came as were asked for.
func (e *exchange) complete() bool {
	return e.done && e.flags.count > 0 && e.count >= e.flags.count
}

// patience is how long to stay after the last message was sent.
func (e *exchange) patience() time.Duration {
	if e.flags.count == 0 {
		return e.flags.wait
	}
	return max(countLimit, e.flags.wait)
}

// short is the failure to get as many messages as were asked for.
func (e *exchange) short() error {
	if e.count >= e.flags.count {
		return nil
	}
	return hint(fmt.Errorf("%d of %d messages came", e.count, e.flags.count), "look at the log of the gateway and its functions")
}

// take prints a message. When there is none any more, its error is why that
// is too early; a normal close is not, if enough came.
func (e *exchange) take(in received) error {
	if in.err == nil {
		e.count++
		return e.out.message(in.message)
	}
	var frame *apigateway.CloseError
	if errors.As(in.err, &frame) && frame.Code == 1000 {
		return e.short()
	}
	if errors.Is(in.err, context.Canceled) {
		return e.short()
	}
	return adviseOn(in.err, false)
}

// sendAll sends the messages of --send, else the lines of stdin.
func (f *connectFlags) sendAll(ctx context.Context, sh *shell, conn *apigateway.Conn, out *printer) error {
	if len(f.send) > 0 {
		for _, text := range f.send {
			if err := out.send(ctx, conn, text); err != nil {
				return err
			}
		}
		return nil
	}
	lines := bufio.NewScanner(sh.stdin)
	lines.Buffer(make([]byte, 0, 4<<10), maxLine)
	for number := 1; lines.Scan(); number++ {
		if err := out.send(ctx, conn, lines.Text()); err != nil {
			return fmt.Errorf("line %d of stdin: %w", number, err)
		}
	}
	if err := lines.Err(); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read stdin: %w", err)
	}
	return nil
}
