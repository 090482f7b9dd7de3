package gateway_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
)

// talking is an API whose resolver writes to the log.
const talking = `
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: graph, AuthenticationType: API_KEYLOGGING }
  Key:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Api.ApiId }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Api.ApiId, Definition: "type Query { hello: String }" }
  None:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Api.ApiId, Name: none, Type: NONE }
  Hello:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: hello
      DataSourceName: !GetAtt None.Name
      Runtime: { Name: APPSYNC_JS, RuntimeVersion: 1.0.0 }
      Code: |
        export function request() { console.log("talking"); return { payload: "hi" }; }
        export function response(ctx) { return ctx.result; }
`

// transcript is a log by its messages.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *transcript) messages() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	messages := []string{}
	for line := range strings.Lines(l.text.String()) {
		messages = append(messages, strings.TrimSpace(line))
	}
	return messages
}

// TestTheLogOfFields: what scripts write is in the log once, and a reload takes
// the level of the template over.
func TestTheLogOfFields(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "template.yaml")
	write := func(config string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(strings.Replace(talking, "LOGGING", config, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	var log transcript
	g := gatewaytest.New(t, file, &gatewaytest.Options{Gateway: gateway.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.MessageKey {
				return a
			}
			return slog.Attr{}
		}}))}})
	c := g.AppSync(t, nil, nil)
	for _, tt := range []struct {
		config string
		want   []string
	}{
		{"", []string{`msg="\"talking\""`}},
		{", LogConfig: { FieldLogLevel: NONE }", []string{}},
		{", LogConfig: { FieldLogLevel: ALL }", []string{`msg="\"talking\""`, `msg="resolver function"`, `msg="resolver function"`, `msg="field resolved"`}},
	} {
		write(tt.config)
		if err := g.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		log.messages()
		if _, err := c.Query(t.Context(), &appsync.Request{Query: "{ hello }"}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, log.messages()); diff != "" {
			t.Errorf("%s: %s", tt.config, diff)
		}
	}
}
