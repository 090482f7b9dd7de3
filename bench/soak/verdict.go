package main

import "fmt"

// verdict is the last line.
type verdict struct {
	Duration string      `json:"duration"`
	Counts   counts      `json:"client"`
	Books    bookkeeping `json:"server"`
	Before   usage       `json:"before"`
	After    usage       `json:"after"`
	EarlyKB  int         `json:"heapEarlyKB"` // medians while at work
	LateKB   int         `json:"heapLateKB"`
	Faults   []string    `json:"faults"`
}

// slack is how much the heap may be larger after all than before, or late than
// early: a collector's noise, in KB.
const slack = 2048

func (k *soaking) judge(before, after usage, samples []usage, b bookkeeping) verdict {
	c := k.snapshot()
	v := verdict{Duration: k.options.d.String(), Counts: c, Books: b, Before: before, After: after, Faults: k.faults()}
	v.EarlyKB, v.LateKB = growth(samples)
	wrong := func(bad bool, format string, args ...any) {
		if bad {
			v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
		}
	}
	wrong(after.Goroutines > before.Goroutines, "%d goroutines before, %d after", before.Goroutines, after.Goroutines)
	wrong(after.Descriptors > before.Descriptors, "%d descriptors before, %d after", before.Descriptors, after.Descriptors)
	wrong(after.HeapKB > before.HeapKB+slack, "heap %d KB before, %d KB after", before.HeapKB, after.HeapKB)
	wrong(v.LateKB > v.EarlyKB+slack, "heap %d KB early, %d KB late", v.EarlyKB, v.LateKB)
	wrong(b.Dropped != c.Gaps+b.EndedAway+b.Unread, "%d drops, %d gaps reported, %d ended while away, %d unread", b.Dropped, c.Gaps, b.EndedAway, b.Unread)
	wrong(b.Unstopped > b.Ended/4, "%d of %d subscriptions were not stopped", b.Unstopped, b.Ended)
	wrong(b.Open != 0, "%d subscriptions were never reported as ended", b.Open)
	wrong(b.Dropped == 0 || b.RefusedStarts == 0 || b.RefusedConnects == 0 || c.Denied == 0 || c.Messages == 0 || c.Skipped == 0 || c.Calls == 0, "something did not happen at all")
	for _, text := range b.Violations {
		v.Faults = append(v.Faults, "server: "+text)
	}
	return v
}
