package lambda

import (
	"context"
	"fmt"
	"io"
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxBacklog is how many bytes of log may wait for a writer that is slow; over
// that lines are dropped and counted.
const maxBacklog = 4 << 20

// sink collects the log lines of all functions and writes them out in one
// goroutine, so that a slow terminal slows down nobody.
type sink struct {
	out  io.Writer
	pool sync.Pool // of *chunk
	wake chan struct{}
	done chan struct{}

	mu      sync.Mutex
	waiting []byte
	spare   []byte
	dropped int
	closed  bool
}

// newSink starts the writer; close ends it.
func newSink(out io.Writer) *sink {
	s := &sink{
		out:  out,
		pool: sync.Pool{New: func() any { return new(chunk) }},
		wake: make(chan struct{}, 1),
		done: make(chan struct{}),
	}
	go s.write()
	return s
}

// chunk takes a read buffer; put gives it back.
func (s *sink) chunk() *chunk {
	c, ok := s.pool.Get().(*chunk)
	if !ok {
		return new(chunk)
	}
	return c
}

func (s *sink) put(c *chunk) { s.pool.Put(c) }

// line queues "[name id] text". Bytes that are not printable UTF-8 are shown
// as \xNN, so that a log cannot drive the terminal.
func (s *sink) line(name, id string, text []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.waiting) > maxBacklog {
		s.dropped++
		return
	}
	b := append(s.waiting, '[')
	b = append(b, name...)
	if id != "" {
		b = append(b, ' ')
		b = append(b, id...)
	}
	b = append(b, "] "...)
	s.waiting = append(appendPrintable(b, text), '\n')
	s.signal()
}

// signal wakes the writer.
func (s *sink) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// write writes what waits until the sink is closed.
func (s *sink) write() {
	defer close(s.done)
	for range s.wake {
		for {
			b, last := s.take()
			if len(b) > 0 {
				_, _ = s.out.Write(b) // nobody is left to tell
			}
			if last {
				return
			}
			if len(b) == 0 {
				break
			}
		}
	}
}

// take swaps the buffers; last means that nothing will come any more.
func (s *sink) take() (b []byte, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b = s.waiting
	if s.dropped > 0 {
		b = fmt.Appendf(b, "tidewire: %d lines of function logs were dropped: stderr was not being read\n", s.dropped)
		s.dropped = 0
	}
	s.waiting = s.spare[:0]
	s.spare = b
	if cap(s.waiting) > keepBuffer {
		s.waiting = nil
	}
	return b, s.closed
}

// close writes what waits and ends the writer; it gives up waiting when ctx is
// done, because the writer may be stuck in a Write.
func (s *sink) close(ctx context.Context) {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
	select {
	case <-s.done:
	case <-ctx.Done():
	}
}

// appendPrintable appends text with everything that is not printable escaped.
func appendPrintable(b, text []byte) []byte {
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	for len(text) > 0 {
		n := 0
		for n < len(text) && (text[n] >= ' ' && text[n] < 0x7f || text[n] == '\t') {
			n++
		}
		b = append(b, text[:n]...)
		text = text[n:]
		if len(text) == 0 {
			break
		}
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 || !unicode.IsPrint(r) {
			for _, c := range text[:size] {
				b = fmt.Appendf(b, `\x%02x`, c)
			}
		} else {
			b = append(b, text[:size]...)
		}
		text = text[size:]
	}
	return b
}
