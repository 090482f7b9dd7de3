//go:build conformance

package conformance

import (
	"slices"
	"strings"
	"testing"
)

// screen is what a terminal of 80 columns shows after the output so far. It
// knows the controls that a line editor uses; what it does not know fails the
// test, as it could hide something.
type screen struct {
	rows     [][]rune
	row, col int
	unknown  string
}

// shown gives the rows of the screen, without the empty ones at the end.
func shown(text string) (rows []string, unknown string) {
	s := &screen{}
	for text != "" && s.unknown == "" {
		text = s.take(text)
	}
	for _, r := range s.rows {
		rows = append(rows, strings.TrimRight(string(r), " "))
	}
	for len(rows) > 0 && rows[len(rows)-1] == "" {
		rows = rows[:len(rows)-1]
	}
	return rows, s.unknown
}

// take obeys one character or control and gives the rest.
func (s *screen) take(text string) string {
	if rest, ok := strings.CutPrefix(text, "\x1b["); ok {
		return s.control(rest)
	}
	r := []rune(text[:min(4, len(text))])[0]
	switch r {
	case '\r':
		s.col = 0
	case '\n':
		s.row++
	case '\b':
		s.col = max(0, s.col-1)
	case '\a':
	case '\x1b':
		s.unknown = text[:min(8, len(text))]
	default:
		s.put(r)
	}
	return text[len(string(r)):]
}

func (s *screen) put(r rune) {
	if s.col >= 80 {
		s.row, s.col = s.row+1, 0
	}
	line := s.line()
	for len(*line) <= s.col {
		*line = append(*line, ' ')
	}
	(*line)[s.col] = r
	s.col++
}

func (s *screen) line() *[]rune {
	for len(s.rows) <= s.row {
		s.rows = append(s.rows, nil)
	}
	return &s.rows[s.row]
}

// control obeys a control sequence (ECMA-48): digits and a letter.
func (s *screen) control(text string) string {
	n, i := 0, 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		n, i = n*10+int(text[i]-'0'), i+1
	}
	if i == len(text) {
		return "" // the rest has not come yet
	}
	steps := max(1, n)
	switch text[i] {
	case 'A':
		s.row = max(0, s.row-steps)
	case 'B':
		s.row += steps
	case 'C':
		s.col += steps
	case 'D':
		s.col = max(0, s.col-steps)
	case 'K':
		if line := s.line(); n == 0 && s.col < len(*line) {
			*line = (*line)[:s.col]
		}
	case 'J':
		if line := s.line(); s.col < len(*line) {
			*line = (*line)[:s.col]
		}
		s.rows = s.rows[:min(len(s.rows), s.row+1)]
	default:
		s.unknown = "\x1b[" + text[:i+1]
	}
	return text[i+1:]
}

// TestReadmeDialogue is the README's, at a real terminal: serve the echo
// example, connect, type a line, and see the answer.
func TestReadmeDialogue(t *testing.T) {
	t.Parallel()
	s := serve(t, suite.root+"/examples/echo", serveOptions{})
	p := start(t, command{argv: []string{"/usr/bin/python3", suite.clients + "/terminal.py", suite.tidewire, "connect", s.apis[0].URL}, env: append(s.own(), "TERM=xterm")})
	s.overhear(p)
	see := func(rows ...string) {
		t.Helper()
		p.stdout.until(t, strings.Join(rows, " ⏎ "), func(text string) bool {
			got, unknown := shown(text)
			if unknown != "" {
				t.Fatalf("this terminal does not know %q", unknown)
			}
			return len(got) >= len(rows) && slices.Equal(got[len(got)-len(rows):], rows)
		})
	}
	see("tidewire: connected; /help for help", ">")
	p.write(t, hello+"\r")
	see("> "+hello, "< "+hello, ">")
	p.write(t, "\x1b[A\r") // the line before, from the history
	see("> "+hello, "< "+hello, "> "+hello, "< "+hello, ">")
	p.write(t, `{"message":"nowhere"}`+"\r")
	p.stdout.await(t, `< \{\s+"message": "Forbidden",\s+"connectionId": ?"[\w-]+=",\s+"requestId"`) // over a line's length: indented
	p.write(t, "/quit\r")
	if code := p.exit(t); code != 0 {
		t.Errorf("connect ended with exit code %d:\n%s", code, p.stdout)
	}
}

// TestReadmeServe wants what serve says to a person: where, how to get
// credentials, and a line to paste that works.
func TestReadmeServe(t *testing.T) {
	t.Parallel()
	config, state := t.TempDir(), t.TempDir()+"/state"
	p := start(t, command{argv: []string{suite.tidewire, "serve", suite.root + "/examples/echo", "--listen", "127.0.0.1:0", "--state", state}, env: []string{"TIDEWIRE_CONFIG_DIR=" + config}})
	for _, line := range []string{`ws +ws://127\.0\.0\.1:\d+/dev\n`, `wss +wss://127\.0\.0\.1:\d+/dev\n`, `AWS_IAM`} {
		p.stderr.await(t, line)
	}
	eval := p.stderr.await(t, `credentials +(eval .+)\n`)[1]
	own := []string{"TIDEWIRE_CONFIG_DIR=" + config, "PATH=" + suite.cache + ":" + searchPath()}
	succeeded(t, command{argv: []string{"bash", "-c", eval + ` && [ -n "$AWS_SECRET_ACCESS_KEY" ]`}, env: own})
	paste := p.stderr.await(t, `try +(tidewire connect ws://.+)\n`)[1]
	if said := succeeded(t, command{argv: []string{"bash", "-c", paste + " --count 1 --send '" + hello + "'"}, env: own}); said != hello+"\n" {
		t.Errorf("the line to paste printed %q", said)
	}
	if text := p.stdout.String(); text != "" {
		t.Errorf("stdout is data, and serve printed %q", text)
	}
	p.interrupt(t)
	if code := p.exit(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
