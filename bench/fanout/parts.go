//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const warm = 500 * time.Millisecond

// verdict is a figure that is asked for.
type verdict struct {
	Measured float64 `json:"measured"`
	Asked    string  `json:"asked"`
	Wished   string  `json:"wished,omitempty"`
	OK       bool    `json:"ok"`
}

// least judges what is to be at least so much; most, at most.
func (b *bench) least(what string, measured, asked, wished float64) {
	v := verdict{Measured: measured, Asked: fmt.Sprintf("at least %g", asked), OK: measured >= asked}
	if wished > 0 {
		v.Wished = fmt.Sprintf("%g", wished)
	}
	b.failed = b.failed || !v.OK
	say("= "+what, v)
}

func (b *bench) most(what string, measured, asked float64) {
	v := verdict{Measured: measured, Asked: fmt.Sprintf("at most %g", asked), OK: measured <= asked}
	b.failed = b.failed || !v.OK
	say("= "+what, v)
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	list = slices.Sorted(slices.Values(list))
	return (list[(len(list)-1)/2] + list[len(list)/2]) / 2
}

// stand is a server with its audience.
type stand struct {
	target
	audience *audience
	results  map[string][]*flow
}

func (b *bench) stand(t target, err error) (*stand, error) {
	if err != nil {
		return nil, err
	}
	sockets, err := t.openAll(context.Background(), b.sockets)
	if err != nil {
		return nil, err
	}
	a, err := newAudience(sockets)
	return &stand{target: t, audience: a, results: make(map[string][]*flow)}, err
}

// median is that of one number of the results of a measurement.
func (s *stand) median(what string, of func(*flow) float64) float64 {
	var list []float64
	for _, f := range s.results[what] {
		list = append(list, of(f))
	}
	return median(list)
}

// note keeps a result and says it.
func (s *stand) note(what string, f *flow, err error) error {
	if f != nil {
		say(s.name+", "+what, f)
		s.results[what] = append(s.results[what], f)
	}
	return err
}

// eventsTarget is tidewire with an Event API.
func (b *bench) eventsTarget() (target, error) {
	s, pid, ca, err := b.tidewire("fanout-events")
	if err != nil {
		return target{}, err
	}
	return events(s, pid, ca), nil
}

func (b *bench) graphqlTarget() (target, *served, error) {
	s, pid, ca, err := b.tidewire("fanout-graphql")
	if err != nil {
		return target{}, nil, err
	}
	return graphql("tidewire", s.URL, s.RealtimeURL, s.APIKeys[0], ca, pid), s, nil
}

// stands starts those of the servers that take part.
func (b *bench) stands(servers ...func() (target, error)) (list []*stand, err error) {
	names := []string{"tidewire", "centrifugo"}
	for i, start := range servers {
		if !b.wants(names[i]) {
			continue
		}
		s, err := b.stand(start())
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func end(list []*stand) error {
	var errs []error
	for _, s := range list {
		if err := s.audience.leave(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
		}
	}
	stopAll()
	return errors.Join(errs...)
}

// ratio is how much more the first server does than the second.
func ratio(list []*stand, what string, of func(*flow) float64) (r float64, ok bool) {
	if len(list) < 2 {
		return 0, false
	}
	return list[0].median(what, of) / list[1].median(what, of), true
}

func perSecond(f *flow) float64 { return f.PerSecond }

// shapes are the ways to publish, and what is asked and wished of tidewire's
// deliveries a second beside Centrifugo's.
var shapes = []struct {
	name            string
	connections, of int
	asked, wished   float64
}{
	{"8 connections", 8, 1, 1.3, 1.5},
	{"1 connection", 1, 1, 1, 1.15},
	{"8 connections, batches of 5", 8, 5, 0, 0},
}

func (b *bench) publish() error {
	list, err := b.stands(b.eventsTarget, b.centrifugoTarget)
	if err != nil {
		return err
	}
	for round := range b.rounds {
		for _, shape := range shapes {
			if b.shape != "" && b.shape != shape.name {
				continue
			}
			for _, s := range turns(list, round) {
				t := s.target
				if shape.of == 1 && t.name == "centrifugo" {
					t = single(t)
				}
				if _, err := t.saturate(s.audience, shape.connections, shape.of, warm); err != nil {
					return err
				}
				f, err := t.saturate(s.audience, shape.connections, shape.of, b.d)
				if err := s.note(shape.name, f, err); err != nil {
					return err
				}
			}
		}
	}
	for _, shape := range shapes {
		if b.shape != "" {
			break
		}
		if r, ok := ratio(list, shape.name, perSecond); ok && shape.asked > 0 {
			b.least("deliveries/s beside Centrifugo, "+shape.name, r, shape.asked, shape.wished)
		} else if ok {
			say("= deliveries/s beside Centrifugo's batches of 5", map[string]float64{"measured": r})
			b.least("batches of 5 beside Centrifugo's single events", list[0].median(shape.name, perSecond)/list[1].median(shapes[0].name, perSecond), 2, 0)
		}
	}
	return end(list)
}

// turns are the servers in the order of a round.
func turns(list []*stand, round int) []*stand {
	list = slices.Clone(list)
	if round%2 == 1 {
		slices.Reverse(list)
	}
	return list
}

// paced takes twice the time: the slowest hundredth of the events is to be more
// than those of one publish.
func (b *bench) paced() error {
	const rate, what = 20, "20 publishes/s"
	list, err := b.stands(b.eventsTarget, b.centrifugoTarget)
	if err != nil {
		return err
	}
	for round := range b.rounds {
		for _, s := range turns(list, round) {
			t := s.target
			if t.name == "centrifugo" {
				t = single(t)
			}
			f, err := t.pace(s.audience, rate, 2*b.d)
			if err := s.note(what, f, err); err != nil {
				return err
			}
		}
	}
	if r, ok := ratio(list, what, func(f *flow) float64 { return f.P99 }); ok {
		b.most("p99 beside Centrifugo, "+what, r, 1.2)
	}
	return end(list)
}

func (b *bench) mutation() error {
	list, err := b.stands(func() (target, error) { t, _, err := b.graphqlTarget(); return t, err }, b.simulatorTarget)
	if err != nil {
		return err
	}
	const what = "8 connections"
	for round := range b.rounds {
		for _, s := range turns(list, round) {
			if _, err := s.saturate(s.audience, 8, 1, warm); err != nil {
				return err
			}
			f, err := s.saturate(s.audience, 8, 1, b.d)
			if err := s.note("mutations, "+what, f, err); err != nil {
				return err
			}
		}
	}
	if r, ok := ratio(list, "mutations, "+what, perSecond); ok {
		b.least("deliveries/s beside the simulator, "+what, r, 5, 0)
	}
	return end(list)
}
