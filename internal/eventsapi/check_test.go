package eventsapi

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	engine, err := appsyncjs.New(appsyncjs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Close)
	load := func(owner string, s *spec.Script) (*Module, spec.Problems) {
		m, problems := engine.Load(appsyncjs.Source{Script: s, Name: owner})
		if m == nil {
			return nil, spec.Problems{{At: s.At, Resource: owner, Message: problems.Error()}}
		}
		return &Module{Has: m.Has, Call: m.Call}, nil
	}
	const object = "export const onPublish = { request: () => ({}), response: () => [] }"
	source := spec.EventHandler{DataSource: "none"}
	tests := []struct {
		name, code string
		publish    spec.EventHandler
		want       string // in the problem; empty: none
	}{
		{"function", "export function onPublish(ctx) { return ctx.events }", spec.EventHandler{}, ""},
		{"function with a data source that it does not ask", "export function onPublish(ctx) { return ctx.events }", source, ""},
		{"object", object, source, ""},
		{"object without a data source", object, spec.EventHandler{}, "HandlerConfigs names none"},
		{"half an object", "export const onPublish = { request: () => ({}) }", source, "not onPublish.response"},
		{"misspelt", "export function onpublish(ctx) { return ctx.events }", spec.EventHandler{}, "neither onPublish nor onSubscribe"},
		{"the other one", "export function onSubscribe() {}", source, "does not export onPublish, for which HandlerConfigs has a data source"},
		{"direct", "", spec.EventHandler{Direct: true, DataSource: "none"}, ""},
		{"code that cannot be", "export function onPublish(ctx) {", spec.EventHandler{}, "Ns:1:33"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := spec.ChannelNamespace{LogicalID: "Ns", Name: "ns", OnPublish: tt.publish, At: spec.Source{File: "template.yaml", Line: 7}}
			if tt.code != "" {
				n.Code = &spec.Script{Text: tt.code, At: spec.Source{File: "template.yaml", Line: 9}}
			}
			problems := Check(&spec.EventsAPI{LogicalID: "Live", Namespaces: []spec.ChannelNamespace{n}, DataSources: []spec.DataSource{{Name: "none", Type: spec.SourceNone}}}, load)
			switch {
			case tt.want == "" && len(problems) > 0:
				t.Error(problems)
			case tt.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Message, tt.want) || problems[0].Resource != "Ns" || problems[0].At.Line == 0):
				t.Errorf("%v, want one with %q", problems, tt.want)
			}
		})
	}
	twice := []spec.ChannelNamespace{{LogicalID: "A", Name: "a"}, {LogicalID: "B", Name: "a"}}
	if problems := Check(&spec.EventsAPI{LogicalID: "Live", Namespaces: twice}, nil); len(problems) != 1 || problems[0].Resource != "B" {
		t.Errorf("a name twice: %v", problems)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}); err == nil {
		t.Error("New took nothing")
	}
	r := newRig(t)
	o := r.o
	o.Load = func(string, *spec.Script) (*Module, spec.Problems) { return nil, spec.Problems{{Message: "no"}} }
	o.API = &spec.EventsAPI{ID: "x", Namespaces: []spec.ChannelNamespace{{Name: "a", Code: &spec.Script{}}}}
	var problems spec.Problems
	if _, err := New(o); !errors.As(err, &problems) || len(problems) != 1 {
		t.Errorf("New with a bad script: %v", err)
	}
	_ = r.bus.Close()
	if _, err := New(r.o); err == nil {
		t.Error("New on a closed bus")
	}
}
