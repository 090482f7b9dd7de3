package spec

import (
	"fmt"
	"strings"
)

func (v *validator) eventAPIs() {
	for i := range v.s.EventsAPIs {
		a := &v.s.EventsAPIs[i]
		path := fmt.Sprintf("EventsAPIs[%d]", i)
		app := appAPI{id: a.ID, logicalID: a.LogicalID, at: a.At, path: path, events: true}
		v.enter(a.At, a.LogicalID, "%s", path)
		v.appIdentity(a.ID, a.ARN)
		v.logLevel(a.LogLevel)
		v.appDomains(a.Domains)
		v.modes(a, "Connect", a.Connect)
		v.modes(a, "Publish", a.Publish)
		v.modes(a, "Subscribe", a.Subscribe)
		v.providers(&app, a.Auth)
		v.graphKeys(&app, a.Keys)
		v.dataSources(&app, a.DataSources)
		v.namespaces(a, path)
	}
}

// modes lets no operation pass without a mode, nor with one whose provider is
// missing.
func (v *validator) modes(a *EventsAPI, field string, modes []string) {
	v.check(len(modes) > 0 || v.guarded(), field, "the operation has no authorization mode, and no guard gap says so", "")
	for i, mode := range modes {
		v.check(a.Provider(mode) != nil || v.guarded(), field, fmt.Sprintf("the API %s has no provider of the mode %q, and no guard gap says so", a.LogicalID, mode), "")
		v.check(!oneOf(mode, modes[:i]...), field, fmt.Sprintf("the mode %q is there twice", mode), "remove one of them")
	}
}

func (v *validator) namespaces(a *EventsAPI, path string) {
	for i := range a.Namespaces {
		n := &a.Namespaces[i]
		v.enter(n.At, n.LogicalID, "%s.Namespaces[%d]", path, i)
		ends := strings.HasPrefix(n.Name, "-") || strings.HasSuffix(n.Name, "-")
		v.check(consists(n.Name, "-") && !ends && len(n.Name) <= 50, "Name", "a namespace's name is 1 to 50 letters, digits and -, neither first nor last a -", "")
		v.unique("namespace name", a.ID+"/"+n.Name, "Name")
		v.check(n.ARN != "", "ARN", "the namespace has no ARN", "arn:aws:appsync:REGION:ACCOUNT:apis/ID/channelNamespace/NAME")
		if n.Publish != nil {
			v.modes(a, "Publish", n.Publish)
		}
		if n.Subscribe != nil {
			v.modes(a, "Subscribe", n.Subscribe)
		}
		v.script(n.Code)
		v.handler(a, n, "OnPublish", n.OnPublish)
		v.handler(a, n, "OnSubscribe", n.OnSubscribe)
	}
}

func (v *validator) handler(a *EventsAPI, n *ChannelNamespace, field string, h EventHandler) {
	s := a.DataSource(h.DataSource)
	switch {
	case h.DataSource == "":
		v.check(!h.Direct, field, "a direct handler has a data source", "")
	case s == nil:
		v.add(field, fmt.Sprintf("the API %s has no data source %q", a.LogicalID, h.DataSource), "")
	case h.Direct:
		v.check(s.Type == SourceLambda || s.Unsupported != "", field, "only a Lambda function is a direct handler", "")
	default:
		v.check(n.Code != nil || n.Unsupported != "", field, "a handler that is not direct has code", "")
	}
	v.check(h.Direct || !h.Event, field, "only a direct handler is not waited for", "")
}
