package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// human is somebody at a terminal of 80 × 24, who types and sees a screen.
type human struct {
	t      *testing.T
	keys   *io.PipeWriter
	stderr bytes.Buffer
	code   chan int

	mu      sync.Mutex
	changed *sync.Cond
	screen  screen
}

// sit gives a person a terminal on which tidewire runs.
func sit(t *testing.T, args ...string) *human {
	t.Helper()
	in, keys := io.Pipe()
	p := &human{t: t, keys: keys, code: make(chan int, 1)}
	p.changed = sync.NewCond(&p.mu)
	sh := &shell{
		stdin: in, stdout: p, stderr: &p.stderr,
		getenv:    func(string) string { return "" },
		configDir: func() (string, error) { return "", os.ErrNotExist },
		runDir:    func() (string, error) { return "", os.ErrNotExist },
		typing:    true,
		screen: &terminal{in: in, out: p,
			raw:  func() (func(), error) { return func() {}, nil },
			size: func() (int, int) { return 80, 24 }},
	}
	go func() { p.code <- run(sh, args) }()
	t.Cleanup(func() { _ = keys.Close() })
	return p
}

// Write is the terminal showing text.
func (p *human) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.screen.show(string(text))
	p.changed.Broadcast()
	return len(text), nil
}

func (p *human) press(keys string) {
	p.t.Helper()
	if _, err := io.WriteString(p.keys, keys); err != nil {
		p.t.Error(err)
	}
}

// sees waits until the last lines of the screen are these.
func (p *human) sees(want string) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !strings.HasSuffix(p.screen.String(), want) {
		p.changed.Wait()
	}
}

func (p *human) leaves(code int) {
	p.t.Helper()
	if got := <-p.code; got != code {
		p.t.Errorf("exit code %d, want %d: %s", got, code, p.stderr.String())
	}
}

// screen is as much of a terminal (ECMA-48) as the prompt needs.
type screen struct {
	lines    [][]rune
	row, col int
	sequence string // an escape sequence that is not complete yet
}

func (s *screen) show(text string) {
	for _, r := range text {
		switch {
		case s.sequence != "" || r == 0x1b:
			s.escape(r)
		case r == '\r':
			s.col = 0
		case r == '\n':
			s.row++
		default:
			s.put(r)
		}
	}
}

func (s *screen) put(r rune) {
	s.grow()
	line := s.lines[s.row]
	for len(line) <= s.col {
		line = append(line, ' ')
	}
	line[s.col] = r
	s.lines[s.row] = line
	s.col++
}

func (s *screen) grow() {
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, nil)
	}
}

func (s *screen) escape(r rune) {
	s.sequence += string(r)
	if len(s.sequence) < 3 || r < '@' {
		return
	}
	n, _ := strconv.Atoi(s.sequence[2 : len(s.sequence)-1])
	n = max(n, 1)
	s.grow()
	switch r {
	case 'A':
		s.row -= n
	case 'B':
		s.row += n
	case 'C':
		s.col += n
	case 'D':
		s.col = max(0, s.col-n)
	case 'K':
		s.lines[s.row] = s.lines[s.row][:min(s.col, len(s.lines[s.row]))]
	default:
		panic(fmt.Sprintf("the test's terminal does not know %q", s.sequence))
	}
	s.sequence = ""
}

// String is what is on the screen, without blanks at the ends of lines.
func (s *screen) String() string {
	var b strings.Builder
	for i, line := range s.lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(string(line), " "))
	}
	return b.String()
}

func TestPromptDialogue(t *testing.T) {
	t.Parallel()
	p := sit(t, "connect", dialEcho(t)+"/echo")
	p.sees(">")
	p.press("{\"message\":\"send\",\"body\":\"Hello World!\"}\r")
	p.sees(`> {"message":"send","body":"Hello World!"}
< {"message":"send","body":"Hello World!"}
>`)
	p.press("\x1b[A\r") // arrow up: the line again
	p.sees(`> {"message":"send","body":"Hello World!"}
< {"message":"send","body":"Hello World!"}
> {"message":"send","body":"Hello World!"}
< {"message":"send","body":"Hello World!"}
>`)
	p.press("\x04") // Ctrl-D
	p.leaves(0)
	if !strings.HasSuffix(p.stderr.String(), "tidewire: connected; /help for help\n") {
		t.Errorf("stderr %q", p.stderr.String())
	}
}

// A message that comes while somebody types stands above their line.
func TestPromptWhileTyping(t *testing.T) {
	t.Parallel()
	p := sit(t, "connect", dialEcho(t)+"/echo")
	p.sees(">")
	p.press("one\rtw")
	p.sees("> one\n< one\n> tw")
	p.press("o\r")
	p.sees("> one\n< one\n> two\n< two\n>")
	p.press("/quit\r")
	p.leaves(0)
}

func TestPromptCommands(t *testing.T) {
	t.Parallel()
	p := sit(t, "connect", dialEcho(t)+"/echo")
	p.sees(">")
	p.press("/help\r")
	p.sees("Arrow keys edit the line and go back in its history.\n>")
	p.press("\r/frobnicate\r")
	p.sees("> /frobnicate\nnot sent: unknown /frobnicate; see /help, or begin with // to send it\n>")
	p.press("//slash\r")
	p.sees("> //slash\n< /slash\n>")
	p.press("/close 1001\r")
	p.sees("a client closes with 1000, or 3000 to 4999\n>")
	p.press("/close 4000 enough\r")
	p.leaves(0)
}

// The server cannot control the terminal, nor forge lines of the dialogue.
func TestPromptIsSafe(t *testing.T) {
	t.Parallel()
	const attack = "\x1b]0;title\x07\x1b[2J\n> forged\u202e" // as base64 in the address
	p := sit(t, "connect", dialEcho(t)+"/text?text=G10wO3RpdGxlBxtbMkoKPiBmb3JnZWTigK4=")
	p.sees(">")
	p.press("x\r")
	p.sees("> x\n< \\x1b]0;title\\x07\\x1b[2J\n  > forged\\u202e\n>")
	p.press("\x03") // Ctrl-C
	p.leaves(0)
	if got, want := readable([]byte(attack), 80), "\\x1b]0;title\\x07\\x1b[2J\n  > forged\\u202e"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPromptServerCloses(t *testing.T) {
	t.Parallel()
	p := sit(t, "connect", dialEcho(t)+"/bye?code=1001&reason=Going+away")
	p.sees(">")
	p.press("x\r")
	p.leaves(1)
	if !strings.Contains(p.stderr.String(), "tidewire: closed by the server: 1001 Going away\n    hint: ") {
		t.Errorf("stderr %q", p.stderr.String())
	}
}
