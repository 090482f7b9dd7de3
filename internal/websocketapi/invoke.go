package websocketapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/tidewire/tidewire/internal/fault"
)

// Invoke runs a function, named by spec.Function.Name, with an event and
// gives its answer. The error is a *fault.FunctionError if the function threw,
// crashed or ran into its own timeout, and anything else if it could not be
// run. Invoke must return soon after ctx is done; it may keep payload. It is
// called from many goroutines.
type Invoke func(ctx context.Context, function string, payload []byte) ([]byte, error)

// A failure is an invocation without a usable answer.
type failure struct {
	status int // what a handshake is answered
	public string
	err    error // why, for the log
}

const (
	internalServerError = "Internal server error"
	endpointTimedOut    = "Endpoint request timed out"
)

// invoke runs a route's function and checks its answer strictly.
func (a *API) invoke(t *target, payload []byte) (proxyResponse, *failure) {
	if t.broken != nil {
		return proxyResponse{}, configurationError(t.broken)
	}
	ctx, cancel := context.WithTimeout(a.ctx, t.timeout)
	defer cancel()
	answer, err := a.o.Invoke(ctx, t.function, payload)
	if err != nil {
		return proxyResponse{}, a.failed(ctx, t, err)
	}
	p, err := parseProxy(answer)
	if err != nil {
		return proxyResponse{}, &failure{http.StatusBadGateway, internalServerError, err}
	}
	return p, nil
}

// configurationError is AWS's answer to an integration that cannot run.
func configurationError(err error) *failure {
	return &failure{http.StatusInternalServerError, internalServerError, fmt.Errorf("configuration error: %w", err)}
}

// failed sorts what Invoke returned.
func (a *API) failed(ctx context.Context, t *target, err error) *failure {
	var threw *fault.FunctionError
	switch {
	case errors.As(err, &threw):
		return &failure{http.StatusBadGateway, internalServerError, err}
	case a.ctx.Err() != nil:
		return &failure{http.StatusInternalServerError, internalServerError, fmt.Errorf("the gateway closed while the function ran: %w", err)}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &failure{http.StatusGatewayTimeout, endpointTimedOut, fmt.Errorf("the function did not answer within the integration's timeout of %s: %w", t.timeout, err)}
	default:
		return &failure{http.StatusInternalServerError, internalServerError, err}
	}
}
