package websocketapi

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestUpdateKeepsSockets(t *testing.T) {
	t.Parallel()
	r, c, id := connected(t, testSpec("$connect", "old!"))
	next := testSpec("$connect", "new!")
	if err := r.api.Update(next, &next.WebSocketAPIs[0]); err != nil {
		t.Fatal(err)
	}
	r.set("new", answers(`{"statusCode":200,"body":"new"}`))
	r.write(c, `{"action":"old"}`)
	if got := r.read(c); !strings.Contains(got, "Forbidden") {
		t.Error(got)
	}
	r.write(c, `{"action":"new"}`)
	if got := r.read(c); got != "new" {
		t.Error(got)
	}
	if res := r.manage(http.MethodGet, "/prod", id, ""); res.StatusCode != 200 {
		t.Error(res.Status)
	}
}

func TestUpdateThatFails(t *testing.T) {
	t.Parallel()
	r, c, _ := connected(t, testSpec("$connect", "send!"))
	r.set("send", answers(`{"statusCode":200,"body":"still"}`))
	bad := testSpec("$connect")
	bad.WebSocketAPIs[0].RouteSelectionExpression = "$nonsense"
	if err := r.api.Update(bad, &bad.WebSocketAPIs[0]); err == nil {
		t.Fatal("accepted")
	}
	if err := r.api.Update(nil, nil); err == nil {
		t.Fatal("accepted")
	}
	r.write(c, `{"action":"send"}`)
	if got := r.read(c); got != "still" {
		t.Error(got)
	}
}

func TestUpdateTakesStageAway(t *testing.T) {
	t.Parallel()
	r, c, id := connected(t, testSpec("$connect", "$disconnect"))
	next := testSpec("$connect", "$disconnect")
	next.WebSocketAPIs[0].Stages[0].Name = "other"
	if err := r.api.Update(next, &next.WebSocketAPIs[0]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != 1001 {
		t.Error(err)
	}
	if rc := requestContext(t, r.await("disconnect")); rc["stage"] != "prod" || rc["connectionId"] != id {
		t.Error(rc)
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	const live = "arn:aws:lambda:us-east-1:123456789012:function:connect:live"
	for _, tt := range []struct {
		name, function, broken string
		change                 func(o *Options)
	}{
		{name: "plain", function: "connect"},
		{name: "alias", function: "connect", change: func(o *Options) { o.API.Integrations[0].FunctionARN = live }},
		{name: "stage variable", function: "connect", change: func(o *Options) {
			o.API.Integrations[0].FunctionARN = "arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}:${stageVariables.alias}"
			o.API.Stages[0].Variables = map[string]string{"fn": "connect", "alias": "live"}
		}},
		{name: "no such variable", broken: "${stageVariables.fn}", change: func(o *Options) {
			o.API.Integrations[0].FunctionARN = "arn:aws:lambda:us-east-1:123456789012:function:${stageVariables.fn}"
		}},
		{name: "permissions ignored", function: "connect", change: func(o *Options) { o.Spec.Permissions, o.NoLambdaPermissions = nil, true }},
		{name: "elsewhere", function: "away", change: func(o *Options) {
			o.Spec.Functions = nil
			o.Remote = func(arn string) (string, bool) { return "away", strings.HasSuffix(arn, ":connect") }
		}},
		{name: "nowhere", broken: "not in the template", change: func(o *Options) {
			o.Spec.Functions = nil
			o.Remote = func(string) (string, bool) { return "", false }
		}},
		{name: "mock", broken: "MOCK", change: func(o *Options) { o.API.Integrations[0].Type = "MOCK" }},
		{name: "role", function: "connect", change: withRole(t, "apigateway.amazonaws.com", "arn:aws:lambda:*:*:function:connect")},
		{name: "role and alias", broken: "may not lambda:InvokeFunction", change: func(o *Options) {
			withRole(t, "apigateway.amazonaws.com", "arn:aws:lambda:*:*:function:connect")(o)
			o.API.Integrations[0].FunctionARN = live
		}},
		{name: "role for another", broken: "may not lambda:InvokeFunction", change: withRole(t, "apigateway.amazonaws.com", "arn:aws:lambda:*:*:function:other")},
		{name: "role not trusted", broken: "may not assume", change: withRole(t, "lambda.amazonaws.com", "*")},
		{name: "role unknown", broken: "not a role of the template", change: func(o *Options) { o.API.Integrations[0].CredentialsARN = "arn:aws:iam::*:user/*" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := testSpec("$connect")
			r := newRig(t, s, func(o *Options) {
				if tt.change != nil {
					tt.change(o)
				}
			})
			got := r.api.config.Load().stages["prod"].connect.target
			if tt.broken == "" && (got.broken != nil || got.function != tt.function) {
				t.Errorf("%q %v", got.function, got.broken)
			}
			if tt.broken != "" && (got.broken == nil || !strings.Contains(got.broken.Error(), tt.broken)) {
				t.Errorf("%q %v", got.function, got.broken)
			}
		})
	}
}

func TestStageVariablesInEvent(t *testing.T) {
	t.Parallel()
	s := testSpec("$connect", "send")
	s.WebSocketAPIs[0].Stages[0].Variables = map[string]string{"b": "2", "a": "1"}
	r, c, _ := connected(t, s)
	r.write(c, `{"action":"send"}`)
	for _, event := range []string{r.seen("connect")[0], r.await("send")} {
		if !strings.Contains(event, `"stageVariables":{"a":"1","b":"2"},"requestContext"`) {
			t.Error(event)
		}
	}
}
