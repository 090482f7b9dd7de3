package gateway_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
)

// authorized is an API with a Lambda authorizer that AppSync may invoke.
const authorized = `
Resources:
  Live:
    Type: AWS::AppSync::Api
    Properties:
      Name: live
      EventConfig:
        AuthProviders: [{ AuthType: AWS_LAMBDA, LambdaAuthorizerConfig: { AuthorizerUri: !GetAtt Who.Arn } }]
        ConnectionAuthModes: [{ AuthType: AWS_LAMBDA }]
        DefaultPublishAuthModes: [{ AuthType: AWS_LAMBDA }]
        DefaultSubscribeAuthModes: [{ AuthType: AWS_LAMBDA }]
  Space:
    Type: AWS::AppSync::ChannelNamespace
    Properties: { ApiId: !GetAtt Live.ApiId, Name: a }
  Who:
    Type: AWS::Lambda::Function
    Properties: { Runtime: python3.12, Handler: index.handler, Role: "arn:aws:iam::123456789012:role/who", Code: { ZipFile: "def handler(event, context): return event" } }
  WhoPermission:
    Type: AWS::Lambda::Permission
    Properties: { Action: lambda:InvokeFunction, FunctionName: !Ref Who, Principal: appsync.amazonaws.com, SourceArn: !GetAtt Live.ApiArn }
`

func TestLambdaAuthorizersNeedAPermission(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, old, new string
		without        bool // permissions
		admits         bool
	}{
		{name: "this API", admits: true},
		{name: "any source", old: ", SourceArn: !GetAtt Live.ApiArn", admits: true},
		{name: "another API", old: "!GetAtt Live.ApiArn", new: "arn:aws:appsync:us-east-1:123456789012:apis/other"},
		{name: "another service", old: "appsync.amazonaws.com", new: "apigateway.amazonaws.com"},
		{name: "another action", old: "Action: lambda:InvokeFunction", new: "Action: lambda:GetFunction"},
		{name: "another service, not asked", old: "appsync.amazonaws.com", new: "apigateway.amazonaws.com", without: true, admits: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "template.yaml")
			text := authorized
			if tt.old != "" {
				text = strings.Replace(text, tt.old, tt.new, 1)
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			log := &safeBuffer{}
			asked := make(chan struct{}, 1)
			g := gatewaytest.New(t, file, &gatewaytest.Options{
				Gateway: gateway.Options{Log: slog.New(slog.NewTextHandler(log, nil)), NoLambdaPermissions: tt.without},
				Functions: map[string]gatewaytest.Function{"Who": gatewaytest.Handler(func(context.Context, map[string]any) (any, error) {
					asked <- struct{}{}
					return map[string]any{"isAuthorized": true}, nil
				})},
			})
			_, err := g.Events(t, appsync.Lambda("sesame"), nil).Publish(t.Context(), "a/b", []byte(`{}`))
			if (err == nil) != tt.admits || (len(asked) > 0) != tt.admits {
				t.Errorf("%v, asked %d times: %s", err, len(asked), log)
			}
			if said := strings.Contains(log.String(), "Principal: appsync.amazonaws.com"); said == tt.admits {
				t.Errorf("the log: %s", log)
			}
		})
	}
}
