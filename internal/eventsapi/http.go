package eventsapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/tidewire/tidewire/internal/appsynchttp"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
)

// Request is what the server around the API knows of an HTTP request.
type Request = appsynchttp.Request

// Publish answers a request for /event: POST, and OPTIONS as a preflight
// (AppSync Events developer guide, "Publish events via HTTP"). Whether the
// request's origin may be answered at all has been decided before.
func (a *API) Publish(w http.ResponseWriter, r *http.Request, in Request) {
	q := &request{Exchange: appsynchttp.Begin(w, r, in), api: a, cfg: a.config.Load()}
	if q.Preflight() {
		return
	}
	if !a.work.Enter() {
		q.refuse(shuttingDown.Because("the API is shutting down"))
		return
	}
	defer a.work.Leave()
	ctx, cancel := context.WithTimeout(r.Context(), a.o.Limits.Time)
	defer cancel()
	defer context.AfterFunc(a.ctx, cancel)()
	result, f := q.publish(ctx, r.Method)
	if f != nil {
		q.refuse(f)
		return
	}
	q.Write(result.append(nil))
}

// request is one HTTP request at work.
type request struct {
	*appsynchttp.Exchange
	api *API
	cfg *config
}

// refuse answers an error and logs why.
func (q *request) refuse(f *fault.Error) {
	q.Refuse(f, q.api.o.Log, "publish refused", q.cfg.api.LogicalID)
}

// publish admits the caller, then reads and publishes what was sent. Who is not
// admitted does not hear what is wrong with the body.
func (q *request) publish(ctx context.Context, method string) (*receipt, *fault.Error) {
	if method != http.MethodPost {
		return nil, notPost.Because("method %.20q", method)
	}
	body, f := q.body()
	if f != nil {
		return nil, f
	}
	c, events, wrong := q.api.parseBody(body)
	credential := q.Credential(body)
	credential.Event, credential.Namespace, credential.Channel = identity.EventPublish, c.namespace(), c.path
	caller, f := q.api.o.Admit(ctx, credential)
	switch ns := q.cfg.namespaces[c.namespace()]; {
	case f != nil:
		return nil, f
	case len(c.segments) == 0:
		return nil, wrong
	case ns == nil:
		return nil, noNamespace.Because("there is no namespace %q", c.namespace())
	default:
		o := &operation{api: q.api, ns: ns, kind: identity.EventPublish, channel: c, events: events, caller: caller, id: q.ID}
		if f := o.authorize(); f != nil {
			return nil, f
		}
		if wrong != nil {
			return nil, wrong
		}
		if !ns.publish.none() {
			o.headers = q.RequestHeaders()
			o.domain = q.Domain()
		}
		return o.publish(ctx)
	}
}

// body reads the whole body.
func (q *request) body() ([]byte, *fault.Error) {
	body, err := q.Body(q.api.o.Limits.Body)
	switch {
	case errors.Is(err, appsynchttp.ErrTooLarge):
		return nil, bodyTooLarge.Because("%w", err)
	case err != nil:
		return nil, bad("The request body could not be read.").Because("%w", err)
	}
	return body, nil
}
