//go:build linux

package main

import (
	"context"
	"strings"
)

// idleSockets measures what a socket with one subscription costs in memory:
// of an Event API and a GraphQL API, and of Centrifugo.
func (b *bench) idleSockets() error {
	type kind struct {
		name  string
		start func() (target, error)
		asked float64
		own   bool
	}
	kinds := []kind{
		{"tidewire events, plain", b.eventsTarget, 9, true},
		{"tidewire events, TLS", b.secureEvents, 22, true},
		{"tidewire graphql, plain", func() (target, error) { t, _, err := b.graphqlTarget(); return t, err }, 9, true},
		{"tidewire graphql, TLS", b.secureGraphQL, 22, true},
		{"centrifugo, plain", b.centrifugoTarget, 0, false},
	}
	for _, k := range kinds {
		if server, _, _ := strings.Cut(k.name, " "); !b.wants(strings.TrimSuffix(server, ",")) {
			continue
		}
		t, err := k.start()
		if err != nil {
			return err
		}
		grown, settled, err := b.grown(&t, k.own)
		if err != nil {
			return err
		}
		say("idle "+k.name, map[string]any{"sockets": b.idle, "kbPerSocket": grown, "kbPerSocketSettled": settled})
		if k.asked > 0 {
			b.most("KB of an idle subscribed socket, "+k.name, grown, k.asked)
		}
		stopAll()
	}
	return nil
}

func (b *bench) secureEvents() (target, error) {
	s, pid, ca, err := b.tidewire("fanout-events")
	if err != nil {
		return target{}, err
	}
	return s.secure(events(s, pid, ca)), nil
}

func (b *bench) secureGraphQL() (target, error) {
	t, s, err := b.graphqlTarget()
	if err != nil {
		return target{}, err
	}
	return s.secure(t), nil
}

// grown is by how much a server's memory grew for each socket, in KB; settled
// after a collection, where the server has one on SIGUSR1.
func (b *bench) grown(t *target, collects bool) (grown, settled float64, err error) {
	first, err := t.openAll(context.Background(), 10) // what the first ones bring in
	if err != nil {
		return 0, 0, err
	}
	defer closeAll(first)
	before, err := resident(t.pid, false)
	if err != nil {
		return 0, 0, err
	}
	list, err := t.openAll(context.Background(), b.idle)
	if err != nil {
		return 0, 0, err
	}
	defer closeAll(list)
	after, err := resident(t.pid, false)
	if err != nil {
		return 0, 0, err
	}
	collected := after
	if collects {
		if collected, err = resident(t.pid, true); err != nil {
			return 0, 0, err
		}
	}
	n := float64(b.idle)
	return float64(after-before) / n, float64(collected-before) / n, nil
}
