package graphqlapi

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// TestInvalidationWhileStarting: a subscription that is invalidated as it becomes
// active is acknowledged first, and counted as both.
func TestInvalidationWhileStarting(t *testing.T) {
	t.Parallel()
	room := script{"request": says("null")["request"], "response": func(context.Context, *Call) *Outcome {
		return &Outcome{InvalidationFilter: json.RawMessage(`{"filterGroup":[{"filters":[{"fieldName":"room","operator":"eq","value":"a"}]}]}`)}
	}}
	s := newSockets(t, chat, unit("Subscription.filtered", room))
	defer s.close()
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				if err := s.api.realtime.endings.Publish(t.Context(), "filtered", json.RawMessage(`{"room":"a"}`)); err != nil {
					t.Error(err)
				}
				runtime.Gosched() // or the client waits long for its turn
			}
		}
	})
	c := s.open()
	const starts = 4000
	for n := range starts {
		id := fmt.Sprint(n)
		c.start(id, `subscription { filtered { id } }`)
		if got := c.read(); got != `{"type":"start_ack","id":"`+id+`"}` {
			t.Errorf("the answer to start %d is %s", n, got)
			break
		}
		c.want(`{"type":"complete","id":"` + id + `"}`)
	}
	close(done)
	all.Wait()
	if begun, ended := s.api.Count(Started), s.api.Count(Invalidated); begun != ended || s.api.Subscriptions() != 0 || s.api.realtime.endings.Len() != 0 {
		t.Errorf("%d started, %d invalidated, %d left", begun, ended, s.api.Subscriptions())
	}
	c.leave()
}
