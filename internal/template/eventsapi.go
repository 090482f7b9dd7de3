package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

// eventDraft is an Event API whose parts are still being put together.
type eventDraft struct {
	*appDraft
	api *spec.EventsAPI
	// modes are the AuthTypes of its providers, those that are not known here
	// included.
	modes []string
}

// eventsID is shaped like AppSync's API ids.
func eventsID(l *loader, r *resource) string { return l.derive("events:"+r.id, lowerAlnum, 26) }

func eventsARN(l *loader, r *resource) string { return l.arn("appsync", "apis/"+eventsID(l, r)) }

func eventsAttributes(l *loader, r *resource) []attribute {
	id := eventsID(l, r)
	return []attribute{
		text(r, "ApiId", func() string { return id }),
		text(r, "ApiArn", func() string { return eventsARN(l, r) }),
		text(r, "Dns.Http", func() string { return l.appHost(id, "appsync-api") }),
		text(r, "Dns.Realtime", func() string { return l.appHost(id, "appsync-realtime-api") }),
	}
}

// readEventsAPI reads the API itself (CloudFormation template reference,
// "AWS::AppSync::Api"); its parts are resources of their own.
func readEventsAPI(l *loader, r *resource, p *props) {
	d := &eventDraft{api: &spec.EventsAPI{
		LogicalID: r.id, ID: eventsID(l, r), ARN: eventsARN(l, r), Name: orDefault(p.need("Name", "Name: my-api"), r.id), At: l.source(r.node),
	}}
	d.appDraft = &appDraft{r: r, id: d.api.ID, arn: d.api.ARN, events: d, keys: &d.api.Keys, sources: &d.api.DataSources, domains: &d.api.Domains}
	l.apps = append(l.apps, d.appDraft)
	if !nameOf(d.api.Name, "_- ") || len(d.api.Name) > 50 {
		p.problem("Name", "the name of an Event API is 1 to 50 letters, digits, spaces, _ and -", "Name: my-api")
	}
	if m := p.inside("EventConfig"); m != nil {
		l.eventConfig(m, d)
		m.finish()
	} else if !p.has("EventConfig") {
		p.problem("EventConfig", "an Event API requires EventConfig: whom it admits is not known", "EventConfig: {AuthProviders, ConnectionAuthModes, DefaultPublishAuthModes, DefaultSubscribeAuthModes}")
	}
	p.quiet("OwnerContact", "Tags")
	p.finish()
	l.later(phaseLinks, r, func() {
		l.remarkKeys(d.appDraft, d.api.Auth)
		if len(d.api.Namespaces) == 0 {
			l.note(r.node, "the API "+r.id+" has no channel namespace: nothing can be published or subscribed to")
		}
	})
}

func (l *loader) eventConfig(m *props, d *eventDraft) {
	d.api.Auth = l.providerList(m, "AuthProviders", eventAuthNames())
	for _, v := range m.list("AuthProviders") {
		if mode := v.get("AuthType"); mode != nil {
			d.modes = append(d.modes, mode.text)
		}
	}
	if v := m.get("AuthProviders"); !m.has("AuthProviders") || v != nil && len(v.each()) == 0 {
		m.problem("AuthProviders", "an Event API requires AuthProviders", "AuthProviders: [{AuthType: AWS_IAM}]")
	}
	d.api.Connect = l.requiredModes(m, "ConnectionAuthModes", d)
	d.api.Publish = l.requiredModes(m, "DefaultPublishAuthModes", d)
	d.api.Subscribe = l.requiredModes(m, "DefaultSubscribeAuthModes", d)
	d.api.LogLevel, _ = l.logConfig(m, "LogLevel")
}

func (l *loader) requiredModes(m *props, name string, d *eventDraft) []string {
	if v := m.get(name); !m.has(name) || v != nil && len(v.each()) == 0 {
		m.problem(name, "an Event API requires "+name, name+": [{AuthType: AWS_IAM}]")
		return nil
	}
	return l.authModes(m, name, d)
}

// authModes reads a list of AuthTypes that are modes of the API. One that is
// not known stays in the list, and is a guard: nobody can be admitted by it.
func (l *loader) authModes(m *props, name string, d *eventDraft) []string {
	var out []string
	for _, v := range m.list(name) {
		if v.kind != kindMap {
			if v.kind != kindBad {
				l.problem(v, "an authorization mode is a map, this is "+v.kindName(), "AuthType: AWS_IAM")
			}
			continue
		}
		item := m.member(v)
		mode := item.need("AuthType", "AuthType: AWS_IAM")
		item.finish()
		if mode == "" {
			continue
		}
		if contains(out, mode) {
			item.problem("AuthType", name+" has the mode "+quoteShort(mode)+" twice", "remove one of them")
			continue
		}
		out = append(out, mode)
		l.checkMode(item, mode, d)
	}
	return out
}

func (l *loader) checkMode(item *props, mode string, d *eventDraft) {
	switch mode {
	case spec.ModeAPIKey, spec.ModeIAM, spec.ModeOIDC, spec.ModeCognito, spec.ModeLambda:
		if !contains(d.modes, mode) {
			item.problem("AuthType", "the API "+d.r.id+" has no authorization provider of the type "+mode, "add it to AuthProviders")
		}
	default:
		l.unknownMode(item.spot("AuthType"), "AuthType", mode)
	}
}
