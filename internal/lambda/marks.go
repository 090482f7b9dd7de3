package lambda

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// markVariable is in the environment of every process that a function starts,
// with the mark of the process that we started. What leaves our process group
// still has it.
const markVariable = "TIDEWIRE_PROCESS"

// marks names the processes of one Functions: the session's 32 hexadecimal
// digits, a hyphen and a number. Nothing else has such a mark by accident.
type marks struct {
	session string
	last    *atomic.Int64
}

func newMarks() marks { return marks{session: newSecret(), last: new(atomic.Int64)} }

// next is a mark that no process has had.
func (m marks) next() string { return m.session + "-" + strconv.FormatInt(m.last.Add(1), 10) }

// used says whether there was any process.
func (m marks) used() bool { return m.last.Load() > 0 }

// sessionOf is the session that a mark belongs to; empty if it is no mark.
func sessionOf(mark string) string {
	session, number, _ := strings.Cut(mark, "-")
	if !isSession(session) || number == "" {
		return ""
	}
	return session
}

// isSession says whether text has a session's form.
func isSession(text string) bool {
	return len(text) == 32 && strings.Trim(text, "0123456789abcdef") == ""
}
