package gateway_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
)

// TestCloseTellsWhatWasCounted: whoever runs a gateway learns what was refused and
// dropped, and why.
func TestCloseTellsWhatWasCounted(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(counted), 0o600); err != nil {
		t.Fatal(err)
	}
	log := &safeBuffer{}
	g := gatewaytest.New(t, file, &gatewaytest.Options{
		Gateway: gateway.Options{Log: slog.New(slog.NewTextHandler(log, nil)), NoLambdaPermissions: true},
		Functions: map[string]gatewaytest.Function{"Fn": gatewaytest.Handler(func(context.Context, map[string]any) (any, error) {
			return map[string]any{"statusCode": 200}, nil
		})},
	})
	c := g.Events(t, nil, nil)
	for _, channel := range []string{"a/b", "a/*"} {
		if _, err := c.Subscribe(t.Context(), channel); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Publish(t.Context(), "a/b", json.RawMessage(`1`), json.RawMessage(`2`)); err != nil {
		t.Fatal(err)
	}
	g.Dial(t, nil)
	g.Dial(t, nil)
	if err := g.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`msg=served api=\w+ counts="accepted 1, published 2, received 2, delivered 4"`,
		`msg=served api=\w+ counts="accepted 2, disconnected 2"`,
		`msg="connections ended" counts="closed by server 3`,
	} {
		if !regexp.MustCompile(want).MatchString(log.String()) {
			t.Errorf("no %s in\n%s", want, log)
		}
	}
}

const counted = `
Resources:
  Socket:
    Type: AWS::ApiGatewayV2::Api
    Properties: { Name: socket, ProtocolType: WEBSOCKET, RouteSelectionExpression: $request.body.action }
  Route:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Socket, RouteKey: $default, Target: !Sub "integrations/${Integration}" }
  Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Socket, IntegrationType: AWS_PROXY, IntegrationUri: !Sub "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Fn.Arn}/invocations" }
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: { ApiId: !Ref Socket, StageName: dev, AutoDeploy: true }
` + liveAPI + `  Space:
    Type: AWS::AppSync::ChannelNamespace
    Properties: { ApiId: !GetAtt Live.ApiId, Name: a }
  Fn:
    Type: AWS::Lambda::Function
    Properties: { Runtime: python3.12, Handler: index.handler, Role: "arn:aws:iam::123456789012:role/fn", Code: { ZipFile: "def handler(event, context): return event" } }
`
