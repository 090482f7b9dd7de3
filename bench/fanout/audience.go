//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	maxPublishers = 16
	maxEvents     = 1 << 20 // of a publisher in one measurement
	slot          = 50 * time.Microsecond
	slots         = 100_000
)

// audience is all subscribers of a server. One goroutine reads them, by epoll:
// the client is to cost little.
type audience struct {
	sockets []*socket
	files   []*os.File // their descriptors, which are the keys of seats
	seats   map[int32]*seat
	poll    int

	clock time.Time
	sent  [maxPublishers][]int64 // when each event was, since clock

	got      atomic.Int64 // events
	strange  atomic.Int64 // that are not the next of their publisher
	delays   []uint32     // how many came after so many slots; the reader's
	failure  error        // the reader's
	stopping atomic.Bool
	done     chan struct{}
}

// seat is one subscriber.
type seat struct {
	next [maxPublishers]int32
	tail []byte // of what was read: an event may be cut
}

func newAudience(sockets []*socket) (*audience, error) {
	a := &audience{sockets: sockets, seats: make(map[int32]*seat), clock: time.Now(), delays: make([]uint32, slots), done: make(chan struct{})}
	for i := range a.sent {
		a.sent[i] = make([]int64, maxEvents)
	}
	var err error
	if a.poll, err = syscall.EpollCreate1(0); err != nil {
		return nil, err
	}
	for _, s := range sockets {
		f, err := s.tcp.File() // its descriptor, for us alone
		if err != nil {
			return nil, err
		}
		fd := int(f.Fd())
		a.seats[int32(fd)] = &seat{tail: make([]byte, 0, 64)}
		a.files = append(a.files, f)
		if err := syscall.EpollCtl(a.poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}); err != nil {
			return nil, err
		}
	}
	go a.read()
	return a, nil
}

// leave ends the sockets.
func (a *audience) leave() error {
	a.stopping.Store(true)
	<-a.done
	for _, f := range a.files {
		_ = f.Close()
	}
	_ = syscall.Close(a.poll)
	closeAll(a.sockets)
	return a.failure
}

func (a *audience) read() {
	defer close(a.done)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ready := make([]syscall.EpollEvent, 256)
	buffer := make([]byte, 1<<18)
	for !a.stopping.Load() {
		n, err := syscall.EpollWait(a.poll, ready, 100)
		if err != nil && !errors.Is(err, syscall.EINTR) {
			a.failure = err
			return
		}
		for i := range max(n, 0) {
			if a.failure = a.take(int(ready[i].Fd), buffer); a.failure != nil {
				return
			}
		}
	}
}

// take reads what a subscriber has got.
func (a *audience) take(fd int, buffer []byte) error {
	s := a.seats[int32(fd)]
	kept := copy(buffer, s.tail)
	n, err := syscall.Read(fd, buffer[kept:])
	switch {
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EINTR):
		return nil
	case err != nil:
		return fmt.Errorf("reading a subscriber: %w", err)
	case n == 0:
		return errors.New("the server has closed a subscriber")
	}
	now := time.Since(a.clock)
	left := a.scan(s, buffer[:kept+n], now)
	s.tail = append(s.tail[:0], left...)
	return nil
}

// scan counts the events in b and gives what may be the beginning of the next.
func (a *audience) scan(s *seat, b []byte, now time.Duration) []byte {
	got := int64(0)
	defer func() { a.got.Add(got) }()
	for {
		i := bytes.IndexByte(b, marker[0])
		switch {
		case i < 0:
			return nil
		case len(b)-i < len(example):
			return b[i:]
		case b[i+1] != marker[1]:
			b = b[i+1:]
			continue
		}
		got++
		a.note(s, int(number(b[i+2:i+4])), number(b[i+4:i+len(example)]), now)
		b = b[i+len(example):]
	}
}

func (a *audience) note(s *seat, publisher int, event int32, now time.Duration) {
	if publisher >= maxPublishers || event < 0 || event >= maxEvents {
		a.strange.Add(1)
		return
	}
	if s.next[publisher] != event {
		a.strange.Add(1)
	}
	s.next[publisher] = event + 1
	delay := now - time.Duration(atomic.LoadInt64(&a.sent[publisher][event]))
	a.delays[min(max(0, int(delay/slot)), slots-1)]++
}

func number(b []byte) int32 {
	n := int32(0)
	for _, c := range b {
		n = n*10 + int32(c-'0')
	}
	return n
}

// start begins a measurement: nothing is on its way.
func (a *audience) start() {
	a.got.Store(0)
	a.strange.Store(0)
	clear(a.delays)
	for _, s := range a.seats {
		clear(s.next[:])
	}
}

// await waits until so many events have come, or none comes any more.
func (a *audience) await(want int64) (last time.Time) {
	before, last := int64(-1), time.Now()
	for {
		got := a.got.Load()
		if got != before {
			before, last = got, time.Now()
		}
		if got >= want || time.Since(last) > 3*time.Second {
			return last
		}
		time.Sleep(time.Millisecond)
	}
}

// delay is a quantile, in milliseconds.
func (a *audience) delay(q float64) float64 {
	total := uint64(0)
	for _, n := range a.delays {
		total += uint64(n)
	}
	at, seen := uint64(q*float64(total)), uint64(0)
	for i, n := range a.delays {
		if seen += uint64(n); seen > at {
			return (time.Duration(i) * slot).Seconds() * 1000
		}
	}
	return 0
}
