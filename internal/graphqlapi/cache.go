package graphqlapi

import (
	"container/list"
	"sync"
)

// weight is what a prepared document takes for each byte of its text, roughly:
// a field of a dozen letters becomes some 700 bytes of syntax tree and plan.
const weight = 64

// cache keeps prepared documents by their text, those that were used last.
// Safe for concurrent use.
type cache struct {
	maxCount, maxBytes int // immutable

	// guarded by mu
	mu      sync.Mutex
	entries map[string]*list.Element // of *document
	recent  list.List                // the last used is in front
	bytes   int
}

func newCache(count, bytes int) *cache {
	return &cache{maxCount: count, maxBytes: bytes, entries: make(map[string]*list.Element)}
}

// get finds a document; nil if it is not kept.
func (c *cache) get(text string) *document {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[text]
	if e == nil {
		return nil
	}
	if c.recent.Front() != e {
		c.recent.MoveToFront(e)
	}
	return e.Value.(*document)
}

// put keeps a document, unless it alone is worth an eighth of the cache.
func (c *cache) put(d *document) {
	size := weight * len(d.text)
	if size > c.maxBytes/8 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[d.text] != nil {
		return
	}
	c.entries[d.text] = c.recent.PushFront(d)
	c.bytes += size
	for c.bytes > c.maxBytes || c.recent.Len() > c.maxCount {
		last := c.recent.Back()
		gone := c.recent.Remove(last).(*document)
		delete(c.entries, gone.text)
		c.bytes -= weight * len(gone.text)
	}
}
