package sockettest

import (
	"runtime"
	"sync"
	"testing"
)

// PerSubscription reports as B/subscription what a subscription takes beyond its
// socket: heap and stacks of 100 sockets with 100 subscriptions each, less those of
// 100 sockets with one. open makes a client and subscribe a subscription of it;
// done is waited for once all clients are closed.
func PerSubscription[Client interface{ Close() }](b *testing.B, open func() Client, subscribe func(c Client, done *sync.WaitGroup) error) {
	b.Helper()
	const sockets, each = 100, 100
	var done sync.WaitGroup
	var clients []Client
	add := func(c Client) {
		if err := subscribe(c, &done); err != nil {
			b.Fatal(err)
		}
	}
	for range sockets {
		c := open()
		add(c)
		clients = append(clients, c)
	}
	before := inUse()
	for _, c := range clients {
		for range each {
			add(c)
		}
	}
	b.ReportMetric(float64(inUse()-before)/(sockets*each), "B/subscription")
	for _, c := range clients {
		c.Close()
	}
	done.Wait()
}

func inUse() int64 {
	m := collected()
	return int64(m.HeapAlloc + m.StackInuse)
}

// HeapGrowth is by how many bytes f makes the heap grow for good. The test must
// not be parallel.
func HeapGrowth(f func()) int64 {
	before := collected().HeapAlloc
	f()
	return int64(collected().HeapAlloc) - int64(before)
}

func collected() *runtime.MemStats {
	runtime.GC()
	runtime.GC() // what finalizers and pools held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return &m
}
