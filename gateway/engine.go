package gateway

import (
	"sync"

	"github.com/tidewire/tidewire/internal/appsyncjs"
)

// engine runs the code of resolvers and handlers. It is made when a template
// first has an API of AppSync: others start without it, sooner and smaller.
// Safe for concurrent use.
type engine struct {
	o appsyncjs.Options

	mu   sync.Mutex
	made *appsyncjs.Engine // nil until it is needed
}

func (e *engine) get() (*appsyncjs.Engine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.made != nil {
		return e.made, nil
	}
	var err error
	e.made, err = appsyncjs.New(e.o)
	return e.made, err
}

// close ends all code, and says how many calls could not be ended and were
// left behind.
func (e *engine) close() (stuck int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.made == nil {
		return 0
	}
	e.made.Close()
	return e.made.Stuck()
}
