package lambda

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// leftovers ends what functions leave running: a process that went into a
// session of its own is in no group of ours, but its environment still has the
// mark of the process that it comes from. What emptied its environment, or
// gained privileges, is not found.
//
// A file in the build directory names the sessions whose processes may still
// run, so that the next start ends those of one that was killed. It is locked
// while its owner lives.
type leftovers struct {
	marks marks
	log   *slog.Logger
	file  *os.File // nil: this session is not recorded
	old   []string // sessions that were killed

	turn    sync.Mutex // held while looking through the processes
	mu      sync.Mutex
	pending []string // marks to look for
}

// maxSessions bounds the sessions that are remembered.
const maxSessions = 16

// newLeftovers records a session in dir; without a dir there are no processes.
func newLeftovers(dir string, log *slog.Logger) *leftovers {
	l := &leftovers{marks: newMarks(), log: log}
	if dir == "" {
		return l
	}
	if err := l.record(filepath.Join(dir, "sessions")); err != nil {
		log.Warn("what functions leave running after a kill of this process cannot be ended by the next one", "error", err)
	}
	return l
}

// record opens and locks the file and adds this session to it.
func (l *leftovers) record(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil { //nolint:gosec // a descriptor
		_ = f.Close()
		return err
	}
	l.file = f
	buf := make([]byte, 4096)
	n, _ := f.ReadAt(buf, 0) // io.EOF is usual
	l.old = slices.DeleteFunc(strings.Fields(string(buf[:n])), func(s string) bool { return !isSession(s) })
	l.old = l.old[max(0, len(l.old)-maxSessions):]
	return l.write(append(l.old[:len(l.old):len(l.old)], l.marks.session))
}

// write replaces the sessions in the file.
func (l *leftovers) write(sessions []string) error {
	text := ""
	for _, s := range sessions {
		text += s + "\n"
	}
	if _, err := l.file.WriteAt([]byte(text), 0); err != nil {
		return err
	}
	return l.file.Truncate(int64(len(text)))
}

// endOld ends what sessions that were killed have left.
func (l *leftovers) endOld() {
	if len(l.old) == 0 {
		return
	}
	l.sweep("processes that a killed session's functions left running were ended", func(mark string) bool {
		return slices.Contains(l.old, sessionOf(mark))
	})
	if err := l.write([]string{l.marks.session}); err != nil {
		l.log.Warn("killed sessions cannot be forgotten", "error", err)
	}
}

// next is the mark of a new process.
func (l *leftovers) next() string { return l.marks.next() }

// end ends what a process that has exited left running. Those that end at the
// same time are looked for together.
func (l *leftovers) end(mark string) {
	l.mu.Lock()
	l.pending = append(l.pending, mark)
	l.mu.Unlock()
	l.turn.Lock()
	defer l.turn.Unlock()
	l.mu.Lock()
	wanted := l.pending
	l.pending = nil
	l.mu.Unlock()
	if len(wanted) > 0 { // else somebody else has looked for it just now
		l.sweepLocked("processes that a function left running were ended", func(mark string) bool { return slices.Contains(wanted, mark) })
	}
}

// close ends what is left of this session and forgets it.
func (l *leftovers) close() {
	if l.marks.used() {
		l.sweep("processes that functions left running were ended", func(mark string) bool { return sessionOf(mark) == l.marks.session })
	}
	if l.file == nil {
		return
	}
	_ = l.file.Truncate(0) // else the next start looks for processes in vain
	_ = l.file.Close()
	l.file = nil
}

// sweep ends the processes with a wanted mark, and says so if there were any.
func (l *leftovers) sweep(message string, wanted func(mark string) bool) {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.sweepLocked(message, wanted)
}

// sweepLocked is sweep; l.turn is held.
func (l *leftovers) sweepLocked(message string, wanted func(mark string) bool) {
	if n := endMarked(wanted); n > 0 {
		l.log.Info(message, "processes", n)
	}
}
