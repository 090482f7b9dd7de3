package graphqlapi

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// TestViews: subscribers who may see different fields get different payloads,
// others share one.
func TestViews(t *testing.T) {
	t.Parallel()
	s := chatRig(t, func(_ *rig, o *Options) {
		o.Admit = func(_ context.Context, q *identity.Request) (*identity.Caller, *fault.Error) {
			mode := spec.ModeAPIKey
			if q.Header.Get("X-Api-Key") == "iam" {
				mode = spec.ModeIAM
			}
			return &identity.Caller{Mode: mode}, nil
		}
	}, func(r *rig, _ *Options) { r.spec.Auth = append(r.spec.Auth, spec.AuthProvider{Mode: spec.ModeIAM}) })
	defer s.close()
	c := s.open()
	const iam = `{"host":"h","x-api-key":"iam"}`
	query := `subscription { forBoth { id secret } }`
	c.startAs(keyObject, "key", query)
	c.want(`{"type":"start_ack","id":"key"}`)
	for _, id := range []string{"iam1", "iam2"} {
		c.startAs(iam, id, `subscription { forBoth { secret } }`)
		c.want(`{"type":"start_ack","id":"` + id + `"}`)
	}
	c.startAs(iam, "all", query)
	c.want(`{"type":"start_ack","id":"all"}`)
	byKey, again, byIAM := s.view(t, query, keyObject), s.view(t, query, keyObject), s.view(t, query, iam)
	if byKey != again || byKey == byIAM {
		t.Errorf("views %+v and %+v of one caller, %+v of another", byKey, again, byIAM)
	}
	want := `{"data":{"forBoth":{"id":"1","secret":null}},"errors":[{"path":["forBoth","secret"],"data":null,"errorType":"Unauthorized","errorInfo":null,"locations":[{"line":1,"column":29,"sourceName":null}],"message":"Not Authorized to access secret on type Message"}]}`
	if got := string(s.api.realtime.render(s.view(t, query, keyObject), json.RawMessage(`{"id":"1","secret":"s"}`))); got != want {
		t.Errorf("the key's view is %s", got)
	}
	if got := string(s.api.realtime.render(s.view(t, `subscription { forBoth { secret } }`, iam), json.RawMessage(`{"id":"1","secret":"s"}`))); got != `{"data":{"forBoth":{"secret":"s"}}}` {
		t.Errorf("IAM's view is %s", got)
	}
	c.leave()
}

// view is what the sender of an object sees of a subscription.
func (s *sockets) view(t *testing.T, query, object string) view {
	t.Helper()
	o, f := s.api.Prepare(query, "")
	if f != nil {
		t.Fatal(f)
	}
	caller := &identity.Caller{Mode: spec.ModeAPIKey}
	if strings.Contains(object, "iam") {
		caller.Mode = spec.ModeIAM
	}
	x := &execution{api: s.api, op: o, run: &Run{Caller: caller}, ctx: t.Context()}
	v, err := x.view(o.plan(nil).root.fields[0])
	if err != nil {
		t.Fatal(err)
	}
	return v
}
