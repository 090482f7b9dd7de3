package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

// appDraft is an AppSync API of either kind whose parts are still being put
// together; one of graph and events is set.
type appDraft struct {
	r       *resource
	id, arn string
	graph   *graphDraft
	events  *eventDraft

	// What both kinds have, in the API that is put together.
	keys    *[]spec.GraphQLKey
	sources *[]spec.DataSource
	domains *[]string
}

func (d *appDraft) source(name string) *spec.DataSource {
	for i := range *d.sources {
		if (*d.sources)[i].Name == name {
			return &(*d.sources)[i]
		}
	}
	return nil
}

func (d *appDraft) sourceNames() []string {
	var names []string
	for i := range *d.sources {
		names = append(names, (*d.sources)[i].Name)
	}
	return names
}

// appPart makes the reader of something that belongs to an AppSync API: it is
// read when the APIs are known, and not run if its API is none of them.
func appPart(phase int, read func(*loader, *resource, *props, *appDraft)) func(*loader, *resource, *props) {
	return func(l *loader, r *resource, p *props) {
		id := p.need("ApiId", "ApiId: !GetAtt MyApi.ApiId")
		l.later(phase, r, func() {
			for _, d := range l.apps {
				switch id {
				case d.id:
					read(l, r, p, d)
					return
				case d.arn:
					p.problem("ApiId", "this is the ARN of the API "+d.r.id+", not its id", "ApiId: !GetAtt "+d.r.id+".ApiId")
					return
				}
			}
			if id != "" {
				l.notRun(r.id, r.typ, "its API is no AppSync API of this template", r.node)
			}
		})
	}
}

// eitherPart is read the same for both kinds of APIs.
func eitherPart(phase int, read func(*loader, *resource, *props, *appDraft)) func(*loader, *resource, *props) {
	return appPart(phase, func(l *loader, r *resource, p *props, d *appDraft) {
		read(l, r, p, d)
		p.finish()
	})
}

// graphPart belongs to a GraphQL API.
func graphPart(phase int, read func(*loader, *resource, *props, *graphDraft)) func(*loader, *resource, *props) {
	return appPart(phase, func(l *loader, r *resource, p *props, d *appDraft) {
		if d.graph == nil {
			p.problem("ApiId", "the API "+d.r.id+" is an Event API: it has no "+r.typ, "ApiId: !GetAtt MyGraphQLApi.ApiId")
			return
		}
		read(l, r, p, d.graph)
		p.finish()
	})
}

// eventPart belongs to an Event API.
func eventPart(phase int, read func(*loader, *resource, *props, *eventDraft)) func(*loader, *resource, *props) {
	return appPart(phase, func(l *loader, r *resource, p *props, d *appDraft) {
		if d.events == nil {
			p.problem("ApiId", "the API "+d.r.id+" is a GraphQL API: it has no "+r.typ, "ApiId: !GetAtt MyEventApi.ApiId")
			return
		}
		read(l, r, p, d.events)
		p.finish()
	})
}

// remarkKeys says which keys are without use, and where one is missing.
func (l *loader) remarkKeys(d *appDraft, auth []spec.AuthProvider) {
	mode := false
	for i := range auth {
		mode = mode || auth[i].Mode == spec.ModeAPIKey
	}
	switch {
	case mode && len(*d.keys) == 0:
		l.note(d.r.node, "the API "+d.r.id+" admits API keys and has none: add an AWS::AppSync::ApiKey")
	case !mode && len(*d.keys) > 0:
		l.note(d.r.node, "API_KEY is no authorization mode of the API "+d.r.id+": its keys admit nobody")
	}
}

// readFirewall is a guard if it stands before an API of this template.
func readFirewall(l *loader, r *resource, p *props) {
	arn := p.str("ResourceArn")
	l.later(phaseLinks, r, func() {
		for _, d := range l.apps {
			if d.arn == arn {
				l.gap(spec.Guard, r.node, "a web ACL before the API "+d.r.id+" is not enforced here", "leave the association out of a local run, by a Condition for example")
				return
			}
		}
		l.notRun(r.id, r.typ, "", r.node)
	})
}

func (l *loader) appHost(id, kind string) string {
	return id + "." + kind + "." + l.o.Region + "." + l.spec.URLSuffix()
}
