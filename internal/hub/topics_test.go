package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Subscriptions of tests belong to nobody and have a text as their view.
type (
	sub     = Sub[int, string]
	topics  = Topics[int, string, event]
	options = TopicsOptions[int, string, event]
)

// rig is Topics on a bus of their own, and what they deliver: for each
// subscription the payloads, those of one Deliver joined with "+".
type rig struct {
	t      *testing.T
	topics *topics
	bus    *bus.Bus
	stats  *Stats

	mu       sync.Mutex
	got      map[string][]string
	rendered int
}

func newRig(t *testing.T, change ...func(*options)) *rig {
	r := &rig{t: t, bus: bus.New(), stats: new(Stats), got: make(map[string][]string)}
	o := options{Scope: "api", Publish: r.bus.Publish, Receive: r.bus.Receive, Encode: encodeEvent, Decode: decodeEvent,
		Field: event.field, Stats: r.stats}
	o.Render = func(view string, e event) []byte {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.rendered++
		if view == "blind" || view == "half" && e["hide"] != "" {
			return nil
		}
		return []byte(view + e["n"])
	}
	o.Deliver = func(s *sub, rendered [][]byte) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		var all []string
		for _, b := range rendered {
			all = append(all, string(b))
		}
		r.got[s.ID] = append(r.got[s.ID], strings.Join(all, "+"))
		return nil
	}
	for _, f := range change {
		f(&o)
	}
	var err error
	if r.topics, err = OpenTopics(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.topics.Close()
		_ = r.bus.Close()
	})
	return r
}

func encodeEvent(body []byte, e event) []byte {
	for _, k := range slices.Sorted(maps.Keys(e)) {
		body = append(append(append(append(body, k...), 0), e[k]...), 0)
	}
	return body
}

func decodeEvent(body []byte) (event, error) {
	if string(body) == "bad" {
		return nil, errors.New("test: bad event")
	}
	e := event{}
	parts := strings.Split(string(body), "\x00")
	for i := 0; i+1 < len(parts); i += 2 {
		e[parts[i]] = parts[i+1]
	}
	return e, nil
}

func (r *rig) publish(topic string, events ...event) {
	r.t.Helper()
	if err := r.topics.Publish(context.Background(), topic, events...); err != nil {
		r.t.Errorf("Publish: %v", err)
	}
}

func (r *rig) want(want map[string][]string) {
	r.t.Helper()
	if diff := cmp.Diff(want, r.got); diff != "" {
		r.t.Errorf("delivered (-want +got):\n%s", diff)
	}
	clear(r.got)
}

func (r *rig) counted(want map[Why]uint64) {
	r.t.Helper()
	got := make(map[Why]uint64)
	for w, n := range r.stats.All() {
		if n > 0 {
			got[w] = n
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a, b, other := &sub{ID: "a", View: "v"}, &sub{ID: "b", View: "v"}, &sub{ID: "other", View: "v"}
	r.topics.Add("topic", a)
	r.topics.Add("topic", b)
	r.topics.Add("another", other)
	r.publish("topic", event{"n": "1"})
	r.publish("nobody's", event{"n": "2"})
	r.publish("topic")
	r.want(map[string][]string{"a": {"v1"}, "b": {"v1"}})
	if !r.topics.Remove(a) || r.topics.Remove(a) || r.topics.Len() != 2 {
		t.Errorf("Remove: want true, then false, and 2 left; have %d", r.topics.Len())
	}
	r.publish("topic", event{"n": "3"})
	r.want(map[string][]string{"b": {"v3"}})
	if r.rendered != 2 {
		t.Errorf("rendered %d times, want once for each event that somebody got", r.rendered)
	}
	r.counted(map[Why]uint64{WhyPublished: 3, WhyReceived: 3, WhyDelivered: 3})
}

// TestBatch: events published together arrive together, those that are wanted.
func TestBatch(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for id, f := range map[string]*Filter{"all": nil, "two": one(OpIn, "2", "4"), "big": one(OpGe, "3"), "none": one(OpEq, "9"),
		"either": {Groups: [][]Condition{one(OpEq, "1").Groups[0], one(OpIn, "1", "5").Groups[0]}}} {
		r.topics.Add("topic", &sub{ID: id, Filter: f})
	}
	r.topics.Add("topic", &sub{ID: "half", View: "half"})
	var events []event
	for i := range 5 {
		n := fmt.Sprint(i + 1)
		events = append(events, event{"n": n, "f": n})
	}
	events[1]["hide"] = "true"
	r.publish("topic", events...)
	r.want(map[string][]string{"all": {"1+2+3+4+5"}, "two": {"2+4"}, "big": {"3+4+5"}, "either": {"1+5"}, "half": {"half1+half3+half4+half5"}})
	r.counted(map[Why]uint64{WhyPublished: 5, WhyReceived: 5, WhyDelivered: 16, WhyNothing: 1})

	events = nil
	var want []string
	for i := range 3*maxBatch + 1 { // more than one batch
		events, want = append(events, event{"n": fmt.Sprint(i)}), append(want, fmt.Sprint(i))
	}
	r.publish("topic", events...)
	if got := strings.Join(r.got["all"], "+"); got != strings.Join(want, "+") || len(r.got["all"]) != 4 {
		t.Errorf("%d deliveries: %s", len(r.got["all"]), got)
	}
}

// TestViews: many views, each rendered once per event.
func TestViews(t *testing.T) {
	t.Parallel()
	for _, views := range []int{1, 2, fewViews, fewViews + 1, 3 * fewViews} {
		r := newRig(t)
		want := make(map[string][]string)
		for i := range 200 {
			id, view := fmt.Sprint(i), fmt.Sprintf("v%d.", i%views)
			r.topics.Add("topic", &sub{ID: id, View: view})
			want[id] = []string{view + "1+" + view + "2"}
		}
		r.topics.Add("topic", &sub{ID: "blind", View: "blind"})
		r.publish("topic", event{"n": "1"}, event{"n": "2"})
		r.want(want)
		if r.rendered != 2*views+2 {
			t.Errorf("%d views: rendered %d times, want %d", views, r.rendered, 2*views+2)
		}
	}
}

// TestKeys: an event reaches its channel and the wildcards above it.
func TestKeys(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *options) { o.Keys = wildcards })
	for _, id := range []string{"/ns/a/b", "/ns/a/*", "/ns/*", "/ns/a", "/ns/b/*", "/n/*", "/ns/a/b/*"} {
		r.topics.Add(id, &sub{ID: id})
	}
	r.publish("/ns/a/b", event{"n": "1"}, event{"n": "2"})
	r.want(map[string][]string{"/ns/a/b": {"1+2"}, "/ns/a/*": {"1+2"}, "/ns/*": {"1+2"}})
}

// wildcards is the channel and each "*" above it.
func wildcards(keys []string, channel string) []string {
	keys = append(keys, channel)
	for i, c := range channel {
		if c == '/' && i > 0 {
			keys = append(keys, channel[:i]+"/*")
		}
	}
	return keys
}

func TestAddThen(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := &sub{ID: "s"}
	var wg sync.WaitGroup
	err := r.topics.AddThen("topic", s, func() error {
		wg.Go(func() { r.publish("topic", event{"n": "1"}) })
		for r.stats.Count(WhyReceived) == 0 { // s is found by now, or will be
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got["s"] = append(r.got["s"], "ready")
		return nil
	})
	wg.Wait()
	if err != nil {
		t.Errorf("AddThen: %v", err)
	}
	r.want(map[string][]string{"s": {"ready", "1"}})

	boom := errors.New("boom")
	failed := &sub{ID: "failed"}
	if err := r.topics.AddThen("topic", failed, func() error { return boom }); err != boom {
		t.Errorf("AddThen: %v, want the error of ready", err)
	}
	removed := &sub{ID: "removed"}
	if err := r.topics.AddThen("topic", removed, func() error { r.topics.Remove(removed); return nil }); err != nil {
		t.Errorf("AddThen: %v", err)
	}
	r.publish("topic", event{"n": "2"})
	r.want(map[string][]string{"s": {"2"}})
	if n := r.topics.Len(); n != 1 {
		t.Errorf("%d subscriptions, want 1", n)
	}
}

// TestDeliver: what it may do, and what is counted.
func TestDeliver(t *testing.T) {
	t.Parallel()
	var r *rig
	subs := map[string]*sub{}
	for _, id := range []string{"full", "leaves", "left", "publishes", "late"} {
		subs[id] = &sub{ID: id}
	}
	r = newRig(t, func(o *options) {
		deliver := o.Deliver
		o.Deliver = func(s *sub, rendered [][]byte) error {
			switch s.ID {
			case "full":
				return errors.New("full")
			case "leaves": // and takes another along
				r.topics.Remove(s)
				r.topics.Remove(subs["left"])
			case "publishes":
				r.publish("nested", event{"n": "nested"})
				r.topics.Add("topic", subs["late"])
			}
			return deliver(s, rendered)
		}
	})
	for _, id := range []string{"full", "leaves", "left", "publishes"} {
		r.topics.Add("topic", subs[id])
	}
	r.topics.Add("nested", &sub{ID: "nested"})
	r.publish("topic", event{"n": "1"})
	r.want(map[string][]string{"leaves": {"1"}, "publishes": {"1"}, "nested": {"nested"}})
	r.counted(map[Why]uint64{WhyPublished: 2, WhyReceived: 2, WhyDelivered: 3, WhyRefused: 1, WhyGone: 1})
}

// TestCalm: Deliver is told whether events come one by one.
func TestCalm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r *rig
		got := make(map[string]bool)
		r = newRig(t, func(o *options) {
			o.Deliver = func(s *sub, _ [][]byte) error {
				got[s.ID] = r.topics.Calm()
				if s.ID == "outer" { // another delivers meanwhile
					r.publish("inner", event{})
				}
				return nil
			}
		})
		for _, topic := range []string{"outer", "inner", "next", "later"} {
			r.topics.Add(topic, &sub{ID: topic})
		}
		r.publish("outer", event{})
		r.publish("next", event{})
		r.publish("nobody's", event{})
		time.Sleep(pause)
		r.publish("later", event{})
		if diff := cmp.Diff(map[string]bool{"outer": true, "inner": false, "next": false, "later": true}, got); diff != "" {
			t.Errorf("calm (-want +got):\n%s", diff)
		}
	})
}

// TestInvalidate is how a runtime ends subscriptions by events.
func TestInvalidate(t *testing.T) {
	t.Parallel()
	var r *rig
	s := &sub{ID: "s"}
	r = newRig(t, func(o *options) {
		deliver := o.Deliver
		o.Deliver = func(of *sub, rendered [][]byte) error {
			if of.View == "end" {
				r.topics.Remove(s)
				r.topics.Remove(of)
			}
			return deliver(of, rendered)
		}
	})
	r.topics.Add("topic", s)
	r.topics.Add("topic/end", &sub{ID: "end", View: "end", Filter: one(OpEq, `"bob"`)})
	r.publish("topic/end", event{"f": `"alice"`})
	r.publish("topic", event{"n": "1"})
	r.publish("topic/end", event{"f": `"bob"`})
	r.publish("topic", event{"n": "2"})
	r.want(map[string][]string{"s": {"1"}, "end": {"end"}})
	if n := r.topics.Len(); n != 0 {
		t.Errorf("%d subscriptions left, want none", n)
	}
}

// TestBadEvents: what comes from the bus and is none.
func TestBadEvents(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.topics.Add("topic", &sub{ID: "s"})
	good := r.topics.encode(nil, event{"n": "1"})
	bad := append([]byte{0, 0, 0, 3}, "bad"...)
	for _, body := range [][]byte{nil, {0}, {0, 0, 0, 9, 1}, {0xff, 0xff, 0xff, 0xff, 1}, bad, slices.Concat(bad, good), slices.Concat(good, []byte{1})} {
		if err := r.bus.Publish(t.Context(), &bus.Event{Scope: "api", Topic: "topic", Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	r.want(map[string][]string{"s": {"1", "1"}})
	r.counted(map[Why]uint64{WhyReceived: 2, WhyUnreadable: 6, WhyDelivered: 2})
}

func TestTopicsClose(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.topics.Add("topic", &sub{ID: "s"})
	r.topics.Close()
	r.topics.Close()
	if err := r.topics.Publish(t.Context(), "topic", event{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Publish: %v, want ErrClosed", err)
	}
	if err := r.bus.Publish(t.Context(), &bus.Event{Scope: "api", Topic: "topic", Body: r.topics.encode(nil, event{})}); err != nil {
		t.Error(err)
	}
	r.want(map[string][]string{})
	_ = r.bus.Close()
	if _, err := OpenTopics(options{Receive: r.bus.Receive}); !errors.Is(err, bus.ErrClosed) {
		t.Errorf("OpenTopics on a closed bus: %v", err)
	}
}

// TestTwoNodes: every node's subscriptions get what one publishes, and another
// API's do not.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	a := newRig(t)
	onBus := func(o *options) { o.Publish, o.Receive = a.bus.Publish, a.bus.Receive }
	b, c := newRig(t, onBus), newRig(t, onBus, func(o *options) { o.Scope = "another" })
	for _, r := range []*rig{a, b, c} {
		r.topics.Add("topic", &sub{ID: "s"})
	}
	a.publish("topic", event{"n": "1"})
	b.publish("topic", event{"n": "2"})
	a.want(map[string][]string{"s": {"1", "2"}})
	b.want(map[string][]string{"s": {"1", "2"}})
	c.want(map[string][]string{})
}

// random makes filters and events of few fields and values, so that they meet.
type random struct{ *rand.Rand }

func (r random) scalar() string {
	all := []string{`"a"`, `"b"`, `"ab"`, `""`, `1`, `2`, `1.0`, `true`, `false`, `null`}
	return all[r.IntN(len(all))]
}

func (r random) fieldValue() string {
	switch r.IntN(6) {
	case 0:
		return "[" + r.scalar() + "," + r.scalar() + "]"
	case 1:
		return `{"a":1}`
	}
	return r.scalar()
}

var paths = []string{"f", "g", "h.i"}

func (r random) event(n int) event {
	e := event{"n": fmt.Sprint(n)}
	for _, p := range paths {
		if r.IntN(4) > 0 {
			e[p] = r.fieldValue()
		}
	}
	return e
}

func (r random) filter() *Filter {
	if r.IntN(10) == 0 {
		return nil
	}
	f := &Filter{}
	for range r.IntN(4) {
		var g []Condition
		for range 1 + r.IntN(3) {
			c := Condition{Field: paths[r.IntN(len(paths))], Op: Op(1 + r.IntN(int(ops)-1))}
			if r.IntN(2) == 0 {
				c.Op = []Op{OpEq, OpIn}[r.IntN(2)]
			}
			n := 1
			if c.Op.list() {
				n = r.IntN(4)
			}
			for range n {
				c.Values = append(c.Values, value(r.fieldValue()))
			}
			g = append(g, c)
		}
		f.Groups = append(f.Groups, g)
	}
	return f
}

// TestIndex compares with asking every filter about every event.
func TestIndex(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		r, rnd := newRig(t), random{rand.New(rand.NewPCG(seed, 1))}
		var subs []*sub
		for step := range 200 {
			for range rnd.IntN(6) {
				s := &sub{ID: fmt.Sprint(step, ".", len(subs)), Filter: rnd.filter()}
				r.topics.Add("topic", s)
				subs = append(subs, s)
			}
			for range rnd.IntN(6) {
				if len(subs) > 0 {
					i := rnd.IntN(len(subs))
					if !r.topics.Remove(subs[i]) {
						t.Fatal("Remove: was not there")
					}
					subs = slices.Delete(subs, i, i+1)
				}
			}
			var events []event
			for n := range 1 + rnd.IntN(3) {
				events = append(events, rnd.event(n))
			}
			clear(r.got)
			r.publish("topic", events...)
			if diff := cmp.Diff(naive(subs, events), r.got); diff != "" {
				t.Fatalf("seed %d, step %d, %v (-want +got):\n%s", seed, step, events, diff)
			}
		}
		for _, s := range subs {
			r.topics.Remove(s)
		}
		for i := range r.topics.shards {
			if sh := &r.topics.shards[i]; len(sh.topics) != 0 || sh.subs != 0 {
				t.Errorf("seed %d: %d topics and %d subscriptions left in a shard", seed, len(sh.topics), sh.subs)
			}
		}
	}
}

func naive(subs []*sub, events []event) map[string][]string {
	want := make(map[string][]string)
	for _, s := range subs {
		var got []string
		for _, e := range events {
			if s.Filter.Match(e.field) {
				got = append(got, e["n"])
			}
		}
		if got != nil {
			want[s.ID] = []string{strings.Join(got, "+")}
		}
	}
	return want
}

// TestPick: the index is of what distinguishes subscriptions.
func TestPick(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const n = 1000
	for i := range n {
		r.topics.Add("topic", &sub{ID: fmt.Sprint(i), Filter: &Filter{Groups: [][]Condition{{
			{"type", OpEq, []Value{String("post")}}, {"owner", OpEq, []Value{Number(float64(i))}}}}}})
	}
	tp := r.topics.shard("topic").topics["topic"]
	if x := tp.index("type"); x != nil && len(x.keys[String("post").scalar].subs) > 1 {
		t.Errorf("%d subscriptions are found by their type", len(x.keys[String("post").scalar].subs))
	}
	for i := range 100 { // more fields than there may be indexes
		r.topics.Add("topic", &sub{ID: "more", Filter: one(OpEq, "1")})
		s := &sub{ID: fmt.Sprint("f", i), Filter: &Filter{Groups: [][]Condition{{{fmt.Sprint("f", i), OpEq, []Value{Number(1)}}}}}}
		r.topics.Add("topic", s)
	}
	if got := len(tp.indexes); got > maxIndexes {
		t.Errorf("%d indexes, at most %d are planned", got, maxIndexes)
	}
	r.publish("topic", event{"n": "1", "f99": "1", "f0": "1", "type": `"post"`, "owner": "7"})
	r.want(map[string][]string{"f99": {"1"}, "f0": {"1"}, "7": {"1"}})
}

// TestStays: while others come and go, subscriptions that stay get every event
// once and each publisher's in order.
func TestStays(t *testing.T) {
	t.Parallel()
	const publishers, rounds, stay = 4, 150, 20
	r := newRig(t)
	for i := range stay {
		r.topics.Add("topic", &sub{ID: fmt.Sprint(i), Filter: []*Filter{nil, one(OpEq, "1"), one(OpGe, "1"), one(OpIn, "0", "1")}[i%4]})
	}
	var wg, churn sync.WaitGroup
	done := make(chan struct{})
	for c := range 3 {
		churn.Go(func() {
			rnd := random{rand.New(rand.NewPCG(uint64(c), 2))}
			for {
				select {
				case <-done:
					return
				default:
				}
				var subs []*sub
				for range 20 {
					subs = append(subs, &sub{ID: "churn", Filter: rnd.filter()})
					r.topics.Add("topic", subs[len(subs)-1])
				}
				for _, s := range subs {
					r.topics.Remove(s)
				}
			}
		})
	}
	for p := range publishers {
		wg.Go(func() {
			for i := range rounds {
				r.publish("topic", event{"n": fmt.Sprintf("%d/%d", p, i), "f": "1"})
			}
		})
	}
	wg.Wait()
	close(done)
	churn.Wait()
	for i := range stay {
		next := make(map[string]int)
		for _, got := range r.got[fmt.Sprint(i)] {
			p, n, _ := strings.Cut(got, "/")
			if n != fmt.Sprint(next[p]) {
				t.Fatalf("subscription %d got event %s, want %d of that publisher", i, got, next[p])
			}
			next[p]++
		}
		for p := range publishers {
			if next[fmt.Sprint(p)] != rounds {
				t.Errorf("subscription %d got %d of publisher %d, want %d", i, next[fmt.Sprint(p)], p, rounds)
			}
		}
	}
	if n := r.topics.Len(); n != stay {
		t.Errorf("%d subscriptions, want %d", n, stay)
	}
}

// TestNames: every reason has one.
func TestNames(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for w := range new(Stats).All() {
		if name := w.String(); name == "unknown" || seen[name] {
			t.Errorf("reason %d is called %q", w, name)
		}
		seen[w.String()] = true
	}
	if Why(200).String() != "unknown" || (*Stats)(nil).Count(WhyGone) != 0 {
		t.Error("a reason that is none has a name, or nil counts")
	}
}
