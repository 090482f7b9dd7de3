package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/tidewire/tidewire/login"
)

// errGaveUp is the end of a dialogue by the person: Ctrl-C, Ctrl-D, or nothing
// where something is needed.
var errGaveUp = errors.New("given up")

// asker asks a person, who types on stdin and reads on stderr, so that stdout
// can be a pipe.
type asker struct {
	screen *term.Terminal
	out    io.Writer // the same place, between questions
	raw    func() (restore func(), err error)
}

func newAsker(sh *shell) *asker {
	keys := uninterrupted(sh.stdin) // read ends its waiting itself
	both := struct {
		io.Reader
		io.Writer
	}{keys, sh.stderr}
	return &asker{screen: term.NewTerminal(both, ""), out: sh.stderr, raw: func() (func(), error) { return unechoed(keys) }}
}

// unechoed switches a terminal to character by character without echo.
func unechoed(stdin io.Reader) (restore func(), err error) {
	f, ok := stdin.(*os.File)
	if !ok {
		return func() {}, nil
	}
	before, err := term.MakeRaw(int(f.Fd()))
	if err != nil {
		return nil, fmt.Errorf("switch the terminal: %w", err)
	}
	return func() { _ = term.Restore(int(f.Fd()), before) }, nil
}

func (a *asker) line(ctx context.Context, prompt string) (string, error) {
	return a.read(ctx, func() (string, error) {
		a.screen.SetPrompt(prompt)
		return a.screen.ReadLine()
	})
}

// hidden reads without showing what is typed.
func (a *asker) hidden(ctx context.Context, prompt string) (string, error) {
	return a.read(ctx, func() (string, error) { return a.screen.ReadPassword(prompt) })
}

// read waits for a line or the end of ctx. In the second case the reading
// goroutine ends with the process, because a terminal's read cannot be
// interrupted.
func (a *asker) read(ctx context.Context, from func() (string, error)) (string, error) {
	restore, err := a.raw()
	if err != nil {
		return "", err
	}
	defer restore()
	got := make(chan typed, 1)
	go func() {
		text, err := from()
		got <- typed{text, err}
	}()
	select {
	case <-ctx.Done():
		_, _ = io.WriteString(a.screen, "\n") // what follows begins on a line of its own
		return "", ctx.Err()
	case line := <-got:
		if errors.Is(line.err, io.EOF) { // Ctrl-C, Ctrl-D, or the terminal is gone
			_, _ = io.WriteString(a.screen, "\n")
			return "", errGaveUp
		}
		return line.text, line.err
	}
}

// say prints a line above the next prompt.
func (a *asker) say(text string) { fmt.Fprintln(a.out, "tidewire:", visible(text)) }

// answer is the login.Prompt of a terminal.
func (a *asker) answer(ctx context.Context, q login.Question) (string, error) {
	if q.Refusal != "" {
		a.say(q.Refusal)
	}
	switch q.Kind {
	case login.AskNewPassword:
		return a.newPassword(ctx)
	case login.AskMethod:
		return a.method(ctx, q.Choices)
	}
	text, err := a.line(ctx, question(q))
	if err == nil && strings.TrimSpace(text) == "" {
		err = errGaveUp
	}
	return text, err
}

// question is the prompt for q.
func question(q login.Question) string {
	what := "code"
	switch q.Kind {
	case login.AskSMSCode:
		what = "code of the text message"
	case login.AskTOTPCode:
		what = "code of the authenticator app"
	case login.AskEmailCode:
		what = "code of the mail"
	case login.AskAttribute:
		what = q.Attribute
	}
	if q.Destination != "" {
		what += " (" + q.Destination + ")"
	}
	return visible(what) + ": "
}

// newPassword asks until two are the same, three times at most.
func (a *asker) newPassword(ctx context.Context) (string, error) {
	a.say("the password must be replaced by a new one")
	for range 3 {
		first, err := a.hidden(ctx, "new password: ")
		if err != nil || first == "" {
			return "", errors.Join(err, errGaveUp)
		}
		second, err := a.hidden(ctx, "the same again: ")
		if err != nil || first == second {
			return first, err
		}
		a.say("these were not the same")
	}
	return "", errGaveUp
}

// method asks for one of the choices, by number or name.
func (a *asker) method(ctx context.Context, choices []string) (string, error) {
	for i, c := range choices {
		a.say(fmt.Sprintf("%d %s", i+1, c))
	}
	for range 3 {
		text, err := a.line(ctx, "which: ")
		if err != nil {
			return "", err
		}
		text = strings.TrimSpace(text)
		for i, c := range choices {
			if strings.EqualFold(text, c) || text == strconv.Itoa(i+1) {
				return c, nil
			}
		}
		a.say("type one of the numbers")
	}
	return "", errGaveUp
}
