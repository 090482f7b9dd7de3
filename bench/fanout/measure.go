//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// flow is what a measurement of deliveries gives.
type flow struct {
	PerSecond float64 `json:"deliveriesPerSecond"`
	Publishes float64 `json:"publishesPerSecond"`
	P50       float64 `json:"p50ms"`
	P99       float64 `json:"p99ms"`
	CPU       float64 `json:"serverCPUus"` // of a delivery
	Lost      int64   `json:"lost"`        // negative: came twice
	Strange   int64   `json:"outOfOrder"`
}

// publishers opens n connections.
func (t *target) publishers(n, batch int, a *audience) (list []*publisher, stop func(), err error) {
	stop = func() {
		for _, p := range list {
			_ = p.nc.Close()
		}
	}
	for i := range n {
		p, err := t.publisher(context.Background(), i, batch, a)
		if err != nil {
			stop()
			return nil, nil, err
		}
		list = append(list, p)
	}
	return list, stop, nil
}

// saturate publishes over n connections for d, each publish after the answer
// to the one before.
func (t *target) saturate(a *audience, n, batch int, d time.Duration) (*flow, error) {
	list, stop, err := t.publishers(n, batch, a)
	if err != nil {
		return nil, err
	}
	defer stop()
	a.start()
	used, began := cpu(t.pid), time.Now()
	var group sync.WaitGroup
	errs := make(chan error, n)
	for _, p := range list {
		group.Go(func() {
			for time.Since(began) < d {
				if err := p.publish(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	return t.sum(a, list, began, used, errs)
}

// pace publishes so many events a second, whether or not the one before has
// come.
func (t *target) pace(a *audience, rate int, d time.Duration) (*flow, error) {
	list, stop, err := t.publishers(1, 1, a)
	if err != nil {
		return nil, err
	}
	defer stop()
	a.start()
	used, began := cpu(t.pid), time.Now()
	errs := make(chan error, 1)
	for i := range int(d.Seconds() * float64(rate)) {
		time.Sleep(time.Until(began.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		if err := list[0].publish(); err != nil {
			errs <- err
			break
		}
	}
	return t.sum(a, list, began, used, errs)
}

// sum waits for what is on its way.
func (t *target) sum(a *audience, list []*publisher, began time.Time, used time.Duration, errs chan error) (*flow, error) {
	published := 0
	for _, p := range list {
		published += p.next
	}
	want := int64(published) * int64(len(a.seats))
	took := a.await(want).Sub(began)
	time.Sleep(50 * time.Millisecond) // for what comes twice
	used = cpu(t.pid) - used
	got := a.got.Load()
	f := &flow{PerSecond: float64(got) / took.Seconds(), Publishes: float64(published) / float64(len(list[0].numbers)) / took.Seconds(),
		P50: a.delay(0.5), P99: a.delay(0.99), CPU: float64(used.Nanoseconds()) / 1000 / float64(max(1, got)), Lost: want - got, Strange: a.strange.Load()}
	select {
	case err := <-errs:
		return f, fmt.Errorf("%s: %w", t.name, err)
	case <-a.done:
		return f, fmt.Errorf("%s: %w", t.name, a.failure)
	default:
	}
	if f.Lost != 0 || f.Strange != 0 {
		return f, fmt.Errorf("%s: %d events were lost and %d came twice or out of order", t.name, f.Lost, f.Strange)
	}
	return f, nil
}

// cpu is a process's used processor time.
func cpu(pid int) time.Duration {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// resident is a process's resident memory in KB; collected, after SIGUSR1 made
// bench/server collect its garbage.
func resident(pid int, collected bool) (int, error) {
	if collected {
		if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
			return 0, err
		}
		time.Sleep(2 * time.Second)
	}
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
		}
	}
	return 0, fmt.Errorf("no resident memory of process %d", pid)
}
