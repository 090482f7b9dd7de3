package gateway

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// manyResolvers writes a template of one GraphQL API with n resolvers, each with
// code of its own in the template.
func manyResolvers(tb testing.TB, n int) string {
	tb.Helper()
	var fields, resolvers strings.Builder
	for i := range n {
		fmt.Fprintf(&fields, "          f%d(id: ID): String\n", i)
		fmt.Fprintf(&resolvers, `  R%[1]d:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Api.ApiId
      TypeName: Query
      FieldName: f%[1]d
      DataSourceName: !GetAtt None.Name
      Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}
      Code: |
        import { util } from '@aws-appsync/utils';
        export function request(ctx) {
          return { payload: { id: ctx.args.id, number: %[1]d } };
        }
        export function response(ctx) {
          if (ctx.error) {
            util.error(ctx.error.message, ctx.error.type);
          }
          return ctx.result.number + '';
        }
`, i)
	}
	text := `AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Api:
    Type: AWS::AppSync::GraphQLApi
    Properties: {Name: many, AuthenticationType: API_KEY}
  Key:
    Type: AWS::AppSync::ApiKey
    Properties: {ApiId: !GetAtt Api.ApiId}
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties:
      ApiId: !GetAtt Api.ApiId
      Definition: |
        type Query {
` + fields.String() + `        }
  None:
    Type: AWS::AppSync::DataSource
    Properties: {ApiId: !GetAtt Api.ApiId, Name: none, Type: NONE}
` + resolvers.String()
	file := filepath.Join(tb.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
	return file
}

// firstAnswer opens a gateway and asks one field of its API.
func firstAnswer(tb testing.TB, file string) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	g, err := Open(tb.Context(), file, &Options{State: filepath.Join(dir, "s"), ConfigDir: filepath.Join(dir, "c"), Addr: l.Addr().String(),
		Path: os.Getenv("PATH"), NoDatabase: true})
	if err != nil {
		tb.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	api := g.APIs()[0]
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, api.URL, strings.NewReader(`{"query":"{ f7(id: 1) }"}`))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("x-api-key", api.APIKeys[0])
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil || string(body) != `{"data":{"f7":"7"}}` {
		tb.Fatalf("%v: %s", err, body)
	}
	_ = res.Body.Close()
	if err := g.Close(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	<-served
}

// BenchmarkStart is from a template of 100 resolvers to the end of the first
// answer, with a new state directory and certificate authority.
func BenchmarkStart(b *testing.B) {
	file := manyResolvers(b, 100)
	for b.Loop() {
		firstAnswer(b, file)
	}
}

func TestStartWithManyResolvers(t *testing.T) {
	t.Parallel()
	firstAnswer(t, manyResolvers(t, 30))
}
