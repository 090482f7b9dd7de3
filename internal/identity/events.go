package identity

import (
	"slices"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// modesAPI is what modes need to know of an API, of GraphQL or of events.
type modesAPI struct {
	id, arn, logicalID string
	auth               []spec.AuthProvider
	keys               []spec.GraphQLKey
	events             *spec.EventsAPI // nil: GraphQL
}

func (o *ModesOptions) api() modesAPI {
	switch g, e := o.API, o.Events; {
	case g != nil && e == nil:
		return modesAPI{id: g.ID, arn: g.ARN, logicalID: g.LogicalID, auth: g.Auth, keys: g.Keys}
	case e != nil && g == nil:
		return modesAPI{id: e.ID, arn: e.ARN, logicalID: e.LogicalID, auth: e.Auth, keys: e.Keys, events: e}
	}
	return modesAPI{}
}

// provider finds the first authorization mode of a kind; nil if there is none.
func (a *modesAPI) provider(mode string) *spec.AuthProvider {
	for i := range a.auth {
		if a.auth[i].Mode == mode {
			return &a.auth[i]
		}
	}
	return nil
}

// EventOperation is what somebody does with an Event API. The zero value is
// nothing, and nobody may do it.
type EventOperation uint8

// The operations, each authorized by itself (AppSync Events developer guide,
// "Configuring authorization and authentication to secure Event APIs").
const (
	EventConnect EventOperation = iota + 1
	EventPublish
	EventSubscribe
)

// action is the operation in policies.
func (op EventOperation) action() string {
	switch op {
	case EventConnect:
		return "appsync:EventConnect"
	case EventPublish:
		return "appsync:EventPublish"
	case EventSubscribe:
		return "appsync:EventSubscribe"
	}
	return "appsync:"
}

// lambda is the operation as a Lambda authorizer hears of it.
func (op EventOperation) lambda() string {
	switch op {
	case EventConnect:
		return "EVENT_CONNECT"
	case EventPublish:
		return "EVENT_PUBLISH"
	case EventSubscribe:
		return "EVENT_SUBSCRIBE"
	}
	return ""
}

// eventRequest is requestContext for the Lambda authorizer of an Event API.
// The service leaves the last two out when somebody connects.
type eventRequest struct {
	APIID     string `json:"apiId"`
	AccountID string `json:"accountId"`
	RequestID string `json:"requestId"`
	Operation string `json:"operation"`
	Namespace string `json:"channelNamespaceName,omitempty"`
	Channel   string `json:"channel,omitempty"`
}

// cacheKey is what a Lambda authorizer's answer is remembered under. The
// function of an Event API is told what is done with which channel: its answer
// is for that alone.
func (r *Request) cacheKey(token string) string {
	if r.Event == 0 {
		return token
	}
	return r.Event.lambda() + "\x00" + r.Channel + "\x00" + token
}

// AuthorizeEvents decides whether a caller of an Event API may connect to it
// (namespace is empty), or publish or subscribe in a namespace: the caller's
// mode must be one of the operation's, and the policies of an IAM caller must
// allow the action on the API's or the namespace's ARN. Nil is yes.
func (m *Modes) AuthorizeEvents(c *Caller, op EventOperation, namespace string) *fault.Error {
	modes, resource := m.api.operation(op, namespace)
	switch {
	case resource == "":
		return notAuthorized.Because("%s has no such operation or namespace: %s, %.100q", m.api.logicalID, op.action(), namespace)
	case !slices.Contains(modes, c.Mode):
		return notAuthorized.Because("the credential is one of %s, and %s of %s %.100q takes %q", c.Mode, op.action(), m.api.logicalID, namespace, modes)
	case c.Mode != spec.ModeIAM:
		return nil
	}
	call := c.call
	call.Action, call.Resource = op.action(), resource
	if f := m.o.IAM.Authorize(c.IAM, call); f != nil {
		refused := notAuthorized
		refused.Cause = f.Cause
		return &refused
	}
	return nil
}

// operation gives the modes of an operation and what policies call its object;
// no resource: there is no such thing.
func (a *modesAPI) operation(op EventOperation, namespace string) (modes []string, resource string) {
	if a.events == nil {
		return nil, ""
	}
	if op == EventConnect {
		return a.events.Connect, a.arn
	}
	n := a.events.Namespace(namespace)
	switch {
	case n == nil:
		return nil, ""
	case op == EventPublish && n.Publish != nil:
		return n.Publish, n.ARN
	case op == EventPublish:
		return a.events.Publish, n.ARN
	case op == EventSubscribe && n.Subscribe != nil:
		return n.Subscribe, n.ARN
	case op == EventSubscribe:
		return a.events.Subscribe, n.ARN
	}
	return nil, ""
}
