package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/apigateway"
)

// newExchange is an exchange whose messages the test gives.
func newExchange(f *connectFlags) (*exchange, *bytes.Buffer) {
	var out bytes.Buffer
	return &exchange{flags: f, out: newPrinter(&shell{stdout: &out}, "text"), incoming: make(chan received), sent: make(chan error, 1)}, &out
}

// give lets messages come after these times, one after another.
func (e *exchange) give(after ...time.Duration) {
	for _, d := range after {
		time.Sleep(d) // in the test's own time
		e.incoming <- received{message: apigateway.Message{Data: []byte("m")}}
	}
}

func TestExchangeEnds(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for _, test := range []struct {
		name  string
		flags connectFlags
		sent  time.Duration // when the last message is sent
		after []time.Duration
		took  time.Duration
		want  string // the error
	}{
		{"nothing comes", connectFlags{wait: s}, 0, nil, s, ""},
		{"each message extends the wait", connectFlags{wait: s}, 0, []time.Duration{s / 2, s / 2, s / 2}, 5 * s / 2, ""},
		{"the wait begins after the last was sent", connectFlags{wait: s}, 5 * s, []time.Duration{s}, 6 * s, ""},
		{"count", connectFlags{wait: s, count: 2}, 0, []time.Duration{5 * s, 5 * s}, 10 * s, ""},
		{"count before the last was sent", connectFlags{wait: s, count: 1}, 5 * s, []time.Duration{s}, 5 * s, ""},
		{"too few", connectFlags{wait: s, count: 2}, 2 * s, []time.Duration{5 * s}, 32 * s, "1 of 2 messages came"},
		{"too few in a longer wait", connectFlags{wait: 60 * s, count: 2}, 0, []time.Duration{40 * s}, 60 * s, "1 of 2 messages came"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, out := newExchange(&test.flags)
				go func() { time.Sleep(test.sent); e.sent <- nil }()
				go e.give(test.after...)
				begun := time.Now()
				err := e.run(t.Context())
				if took := time.Since(begun); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
				if (err == nil) != (test.want == "") || err != nil && err.Error() != test.want {
					t.Errorf("error %v, want %q", err, test.want)
				}
				if got, want := out.String(), strings.Repeat("m\n", len(test.after)); got != want {
					t.Errorf("printed %q", got)
				}
			})
		})
	}
}

func TestExchangeFails(t *testing.T) {
	t.Parallel()
	e, _ := newExchange(&connectFlags{wait: time.Hour})
	e.sent <- errors.New("cannot send")
	if err := e.run(t.Context()); err == nil || err.Error() != "cannot send" {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e, _ = newExchange(&connectFlags{wait: time.Hour})
	if err := e.run(ctx); err != nil {
		t.Errorf("interrupted: %v", err)
	}
	e, _ = newExchange(&connectFlags{wait: time.Hour, count: 1})
	if err := e.run(ctx); err == nil {
		t.Error("interrupted before --count: no error")
	}
}

// talk runs a command line in which stdin is text and nothing a terminal.
func talk(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, talk bytes.Buffer
	none := func() (string, error) { return "", errors.New("none") }
	sh := &shell{stdin: strings.NewReader(stdin), stdout: &out, stderr: &talk, getenv: func(string) string { return "" }, configDir: none, runDir: none}
	code = run(sh, args)
	return code, out.String(), talk.String()
}

func TestConnectRefusesLines(t *testing.T) {
	t.Parallel()
	url := dialEcho(t) + "/echo"
	for name, test := range map[string]struct{ stdin, want string }{
		"not text":  {"a\n\xff\n", "tidewire: line 2 of stdin: message is not UTF-8 text\n"},
		"too large": {strings.Repeat("x", 131073), "tidewire: line 1 of stdin: message too large: 131073 bytes, the limit is 131072\n"},
		"too long":  {strings.Repeat("x", 2<<20), "tidewire: read stdin: bufio.Scanner: token too long\n"},
	} {
		code, _, stderr := talk(test.stdin, "connect", url, "--wait", "1ms")
		if code != 1 || !strings.HasSuffix(stderr, test.want) {
			t.Errorf("%s: exit code %d, stderr %q", name, code, stderr)
		}
	}
	large := strings.Repeat("x", 131072)
	if code, stdout, stderr := talk(large, "connect", url, "--count", "1"); code != 0 || stdout != large+"\n" {
		t.Errorf("exit code %d, %d bytes, stderr %q", code, len(stdout), stderr)
	}
}
