package graphqlapi

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestCache(t *testing.T) {
	t.Parallel()
	c := newCache(3, 100*weight)
	text := func(n int) string { return fmt.Sprintf("%010d", n) }
	for n := range 3 {
		c.put(&document{text: text(n)})
	}
	c.get(text(0)) // 1 is the oldest now
	c.put(&document{text: text(3)})
	c.put(&document{text: text(3)})
	for n, want := range []bool{true, false, true, true} {
		if got := c.get(text(n)) != nil; got != want {
			t.Errorf("%d is kept: %v", n, got)
		}
	}
	c.put(&document{text: strings.Repeat("x", 13)}) // over an eighth
	if c.recent.Len() != 3 || c.bytes != 30*weight {
		t.Errorf("%d documents of %d bytes", c.recent.Len(), c.bytes)
	}
	c = newCache(1000, 100*weight)
	for n := range 100 {
		c.put(&document{text: text(n)})
	}
	if c.recent.Len() != 10 || len(c.entries) != 10 {
		t.Errorf("%d documents", c.recent.Len())
	}
}

// TestSharedDocument: goroutines make the plans of one document together.
func TestSharedDocument(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, root(map[string]string{"things": `[{"__typename":"Post","id":"1"},{"__typename":"Author","id":"2","name":"N"}]`}))
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				want := `{"data":{"things":[{"i":"1"},{"name":"N"}]}}`
				on := (i+n)%2 == 0
				if on {
					want = `{"data":{"things":[{"i":"1"},{}]}}`
				}
				r.expect(want, `query($s:Boolean!){things{...on Post{i:id} ...on Author@skip(if:$s){name}}}`, fmt.Sprintf(`{"s":%v}`, on))
			}
		})
	}
	all.Wait()
}
