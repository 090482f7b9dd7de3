package gateway_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/gatewaytest"
)

// importing has a resolver and a handler whose code imports files.
const importing = `
Resources:
  Graph:
    Type: AWS::AppSync::GraphQLApi
    Properties: { Name: graph, AuthenticationType: API_KEY }
  GraphKey:
    Type: AWS::AppSync::ApiKey
    Properties: { ApiId: !GetAtt Graph.ApiId }
  Schema:
    Type: AWS::AppSync::GraphQLSchema
    Properties: { ApiId: !GetAtt Graph.ApiId, DefinitionS3Location: SCHEMA }
  None:
    Type: AWS::AppSync::DataSource
    Properties: { ApiId: !GetAtt Graph.ApiId, Name: none, Type: NONE }
  Hello:
    Type: AWS::AppSync::Resolver
    Properties:
      ApiId: !GetAtt Graph.ApiId
      TypeName: Query
      FieldName: hello
      DataSourceName: !GetAtt None.Name
      Runtime: { Name: APPSYNC_JS, RuntimeVersion: 1.0.0 }
      CodeS3Location: src/hello.ts
` + liveAPI + `  Chat:
    Type: AWS::AppSync::ChannelNamespace
    Properties: { ApiId: !GetAtt Live.ApiId, Name: chat, CodeS3Location: src/chat.ts }
`

const (
	helloCode = "import { greeting } from '../lib/greeting';\nexport const request = () => ({ payload: greeting() });\nexport const response = (ctx: any) => ctx.result;\n"
	chatCode  = "import { mark } from '../lib/mark';\nexport const onPublish = (ctx: any) => ctx.events.map((e: any) => ({ id: e.id, payload: mark }));\n"
)

// says is a greeting.ts.
func says(text string) string { return "export const greeting = () => '" + text + "';\n" }

// project is the directory of a template that is watched.
type project struct {
	t    *testing.T
	dir  string
	logs chan string
}

func newProject(t *testing.T) *project {
	p := &project{t: t, dir: t.TempDir(), logs: make(chan string, 1000)}
	p.write("template.yaml", strings.Replace(importing, "SCHEMA", "schema.graphql", 1))
	p.write("schema.graphql", "type Query { hello: String }\n")
	p.write("src/hello.ts", helloCode)
	p.write("lib/greeting.ts", says("one"))
	p.write("src/chat.ts", chatCode)
	p.write("lib/mark.ts", "export const mark = 'first';\n")
	return p
}

// write replaces a file at once, as editors do: by one with another name.
func (p *project) write(name, text string) {
	p.t.Helper()
	file := filepath.Join(p.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		p.t.Fatal(err)
	}
}

func (p *project) remove(name string) {
	p.t.Helper()
	if err := os.RemoveAll(filepath.Join(p.dir, filepath.FromSlash(name))); err != nil {
		p.t.Fatal(err)
	}
}

// Write takes a record of the log.
func (p *project) Write(record []byte) (int, error) {
	p.logs <- string(record)
	return len(record), nil
}

// logged waits for a record that has all of these texts.
func (p *project) logged(texts ...string) {
	p.t.Helper()
	late := time.After(time.Minute)
	var seen []string
	for {
		select {
		case record := <-p.logs:
			found := true
			for _, text := range texts {
				found = found && strings.Contains(record, text)
			}
			if found {
				return
			}
			seen = append(seen, record)
		case <-late:
			p.t.Fatalf("the log never said %q, but\n%s", texts, strings.Join(seen, ""))
		}
	}
}

func (p *project) open() *gatewaytest.Gateway {
	p.t.Helper()
	return gatewaytest.New(p.t, p.dir, &gatewaytest.Options{Gateway: gateway.Options{Watch: true, Log: slog.New(slog.NewTextHandler(p, nil))}})
}

func TestImportedFilesAreWatched(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	g := p.open()
	c := g.AppSync(t, nil, nil)
	hello := func(want string) {
		t.Helper()
		got, err := c.Query(t.Context(), &appsync.Request{Query: "{ hello }"})
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Data) != `{"hello":"`+want+`"}` {
			t.Errorf("got %s, want %s", got.Data, want)
		}
	}
	const refused = "the running API stays"
	steps := []struct {
		name   string
		change func()
		log    []string
		want   string
	}{
		{"an import changes", func() { p.write("lib/greeting.ts", says("two")) }, []string{"reloaded"}, "two"},
		{"it does not compile", func() { p.write("lib/greeting.ts", "export const greeting = () =>\n  ;\n") }, []string{refused, filepath.Join("lib", "greeting.ts") + ":2:3"}, "two"},
		{"it breaks a rule", func() { p.write("lib/greeting.ts", "export const greeting = () => {\n  while (true) {}\n};\n") }, []string{refused, filepath.Join("lib", "greeting.ts") + ":2:3", "no-while"}, "two"},
		{"it is mended", func() { p.write("lib/greeting.ts", says("three")) }, []string{"reloaded"}, "three"},
		{"it vanishes", func() { p.remove("lib/greeting.ts") }, []string{refused, filepath.Join("src", "hello.ts") + ":1:26", "../lib/greeting"}, "three"},
		{"another takes its place", func() { p.write("lib/greeting/index.js", says("four")) }, []string{"reloaded"}, "four"},
		{"one that comes before it", func() { p.write("lib/greeting.ts", says("five")) }, []string{"reloaded"}, "five"},
		{"its directory vanishes", func() { p.remove("lib") }, []string{refused, filepath.Join("src", "hello.ts") + ":1:26"}, "five"},
		{"the script imports what is not there", func() {
			p.write("src/hello.ts", strings.Replace(helloCode, "../lib/greeting", "../new/deep/greeting", 1))
		}, []string{refused, "../new/deep/greeting"}, "five"},
		{"it comes, and so does what vanished", func() {
			p.write("lib/mark.ts", "export const mark = 'second';\n")
			p.write("new/deep/greeting.ts", says("six"))
		}, []string{"reloaded"}, "six"},
		{"it changes", func() { p.write("new/deep/greeting.ts", says("seven")) }, []string{"reloaded"}, "seven"},
		{"a schema that is not there", func() {
			p.write("template.yaml", strings.Replace(importing, "SCHEMA", "other/schema.graphql", 1))
		}, []string{refused, "template.yaml:", "there is nothing at"}, "seven"},
		{"it comes", func() { p.write("other/schema.graphql", "type Query { hello: String, more: Int }\n") }, []string{"reloaded"}, "seven"},
		{"a script of its own changes", func() {
			p.write("src/hello.ts", "export const request = () => ({ payload: 'eight' });\nexport const response = (ctx: any) => ctx.result;\n")
		}, []string{"reloaded"}, "eight"},
	}
	for _, step := range steps {
		t.Log(step.name)
		step.change()
		p.logged(step.log...)
		hello(step.want)
	}
}

func TestImportedFilesOfHandlersAreWatched(t *testing.T) {
	t.Parallel()
	p := newProject(t)
	g := p.open()
	c := g.Events(t, nil, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	sub, err := c.Subscribe(ctx, "/chat/a")
	if err != nil {
		t.Fatal(err)
	}
	said := func(want string) {
		t.Helper()
		if _, err := c.Publish(ctx, "/chat/a", json.RawMessage(`"x"`)); err != nil {
			t.Fatal(err)
		}
		e, err := sub.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if string(e.Data) != want {
			t.Errorf("got %s, want %s", e.Data, want)
		}
	}
	said(`"first"`)
	p.write("lib/mark.ts", "export const mark = ;\n")
	p.logged("the running API stays", filepath.Join("lib", "mark.ts")+":1:21")
	said(`"first"`)
	p.write("lib/mark.ts", "export const mark = 'second';\n")
	p.logged("reloaded")
	said(`"second"`)
}
