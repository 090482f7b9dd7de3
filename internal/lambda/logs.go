package lambda

import (
	"bytes"
	"os"
	"sync"
	"syscall"
	"time"
)

// maxLine is the longest log line in bytes; a longer one is cut into several.
const maxLine = 16 << 10

// logPipe is the stdout and stderr of one process. Its own goroutine reads it;
// so does, at the end of each invocation, whoever ran it, so that every line
// carries the id of the invocation that wrote it.
type logPipe struct {
	file *os.File
	conn syscall.RawConn
	sink *sink
	name string
	hide []byte // what no line may show; set before the process starts

	mu   sync.Mutex
	id   string // of the running invocation, or the last
	line []byte // an unfinished line
}

// chunks are read buffers, held only while there is something to read.
type chunk [8 << 10]byte

// newLogPipe makes the pipe; child is the end that the process writes to.
func newLogPipe(s *sink, name string) (l *logPipe, child *os.File, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	conn, err := r.SyscallConn()
	if err != nil {
		_ = r.Close()
		_ = w.Close()
		return nil, nil, err
	}
	return &logPipe{file: r, conn: conn, sink: s, name: name}, w, nil
}

// begin says which invocation the lines from now on belong to.
func (l *logPipe) begin(id string) {
	l.mu.Lock()
	l.id = id
	l.mu.Unlock()
}

// note writes a line of our own among the function's.
func (l *logPipe) note(id, text string) { l.sink.line(l.name, id, []byte(text)) }

// feed takes bytes as they came; l.mu is held.
func (l *logPipe) feed(b []byte) {
	for len(b) > 0 {
		end, next := cutLine(b, maxLine-len(l.line))
		if next < 0 {
			l.line = append(l.line, b...)
			return
		}
		if len(l.line) == 0 {
			l.emit(b[:end])
		} else {
			l.line = append(l.line, b[:end]...)
			l.flush()
		}
		b = b[next:]
	}
}

// hidden stands for what a log may not show.
const hidden = "***"

// emit passes a whole line on; l.mu is held.
func (l *logPipe) emit(line []byte) {
	if len(l.hide) > 0 && bytes.Contains(line, l.hide) {
		line = bytes.ReplaceAll(line, l.hide, []byte(hidden))
	}
	l.sink.line(l.name, l.id, line)
}

// cutLine finds the end of the first line and the start of the next; next is
// -1 when the line is unfinished. A line ends at room bytes at the latest.
func cutLine(b []byte, room int) (end, next int) {
	for i, c := range b {
		switch {
		case c == '\n':
			return i, i + 1
		case i == room:
			return i, i
		}
	}
	return 0, -1
}

// flush writes the unfinished line; l.mu is held.
func (l *logPipe) flush() {
	if len(l.line) == 0 {
		return
	}
	l.emit(l.line)
	l.line = l.line[:0]
	if cap(l.line) > 1<<10 {
		l.line = nil
	}
}

// ended bounds how long the reader goes on after the process has exited: what
// left its group may hold the pipe open.
func (l *logPipe) ended() { _ = l.file.SetReadDeadline(time.Now().Add(drainLimit)) }

// close frees the pipe; the reader must have returned or never started.
func (l *logPipe) close() {
	l.mu.Lock()
	l.flush()
	l.mu.Unlock()
	_ = l.file.Close()
}
