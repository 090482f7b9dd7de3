package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/tidewire/tidewire/apigateway"
)

const promptHelp = `Every line is sent as one message. Lines that begin with / are for the prompt:
  /help                   this text
  /close [CODE [REASON]]  close the connection with this code (1000) and leave
  /quit                   the same as /close; so are Ctrl-C and Ctrl-D
  //TEXT                  sends /TEXT
Arrow keys edit the line and go back in its history.
`

// maxTyped is the longest line that the terminal package takes, in characters.
// It drops what is typed beyond.
const maxTyped = 4096

// terminal is a person's terminal.
type terminal struct {
	in   io.Reader
	out  io.Writer
	raw  func() (restore func(), err error) // switches to character by character
	size func() (width, height int)         // in characters
}

// openTerminal is the terminal behind in and out, nil if out is none.
func openTerminal(in, out *os.File) *terminal {
	if !term.IsTerminal(int(out.Fd())) {
		return nil
	}
	return &terminal{
		in:  in,
		out: out,
		raw: func() (func(), error) {
			before, err := term.MakeRaw(int(in.Fd()))
			return func() { _ = term.Restore(int(in.Fd()), before) }, err
		},
		size: func() (int, int) {
			width, height, err := term.GetSize(int(out.Fd()))
			if err != nil || width <= 0 {
				return 80, 24
			}
			return width, height
		},
	}
}

func (t *terminal) width() int {
	width, _ := t.size()
	return width
}

// prompt is a conversation at a terminal. Only run uses its fields.
type prompt struct {
	screen *terminal
	term   *term.Terminal
	conn   *apigateway.Conn

	code   int // to close with
	reason string
}

// leave is what ends a conversation without an error.
type leave struct{}

func (leave) Error() string { return "leave" }

// converse talks to a person until they leave or the connection ends.
func (f *connectFlags) converse(ctx context.Context, sh *shell, conn *apigateway.Conn) error {
	fmt.Fprintln(sh.stderr, "tidewire: connected; /help for help")
	restore, err := sh.screen.raw()
	if err != nil {
		_ = conn.Close(1000, "")
		return fmt.Errorf("switch the terminal: %w", err)
	}
	defer restore()
	screen := struct {
		io.Reader
		io.Writer
	}{sh.screen.in, sh.screen.out}
	p := &prompt{screen: sh.screen, term: term.NewTerminal(screen, "> "), conn: conn, code: 1000}
	err = p.run(ctx)
	_, _ = io.WriteString(sh.screen.out, "\r\n") // what follows begins on a line of its own
	_ = conn.Close(p.code, p.reason)             // there is nothing more to do about it
	if errors.As(err, &leave{}) {
		return nil
	}
	return err
}

// run passes lines and messages on. The goroutine that reads messages ends
// with it; the one that reads the terminal with the process, because such a
// read cannot be interrupted.
func (p *prompt) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var receiver sync.WaitGroup
	incoming, lines := make(chan received), make(chan typed)
	receiver.Go(func() { receive(ctx, p.conn, incoming) })
	defer receiver.Wait()
	defer cancel()
	p.resize()
	go p.read(ctx, lines)
	for {
		var err error
		select {
		case in := <-incoming:
			err = p.show(in)
		case line := <-lines:
			err = p.obey(ctx, line)
		case <-ctx.Done():
			err = leave{}
		}
		if err != nil {
			return err
		}
	}
}

// typed is a line, or the end of them.
type typed struct {
	text string
	err  error
}

func (p *prompt) read(ctx context.Context, to chan<- typed) {
	for {
		text, err := p.term.ReadLine()
		select {
		case to <- typed{text, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

func (p *prompt) resize() { _ = p.term.SetSize(p.screen.size()) }

// show prints a message above the prompt.
func (p *prompt) show(in received) error {
	if errors.Is(in.err, context.Canceled) {
		return leave{}
	}
	if in.err != nil {
		return adviseOn(in.err, false)
	}
	p.resize()
	return p.print(incomingLine(in.message, p.screen.width()) + "\n")
}

func (p *prompt) print(text string) error {
	_, err := io.WriteString(p.term, text)
	return err
}

// obey does what a line says.
func (p *prompt) obey(ctx context.Context, line typed) error {
	word, rest, _ := strings.Cut(line.text, " ")
	switch {
	case errors.Is(line.err, io.EOF): // Ctrl-C, Ctrl-D, or the terminal is gone
		return leave{}
	case line.err != nil:
		return fmt.Errorf("read the terminal: %w", line.err)
	case line.text == "":
		return nil
	case strings.HasPrefix(word, "//"):
		return p.send(ctx, line.text[1:])
	case word == "/help":
		return p.print(promptHelp)
	case word == "/quit", word == "/close":
		return p.close(rest)
	case strings.HasPrefix(word, "/"):
		return p.print("not sent: unknown " + visible(word) + "; see /help, or begin with // to send it\n")
	}
	return p.send(ctx, line.text)
}

// send sends one line. What the connection refuses to take is said at the
// prompt; the conversation goes on, and its end shows in what is received.
func (p *prompt) send(ctx context.Context, text string) error {
	if utf8.RuneCountInString(text) >= maxTyped-1 {
		return p.print(fmt.Sprintf("not sent: a line at the prompt may have %d characters; use --send or stdin\n", maxTyped-2))
	}
	if err := p.conn.Send(ctx, []byte(text)); err != nil {
		return p.print("not sent: " + visible(err.Error()) + "\n")
	}
	return nil
}

// close notes code and reason and leaves.
func (p *prompt) close(arguments string) error {
	code, reason, _ := strings.Cut(strings.TrimSpace(arguments), " ")
	if code == "" {
		return leave{}
	}
	n, err := strconv.Atoi(code)
	if err != nil || n != 1000 && (n < 3000 || n > 4999) {
		return p.print("a client closes with 1000, or 3000 to 4999\n")
	}
	if len(reason) > 123 {
		return p.print("a reason may have 123 bytes\n")
	}
	p.code, p.reason = n, reason
	return leave{}
}
