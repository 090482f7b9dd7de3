package gateway

import (
	"context"
	"time"
)

// codeTime is how long code that is interrupted may take to be given up.
const codeTime = 1500 * time.Millisecond

// leaveTime ends sooner than ctx, so that there is time for code to end in.
func leaveTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-min(codeTime, max(time.Until(deadline), 0)/2)))
}

// closeEngine ends all code, or leaves it behind.
func (g *Gateway) closeEngine() {
	if n := g.engine.close(); n > 0 {
		g.o.Log.Warn("code of resolvers or handlers could not be ended and was left behind", "calls", n)
	}
}
