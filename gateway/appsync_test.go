package gateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
)

// liveAPI are the resources of an Event API with an API key.
const liveAPI = `  Live:
    Type: AWS::AppSync::Api
    Properties:
      Name: live
      EventConfig:
        AuthProviders: [{ AuthType: API_KEY }]
        ConnectionAuthModes: [{ AuthType: API_KEY }]
        DefaultPublishAuthModes: [{ AuthType: API_KEY }]
        DefaultSubscribeAuthModes: [{ AuthType: API_KEY }]
  LiveKey:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Live.ApiId }
`

// handled is an Event API whose namespaces have each kind of data source behind
// their handlers.
const handled = `
Resources:
` + liveAPI + `  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: appsync.amazonaws.com }, Action: "sts:AssumeRole" }] }
      Policies: [{ PolicyName: data, PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: Allow, Action: ["dynamodb:PutItem", "lambda:InvokeFunction"], Resource: "*" }] } }]
  Web:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Live.ApiId, Name: web, Type: HTTP, HttpConfig: { Endpoint: ENDPOINT } }
  Table:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Live.ApiId, Name: table, Type: AMAZON_DYNAMODB, ServiceRoleArn: !GetAtt Role.Arn, DynamoDBConfig: { TableName: Log, AwsRegion: !Ref AWS::Region } }
  Function:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Live.ApiId, Name: fn, Type: AWS_LAMBDA, ServiceRoleArn: !GetAtt Role.Arn, LambdaConfig: { LambdaFunctionArn: !GetAtt Fn.Arn } }
  Http:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Live.ApiId
      Name: http
      HandlerConfigs: { OnPublish: { Behavior: CODE, Integration: { DataSourceName: web } } }
      CodeHandlers: |
        export const onPublish = {
          request(ctx) { return { method: 'POST', resourcePath: '/check', params: { body: ctx.events.map((e) => e.payload) } }; },
          response(ctx) { const said = JSON.parse(ctx.result.body); return ctx.events.map((e) => ({ id: e.id, payload: { said, was: e.payload } })); },
        };
  Dynamo:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Live.ApiId
      Name: dynamo
      HandlerConfigs: { OnPublish: { Behavior: CODE, Integration: { DataSourceName: table } } }
      CodeHandlers: |
        import * as ddb from '@aws-appsync/utils/dynamodb';
        export const onPublish = {
          request(ctx) { return ddb.put({ key: { id: ctx.info.channel.path }, item: { n: 7 } }); },
          response(ctx) { return ctx.events.map((e) => ({ id: e.id, payload: ctx.result })); },
        };
  Direct:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Live.ApiId
      Name: direct
      HandlerConfigs: { OnPublish: { Behavior: DIRECT, Integration: { DataSourceName: fn, LambdaConfig: { InvokeType: REQUEST_RESPONSE } } } }
  Told:
    Type: AWS::AppSync::ChannelNamespace
    Properties:
      ApiId: !GetAtt Live.ApiId
      Name: told
      HandlerConfigs: { OnPublish: { Behavior: DIRECT, Integration: { DataSourceName: fn, LambdaConfig: { InvokeType: EVENT } } } }
  Fn:
    Type: AWS::Lambda::Function
    Properties: { Runtime: python3.12, Handler: index.handler, Role: !GetAtt Role.Arn, Code: { ZipFile: "def handler(event, context): return event" } }
`

func TestDataSourcesBehindHandlers(t *testing.T) {
	t.Parallel()
	signed := make(chan string, 4)
	outside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if target := r.Header.Get("X-Amz-Target"); target != "" {
			signed <- target + " " + r.Header.Get("Authorization")[:17] + string(body)
			_, _ = io.WriteString(w, `{}`)
			return
		}
		_, _ = io.WriteString(w, `{"path":"`+r.URL.Path+`","events":`+string(body)+`}`)
	}))
	t.Cleanup(outside.Close)
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(strings.Replace(handled, "ENDPOINT", `"`+outside.URL+`"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	invoked := make(chan map[string]any, 4)
	g := gatewaytest.New(t, file, &gatewaytest.Options{
		Gateway: gateway.Options{Endpoints: map[string]string{"dynamodb": outside.URL}},
		Functions: map[string]gatewaytest.Function{"Fn": gatewaytest.Handler(func(_ context.Context, e map[string]any) (any, error) {
			invoked <- e
			first := e["events"].([]any)[0].(map[string]any)
			return map[string]any{"events": []any{map[string]any{"id": first["id"], "payload": "from the function"}}}, nil
		})},
	})
	c := g.Events(t, nil, nil)
	for _, tt := range []struct{ channel, want string }{
		{"http/a", `{"said":{"path":"/check","events":[{"x":1}]},"was":{"x":1}}`},
		{"dynamo/b", `{"n":7,"id":"/dynamo/b"}`},
		{"direct/c", `"from the function"`},
		{"told/d", `{"x":1}`},
	} {
		sub, err := c.Subscribe(t.Context(), tt.channel)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Publish(t.Context(), tt.channel, json.RawMessage(`{"x":1}`)); err != nil {
			t.Fatalf("%s: %v", tt.channel, err)
		}
		e, err := sub.Next(t.Context())
		var got, want any
		if json.Unmarshal(e.Data, &got) != nil || json.Unmarshal([]byte(tt.want), &want) != nil || err != nil {
			t.Fatalf("%s: %s, %v", tt.channel, e.Data, err)
		}
		if a, b := canonical(t, got), canonical(t, want); a != b {
			t.Errorf("%s: %s, want %s", tt.channel, a, b)
		}
	}
	if got := <-signed; !strings.HasPrefix(got, `DynamoDB_20120810.PutItem AWS4-HMAC-SHA256 {`) || !strings.Contains(got, `"TableName":"Log"`) {
		t.Errorf("DynamoDB got %s", got)
	}
	for range 2 {
		if e := <-invoked; e["info"] == nil {
			t.Errorf("the function got %v", e)
		}
	}
}

func canonical(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// twoKinds has an API whose schema changes, and one whose issuer's keys are in
// a file.
const twoKinds = `
Resources:
  Graph:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: graph, AuthenticationType: API_KEY }
  GraphKey:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Graph.ApiId }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Graph.ApiId, Definition: "type Query { FIELD: String }" }
  Live:
    Type: AWS::AppSync::Api
    Properties:
      Name: live
      EventConfig:
        AuthProviders: [{ AuthType: OPENID_CONNECT, OpenIDConnectConfig: { Issuer: "https://login.example.com" } }]
        ConnectionAuthModes: [{ AuthType: OPENID_CONNECT }]
        DefaultPublishAuthModes: [{ AuthType: OPENID_CONNECT }]
        DefaultSubscribeAuthModes: [{ AuthType: OPENID_CONNECT }]
`

func TestAReloadWithoutTheKeysOfAnIssuerChangesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, keys := filepath.Join(dir, "template.yaml"), filepath.Join(dir, "jwks.json")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(keys, `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`)
	write(file, strings.Replace(twoKinds, "FIELD", "before", 1))
	g := gatewaytest.New(t, file, &gatewaytest.Options{Gateway: gateway.Options{Issuers: map[string]string{"https://login.example.com": keys}}})
	c := g.AppSync(t, nil, nil)
	ask := func(field string) error {
		_, err := c.Query(t.Context(), &appsync.Request{Query: "{ " + field + " }"})
		return err
	}
	write(file, strings.Replace(twoKinds, "FIELD", "after", 1))
	if err := os.Remove(keys); err != nil {
		t.Fatal(err)
	}
	if err := g.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "jwks.json") {
		t.Errorf("reloaded: %v", err)
	}
	if err := ask("before"); err != nil {
		t.Errorf("the API that ran: %v", err)
	}
	if err := ask("after"); err == nil {
		t.Error("half of the template was taken over")
	}
	write(keys, `{"keys":[{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}`)
	if err := g.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ask("after"); err != nil {
		t.Errorf("the new one: %v", err)
	}
}
