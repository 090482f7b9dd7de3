package main

import (
	"context"
	"errors"
	"io"
	"strings"
)

// interruptible is stdin, whose reads ctx ends. A read that is blocked then
// goes on in its goroutine, which ends with the process: nothing else can end
// it. For one reader at a time.
type interruptible struct {
	ctx    context.Context
	from   io.Reader
	buffer []byte // of the goroutine while it reads
}

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err // a read that was given up may still have the buffer
	}
	if len(r.buffer) < len(p) {
		r.buffer = make([]byte, len(p))
	}
	type result struct {
		n   int
		err error
	}
	done, buffer := make(chan result, 1), r.buffer[:len(p)]
	go func() {
		n, err := r.from.Read(buffer)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return copy(p, buffer[:got.n]), got.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}

// uninterrupted is what is behind an interruptible reader, or r itself.
func uninterrupted(r io.Reader) io.Reader {
	if i, ok := r.(*interruptible); ok {
		return i.from
	}
	return r
}

// interrupted says of an error that it came from the person's Ctrl-C.
func interrupted(err error) error {
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return &renamedError{strings.ReplaceAll(err.Error(), context.Canceled.Error(), "interrupted"), err}
}
