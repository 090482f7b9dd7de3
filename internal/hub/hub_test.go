package hub

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	h := New[int](0xbeef)
	seen := make(map[string]bool)
	for range 10_000 { // many batches
		id := h.NewID()
		raw, err := base64.URLEncoding.Strict().DecodeString(id)
		if err != nil || len(raw) != 11 || len(id) != 16 || !strings.HasSuffix(id, "=") {
			t.Fatalf("id %q is %d bytes, %v; want 16 characters for 11 bytes", id, len(raw), err)
		}
		if node := binary.BigEndian.Uint16(raw); node != 0xbeef {
			t.Fatalf("id %q names node %x, want beef", id, node)
		}
		if seen[id] || !h.ParseID(id) {
			t.Fatalf("id %q: seen before %v, well-formed %v", id, seen[id], h.ParseID(id))
		}
		seen[id] = true
	}
}

func TestNewIDAtOnce(t *testing.T) {
	t.Parallel()
	h := New[int](1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if id := h.NewID(); !h.Add(id, 1) {
					t.Errorf("id %q was made twice", id)
				}
			}
		})
	}
	wg.Wait()
	if got := h.Len(); got != 4000 {
		t.Errorf("%d sockets, want 4000", got)
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		id   string
		want bool
	}{
		{"R1kmxc2VNjMCFIA=", true}, {"L0SM9cOFvHcCIhw=", true}, {"WDGT8fY4joECJrQ=", true},
		{"AAAAAAAAAAAAAAA=", true}, {"_-_-_-_-_-_-_-A=", true},
		{"", false}, {"=", false}, {"R1kmxc2VNjMCFIA", false}, {"R1kmxc2VNjMCFIA==", false},
		{"WDGT8fY4joECJrQ=test", false}, {"R1kmxc2VNjMCFI==", false}, {"R1kmxc2VNjMCFIAA", false},
		{"R1kmxc2VNjMCFIB=", false},                              // bits behind the last byte
		{"R1km+c2VNjMCFIA=", false}, {"R1km/c2VNjMCFIA=", false}, // the other alphabet
		{"R1kmxc2VNjMCFI%3D", false}, {"R1kmxc2V\nNjMCFIA", false}, {"R1kmxc2V NjMCFI=", false},
		{"R1kmxc2VNjM\x00CFI=", false}, {"éééééééé", false},
	}
	h := New[int](1)
	for _, tt := range tests {
		if got := h.ParseID(tt.id); got != tt.want {
			t.Errorf("ParseID(%q) = %v, want %v", tt.id, got, tt.want)
		}
	}
}

// FuzzParseID compares with encoding/base64, which skips line ends.
func FuzzParseID(f *testing.F) {
	for _, id := range []string{"R1kmxc2VNjMCFIA=", "R1kmxc2VNjMCFIB=", "WDGT8fY4joECJrQ=test", "", "R1kmxc2V\nNjMCFIA="} {
		f.Add(id)
	}
	h := New[int](1)
	f.Fuzz(func(t *testing.T, id string) {
		raw, err := base64.URLEncoding.Strict().DecodeString(id)
		want := err == nil && len(raw) == 11 && !strings.ContainsAny(id, "\r\n")
		if got := h.ParseID(id); got != want {
			t.Errorf("ParseID(%q) = %v, want %v", id, got, want)
		}
		if _, ok := h.Get(id); ok {
			t.Errorf("Get(%q) found a socket in an empty hub", id)
		}
	})
}

func TestAddGetRemove(t *testing.T) {
	t.Parallel()
	h := New[*int](1)
	a, b := new(int), new(int)
	id, other := h.NewID(), h.NewID()
	if _, ok := h.Get(id); ok {
		t.Error("Get found a socket before Add")
	}
	if !h.Add(id, a) || h.Add(id, b) || !h.Add(other, b) {
		t.Error("Add: want true for a free id and false for a taken one")
	}
	if got, ok := h.Get(id); !ok || got != a {
		t.Errorf("Get = %p, %v; want the first socket added, %p", got, ok, a)
	}
	if got := h.Len(); got != 2 {
		t.Errorf("Len = %d, want 2", got)
	}
	if !h.Remove(id) || h.Remove(id) {
		t.Error("Remove: want true once and false then")
	}
	if got, ok := h.Get(id); ok || got != nil {
		t.Errorf("Get after Remove = %p, %v; want none", got, ok)
	}
}

func TestEach(t *testing.T) {
	t.Parallel()
	h := New[int](1)
	want := make(map[string]int)
	for i := range 1000 {
		id := h.NewID()
		want[id] = i
		h.Add(id, i)
	}
	got := make(map[string]int)
	for id, s := range h.Each {
		got[id] = s
		h.Remove(id) // no lock is held
		h.Len()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Each (-want +got):\n%s", diff)
	}
	if n := h.Len(); n != 0 {
		t.Errorf("%d sockets left, want none", n)
	}
	for i := range 10 {
		h.Add(fmt.Sprint(i), i)
	}
	n := 0
	for range h.Each {
		n++
		if n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("loop ran %d times, want to end at 3", n)
	}
}

// TestAtOnce uses all methods from many goroutines, for the race detector.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	h := New[int](1)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				id := h.NewID()
				h.Add(id, i)
				if got, ok := h.Get(id); !ok || got != i {
					t.Errorf("Get(%q) = %d, %v; want %d", id, got, ok, i)
				}
				for range h.Each {
					break
				}
				h.Remove(id)
			}
		})
	}
	wg.Wait()
	if got := h.Len(); got != 0 {
		t.Errorf("%d sockets left, want none", got)
	}
}

func BenchmarkNewID(b *testing.B) {
	h := New[int](1)
	b.ReportAllocs()
	for b.Loop() {
		h.NewID()
	}
}

func BenchmarkGet(b *testing.B) {
	h, all := filled(10_000)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, ok := h.Get(all[i%len(all)]); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkGetParallel(b *testing.B) {
	h, all := filled(10_000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			h.Get(all[i%len(all)])
		}
	})
}

func BenchmarkParseID(b *testing.B) {
	h, all := filled(1)
	b.ReportAllocs()
	for b.Loop() {
		h.ParseID(all[0])
	}
}

func BenchmarkAddRemove(b *testing.B) {
	h, _ := filled(10_000)
	id := h.NewID()
	b.ReportAllocs()
	for b.Loop() {
		h.Add(id, nil)
		h.Remove(id)
	}
}

func BenchmarkEach(b *testing.B) {
	h, _ := filled(10_000)
	b.ReportAllocs()
	for b.Loop() {
		for range h.Each {
		}
	}
}

func filled(n int) (*Hub[*int], []string) {
	h, all := New[*int](1), make([]string, n)
	for i := range all {
		all[i] = h.NewID()
		h.Add(all[i], new(int))
	}
	return h, all
}
