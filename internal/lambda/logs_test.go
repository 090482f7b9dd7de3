package lambda

import (
	"context"
	"strings"
	"testing"
)

func TestAppendPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain text":       "plain text",
		"tab\tand ümläut…": "tab\tand ümläut…",
		"crlf\r":           "crlf",
		"\x1b[31mred":      `\x1b[31mred`,
		"a\xff\x00b\x7f":   `a\xff\x00b\x7f`,
		"\u2028\u202e":     `\xe2\x80\xa8\xe2\x80\xae`,
		"":                 "",
	} {
		if got := string(appendPrintable(nil, []byte(in))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzAppendPrintable(f *testing.F) {
	f.Add([]byte("a\xffb\n"))
	f.Add([]byte("ü\x1b"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, c := range string(appendPrintable(nil, in)) {
			if c < ' ' && c != '\t' || c == 0x7f || c == '�' && !strings.ContainsRune(string(in), '�') {
				t.Fatalf("%q lets %q through", in, c)
			}
		}
	})
}

// stuck is a writer that blocks until it is told to go on.
type stuck struct {
	goOn chan struct{}
	logBuffer
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.goOn
	return s.logBuffer.Write(p)
}

func TestSinkDrops(t *testing.T) {
	t.Parallel()
	out := &stuck{goOn: make(chan struct{})}
	s := newSink(out)
	line := []byte(strings.Repeat("x", 1<<20))
	for range 20 { // more than may wait, whatever the writer has taken
		s.line("f", "id", line)
	}
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	s.close(gaveUp) // does not hang on a stuck writer
	close(out.goOn)
	<-s.done
	text := out.String()
	if !strings.Contains(text, "lines of function logs were dropped: stderr was not being read\n") {
		t.Errorf("%d bytes and no word of what was dropped", len(text))
	}
	if n := strings.Count(text, "[f id] "); n < 4 || n > 15 {
		t.Errorf("%d lines were kept", n)
	}
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	out := &logBuffer{}
	s := newSink(out)
	l := &logPipe{sink: s, name: "f"}
	for _, part := range []string{"one\ntw", "o\n\n", strings.Repeat("y", maxLine), "z\nrest"} {
		l.feed([]byte(part))
	}
	l.flush()
	s.close(t.Context())
	want := "[f] one\n[f] two\n[f] \n[f] " + strings.Repeat("y", maxLine) + "\n[f] z\n[f] rest\n"
	if out.String() != want {
		t.Errorf("%.200q", out.String())
	}
}
