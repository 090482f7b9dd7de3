package graphqlapi

import "sync"

// heldPlans are the plans of active subscriptions, which last as long as those do,
// other than the documents in the cache. Subscriptions with the same text share
// one: only a text of its own takes room, and what a subscription wants to be
// filtered by. Safe for concurrent use.
type heldPlans struct {
	most int // bytes, by the estimate of weight; immutable

	// guarded by mu
	mu    sync.Mutex
	uses  map[*plan]int
	bytes int
}

// take counts a subscription with so many bytes of its own. False: it is one too
// many, for which release must not be called.
func (h *heldPlans) take(p *plan, own int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.uses[p] == 0 {
		own += p.op.size
	}
	if h.bytes+own > h.most {
		return false
	}
	h.bytes += own
	h.uses[p]++
	return true
}

// release is told the same bytes as take.
func (h *heldPlans) release(p *plan, own int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.uses[p]--; h.uses[p] == 0 {
		delete(h.uses, p)
		own += p.op.size
	}
	h.bytes -= own
}
