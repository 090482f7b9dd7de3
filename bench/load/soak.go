package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// soak connects, talks and leaves, on c sockets at once for d, and says what
// the server's memory and descriptors were after a tenth of the time and at
// the end.
func soak(ctx context.Context, o *options) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, o.d)
	defer cancel()
	var messages, sockets, failed atomic.Int64
	var group sync.WaitGroup
	for range o.c {
		group.Go(func() {
			for ctx.Err() == nil {
				n, err := visit(ctx, o)
				messages.Add(int64(n))
				sockets.Add(1)
				if err != nil && ctx.Err() == nil {
					failed.Add(1)
					fmt.Fprintln(os.Stderr, "soak:", err)
				}
			}
		})
	}
	select {
	case <-time.After(o.d / 10):
	case <-ctx.Done():
	}
	early, err := footprint(o.pid)
	if err != nil {
		return nil, err
	}
	group.Wait()
	if _, err := resident(o.pid, true); err != nil { // collects
		return nil, err
	}
	late, err := footprint(o.pid)
	if err != nil {
		return nil, err
	}
	return map[string]any{"sockets": sockets.Load(), "messages": messages.Load(), "failed": failed.Load(), "early": early, "late": late}, nil
}

// visit is one socket's life: twenty messages and back.
func visit(ctx context.Context, o *options) (int, error) {
	c, err := connect(ctx, signer(), o, 4096)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	buffer := make([]byte, 0, 4096)
	for n := range 20 {
		if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return n, err
		}
		if err := c.send([]byte(o.message)); err != nil {
			return n, err
		}
		if got, err := c.receive(buffer); err != nil || string(got) != o.message {
			return n, fmt.Errorf("%q came back, %w", got, err)
		}
	}
	return 20, nil
}

// footprint is a process's memory and open descriptors.
func footprint(pid int) (map[string]int, error) {
	kb, err := status(pid, "VmRSS:")
	if err != nil {
		return nil, err
	}
	files, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		return nil, err
	}
	threads, err := status(pid, "Threads:")
	if err != nil {
		return nil, err
	}
	return map[string]int{"residentKB": kb, "descriptors": len(files), "threads": threads}, nil
}
