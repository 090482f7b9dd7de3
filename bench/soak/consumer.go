package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// session is the life of one Client: some consumers, for a minute or less, each
// with one subscription after the other. Some Clients are closed while their
// subscriptions are at work.
func (k *soaking) session(ctx context.Context, kind func(*soaking, string) (*subscriber, error)) {
	name := fmt.Sprintf("c%d", k.serial.Add(1))
	c, err := kind(k, name)
	if err != nil {
		k.fault("%v", err)
		return
	}
	k.count(func(n *counts) { n.Clients++ })
	life, cancel := context.WithTimeout(ctx, between(15*time.Second, 60*time.Second))
	defer cancel()
	var consumers sync.WaitGroup
	cut := chance(25)
	for i := range k.options.subscriptions {
		consumers.Go(func() {
			for life.Err() == nil {
				k.consume(life, c, newKey(name, k.serial.Add(1)), i == 0, cut)
			}
		})
	}
	consumers.Go(func() { k.calls(life, c, name) })
	if cut {
		<-life.Done()
		c.close()
	}
	consumers.Wait()
	c.close()
	reconnects, unknown := c.counts()
	k.count(func(n *counts) { n.Reconnects += reconnects; n.Unknown += unknown })
}

// consumer is one subscription's.
type consumer struct {
	k      *soaking
	key    string
	slow   bool
	cut    bool // goes on until the Client is closed
	report report

	epoch, n, dropped int
	gap               bool // since the last message
}

// consume is the life of one subscription.
func (k *soaking) consume(life context.Context, c *subscriber, key string, slow, cut bool) {
	sub, err := c.subscribe(life, key)
	if err != nil {
		k.failed(life, key, err)
		return
	}
	k.count(func(n *counts) { n.Subscriptions++ })
	u := &consumer{k: k, key: key, slow: slow, cut: cut, report: report{Key: key}}
	until, cancel := context.WithTimeout(life, between(2*time.Second, 30*time.Second))
	defer cancel()
	err = u.loop(until, life, sub)
	u.report.Looked = time.Now()
	closing, done := context.WithTimeout(context.Background(), 20*time.Second)
	defer done()
	sub.close(closing)
	if u.report.How = "closed"; err != nil {
		u.report.How = how(err)
	}
	switch u.report.How {
	case "denied":
		k.count(func(n *counts) { n.Denied++ })
	case "completed":
		k.count(func(n *counts) { n.Completed++ })
	}
	u.report.Slow = u.slow && u.gap
	k.tell(u.report)
}

// failed counts a first start that came to nothing.
func (k *soaking) failed(life context.Context, key string, err error) {
	if how(err) == "denied" {
		k.count(func(n *counts) { n.Denied++ })
	} else {
		k.count(func(n *counts) { n.Failed++ })
	}
	k.tell(report{Key: key, How: "never"})
	wait(life, between(50*time.Millisecond, 300*time.Millisecond))
}

// loop takes events until the subscription ends, or the time has come and a
// message is so fresh that no gap can be waiting behind it.
func (u *consumer) loop(until, life context.Context, sub subscription) error {
	hurry := context.WithoutCancel(until)
	if u.cut {
		until = hurry
	}
	limit := time.Time{}
	for {
		if until.Err() != nil && limit.IsZero() {
			limit = time.Now().Add(time.Minute)
		}
		ctx, cancel := context.WithTimeout(hurry, time.Minute)
		e, err := sub.next(ctx)
		cancel()
		switch {
		case errors.Is(err, context.DeadlineExceeded) && life.Err() == nil:
			u.k.fault("%s: nothing for a minute", u.key)
			return nil
		case err != nil:
			return err
		}
		u.take(e)
		switch {
		case until.Err() == nil:
			if u.slow && e.message != nil {
				wait(until, rand.N(200*time.Millisecond))
			}
		case e.message != nil && time.Since(time.UnixMilli(e.message.At)) < tick || time.Now().After(limit):
			return nil
		}
	}
}

// take checks that nothing is missing without notice, and nothing twice.
func (u *consumer) take(e news) {
	switch {
	case e.reconnected:
		u.report.Gaps++
		u.dropped, u.gap = 0, true
		u.k.count(func(n *counts) { n.Gaps++ })
	case e.dropped > 0:
		u.dropped += e.dropped
		u.k.count(func(n *counts) { n.Skipped += e.dropped })
	default:
		m := e.message
		u.k.count(func(n *counts) { n.Messages++ })
		u.report.Seen++
		u.merged(m)
		switch {
		case m.Epoch != u.report.Gaps+1:
			u.k.fault("%s: a message of connection %d after %d gaps", u.key, m.Epoch, u.report.Gaps)
		case m.Epoch == u.epoch && m.N != u.n+1+u.dropped:
			u.k.fault("%s: message %d follows %d, %d were said to be missing", u.key, m.N, u.n, u.dropped)
		case m.Epoch != u.epoch && m.N <= u.n:
			u.k.fault("%s: message %d of connection %d follows %d of connection %d", u.key, m.N, m.Epoch, u.n, u.epoch)
		}
		u.epoch, u.n, u.dropped, u.gap = m.Epoch, m.N, 0, false
	}
}

// merged counts gaps that a slow consumer is told of as one: it was told of
// one, and that messages were dropped.
func (u *consumer) merged(m *message) {
	if more := m.Epoch - 1 - u.report.Gaps; u.slow && u.gap && u.dropped > 0 && more > 0 {
		u.report.Gaps += more
		u.k.count(func(n *counts) { n.Gaps += more; n.Merged += more })
	}
}
