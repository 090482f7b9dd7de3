package graphqlapi

import "sync"

// heldPlans are the plans of active subscriptions, which last as long as those do,
// other than the documents in the cache. Subscriptions with the same text share
// one: only a text of its own takes room. Safe for concurrent use.
type heldPlans struct {
	most int // bytes, by the estimate of weight; immutable

	// guarded by mu
	mu    sync.Mutex
	uses  map[*plan]int
	bytes int
}

// take counts a subscription. False: it is one too many, for which release must
// not be called.
func (h *heldPlans) take(p *plan) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.uses[p] == 0 {
		if h.bytes+p.op.size > h.most {
			return false
		}
		h.bytes += p.op.size
	}
	h.uses[p]++
	return true
}

func (h *heldPlans) release(p *plan) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.uses[p]--; h.uses[p] == 0 {
		delete(h.uses, p)
		h.bytes -= p.op.size
	}
}
