package gatewaytest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/gatewaytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const shout = `
Resources:
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: shout, ProtocolType: WEBSOCKET, RouteSelectionExpression: $default}
  Default:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default, Target: !Sub "integrations/${In}", RouteResponseSelectionExpression: $default}
  Response:
    Type: AWS::ApiGatewayV2::RouteResponse
    Properties: {ApiId: !Ref Api, RouteId: !Ref Default, RouteResponseKey: $default}
  In:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Shout.Arn}/invocations
  Stage:
    Type: AWS::ApiGatewayV2::Stage
    Properties: {ApiId: !Ref Api, StageName: dev}
  Shout:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::123456789012:role/elsewhere
      Code: {ZipFile: "def handler(event, context): return {'statusCode': 200}"}
  May:
    Type: AWS::Lambda::Permission
    Properties: {Action: lambda:InvokeFunction, FunctionName: !Ref Shout, Principal: apigateway.amazonaws.com}
`

type message struct {
	Body string `json:"body"`
}

type reply struct {
	StatusCode int    `json:"statusCode"`
	Body       string `json:"body"`
}

func TestAFunctionIsReplacedByGo(t *testing.T) {
	t.Parallel()
	for name, inMemory := range map[string]bool{"loopback": false, "in memory": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "template.yaml")
			if err := os.WriteFile(file, []byte(shout), 0o600); err != nil {
				t.Fatal(err)
			}
			g := gatewaytest.New(t, file, &gatewaytest.Options{InMemory: inMemory, Functions: map[string]gatewaytest.Function{
				"Shout": gatewaytest.Handler(func(_ context.Context, m message) (reply, error) { return reply{200, m.Body + "!"}, nil }),
			}})
			c := g.Dial(t, &apigateway.DialOptions{Auth: apigateway.None})
			if err := c.Send(t.Context(), []byte("hello")); err != nil {
				t.Fatal(err)
			}
			m, err := c.Receive(t.Context())
			if err != nil || string(m.Data) != "hello!" {
				t.Errorf("%q %v", m.Data, err)
			}
		})
	}
}
