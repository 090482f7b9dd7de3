//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
)

const (
	perSocket = 100 // subscriptions
	matching  = 10  // of them, all on different sockets, each publish
	burst     = 10_000
)

// filters publishes to rooms, each of which ten of 100,000 subscriptions have
// in their filter, and says what a publish costs.
func (b *bench) filters() error {
	t, s, err := b.graphqlTarget()
	if err != nil {
		return err
	}
	t.name = "tidewire filters"
	alone, err := t.alone(b.rounds)
	if err != nil {
		return err
	}
	hello := t.hello[:1]
	rooms := b.sockets * perSocket / matching
	var sockets []*socket
	for i := range b.sockets {
		k, err := t.open(context.Background(), hello)
		if err != nil {
			return fmt.Errorf("socket %d: %w", i, err)
		}
		sockets = append(sockets, k)
		for j := range perSocket {
			room := "r" + strconv.Itoa((i*perSocket+j)%rooms)
			if err := k.exchange(exchange{start(s.URL, s.APIKeys[0], j, room), "start_ack"}); err != nil {
				return err
			}
		}
	}
	a, err := newAudience(sockets)
	if err != nil {
		return err
	}
	var costs []float64
	for range b.rounds {
		cost, err := t.filtered(a, rooms, matching)
		if err != nil {
			return err
		}
		say(t.name, map[string]any{"subscriptions": b.sockets * perSocket, "matching": matching, "mutations": burst, "serverCPUus": cost, "withoutSubscriptions": alone})
		costs = append(costs, cost)
	}
	say("= µs of processor time for a mutation that 10 of 100,000 filters match", map[string]float64{"measured": median(costs)})
	b.most("µs of it for the subscriptions", median(costs)-alone, 100)
	return end([]*stand{{target: t, audience: a}})
}

// alone is what a mutation costs with nobody to hear of it.
func (t *target) alone(rounds int) (float64, error) {
	var costs []float64
	a, err := newAudience(nil)
	if err != nil {
		return 0, err
	}
	for range rounds {
		cost, err := t.filtered(a, burst, 0)
		if err != nil {
			return 0, err
		}
		costs = append(costs, cost)
	}
	return median(costs), a.leave()
}

// filtered publishes a burst over several connections, to rooms far from each
// other, and gives the server's whole processor time for a publish: HTTP, the
// resolver and ten frames on ten sockets.
func (t *target) filtered(a *audience, rooms int, matching int64) (cost float64, err error) {
	const workers, each = 8, 8 // connections of a worker
	a.start()
	list := make([]*publisher, workers*each)
	for i := range list {
		body := mutation("r" + strconv.Itoa(i*(rooms/len(list))))
		if list[i], err = t.publisherOf(context.Background(), 0, body, nil); err != nil {
			return 0, err
		}
		defer list[i].nc.Close()
	}
	used := cpu(t.pid)
	var group sync.WaitGroup
	errs := make(chan error, workers)
	for w := range workers {
		group.Go(func() {
			for i := range burst / workers {
				if err := list[w*each+i%each].publish(); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	a.await(burst * matching)
	used = cpu(t.pid) - used
	select {
	case err := <-errs:
		return 0, err
	default:
	}
	if got := a.got.Load(); got != burst*matching {
		return 0, fmt.Errorf("%d events came instead of %d", got, burst*matching)
	}
	return float64(used.Microseconds()) / burst, nil
}
