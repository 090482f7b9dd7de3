//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
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
		cost, err := t.filtered(a, rooms)
		if err != nil {
			return err
		}
		say(t.name, map[string]any{"subscriptions": b.sockets * perSocket, "matching": matching, "publishes": burst, "serverCPUus": cost})
		costs = append(costs, cost)
	}
	b.most("µs of processor time for a publish that 10 of 100,000 filters match", median(costs), 100)
	return end([]*stand{{target: t, audience: a}})
}

// filtered publishes a burst over one connection, to one room after the other.
func (t *target) filtered(a *audience, rooms int) (cost float64, err error) {
	a.start()
	used := time.Duration(0)
	list := make([]*publisher, 50)
	for i := range list {
		body := mutation("r" + strconv.Itoa(i*(rooms/len(list))))
		if list[i], err = t.publisherOf(context.Background(), 0, body, nil); err != nil {
			return 0, err
		}
		defer list[i].nc.Close()
	}
	used = cpu(t.pid)
	for i := range burst {
		if err := list[i%len(list)].publish(); err != nil {
			return 0, err
		}
	}
	a.await(burst * matching)
	used = cpu(t.pid) - used
	if got := a.got.Load(); got != burst*matching {
		return 0, fmt.Errorf("%d events came instead of %d", got, burst*matching)
	}
	return float64(used.Microseconds()) / burst, nil
}
