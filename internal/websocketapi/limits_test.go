package websocketapi

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	var l Limits
	l.defaults()
	want := Limits{Message: 131072, Frame: 32768, URL: 4096, Idle: 10 * time.Minute, Life: 2 * time.Hour,
		Integration: 29 * time.Second, Queue: 512 << 10, InFlight: 10, Disconnects: 64}
	if d := cmp.Diff(want, l); d != "" {
		t.Error(d)
	}
	l = Limits{Idle: -1, Life: -1}
	l.defaults()
	if l.Idle != 0 || l.Life != 0 {
		t.Error(l)
	}
}

func TestWhyNames(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for w := Why(0); int(w) < whys; w++ {
		names[w.String()] = true
	}
	if len(names) != whys || names["unknown"] || Why(200).String() != "unknown" {
		t.Error(names)
	}
}

func TestQueryFields(t *testing.T) {
	t.Parallel()
	f := queryFields("a=1&&b=%zz&a=2&c=x%20y")
	var got []string
	for _, x := range f.list {
		got = append(got, x.name)
		got = append(got, x.values...)
	}
	if d := cmp.Diff([]string{"a", "1", "2", "b", "%zz", "c", "x y"}, got); d != "" {
		t.Error(d)
	}
}
