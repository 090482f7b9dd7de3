package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// usage is what could leak in this process.
type usage struct {
	Goroutines  int `json:"goroutines"`
	Descriptors int `json:"descriptors"`
	HeapKB      int `json:"heapKB"` // after a collection
	ResidentKB  int `json:"residentKB"`
}

func measure() usage {
	runtime.GC()
	runtime.GC() // what the first one's finalizers let go
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	files, _ := os.ReadDir("/proc/self/fd") // none on other systems
	return usage{runtime.NumGoroutine(), len(files), int(m.HeapAlloc >> 10), resident()}
}

// resident is VmRSS of this process; 0 where there is no /proc.
func resident() int {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			var kb int
			_, _ = fmt.Sscan(rest, &kb)
			return kb
		}
	}
	return 0
}

// settled measures until everything has gone, for ten seconds at most.
func settled(before usage) usage {
	var now usage
	for range 100 {
		now = measure()
		if now.Goroutines <= before.Goroutines && now.Descriptors <= before.Descriptors {
			return now
		}
		time.Sleep(100 * time.Millisecond)
	}
	return now
}

// sample measures all the time until ctx ends, and says how it goes. The
// result waits for the last sample and gives all of them.
func (k *soaking) sample(ctx context.Context) (stop func() []usage) {
	var samples []usage
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(max(time.Second, k.options.d/200))
		defer tick.Stop()
		said := time.Now()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			samples = append(samples, measure())
			if time.Since(said) >= k.options.every {
				said = time.Now()
				_ = say(map[string]any{"at": said.UTC().Format(time.TimeOnly), "counts": k.snapshot(), "usage": samples[len(samples)-1]})
			}
		}
	}()
	return func() []usage { <-done; return samples }
}

// growth compares the heap of the second quarter of the time with that of the
// last: the medians, in KB.
func growth(samples []usage) (early, late int) {
	q := len(samples) / 4
	if q == 0 {
		return 0, 0
	}
	return median(samples[q : 2*q]), median(samples[len(samples)-q:])
}

func median(samples []usage) int {
	var heaps []int
	for _, s := range samples {
		heaps = append(heaps, s.HeapKB)
	}
	slices.Sort(heaps)
	return heaps[len(heaps)/2]
}
