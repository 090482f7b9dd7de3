package datasource_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

func TestHTTP(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/echo", http.StatusFound)
			return
		case "/long":
			_, _ = w.Write(make([]byte, 1<<20+1))
			return
		}
		w.Header().Set("X-Seen", r.Method+" "+r.RequestURI+" "+r.Header.Get("X-A")+" "+string(body))
		w.Header()["X-Two"] = []string{"1", "2"}
		if auth := r.Header.Get("Authorization"); auth != "" {
			v := sigv4.Verifier{Service: "es", Region: "eu-west-1", Now: func() time.Time { return now },
				Key: func(context.Context, string, string) (string, error) { return "secret", nil }}
			_, err := v.Verify(r.Context(), sigv4.FromHTTP(r), body)
			w.Header().Set("X-Signed", map[bool]string{true: "yes", false: "no"}[err == nil])
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte(`{"ok":true}`))
	}))
	t.Cleanup(server.Close)
	tests := []struct {
		name, document string
		change         func(*spec.DataSource)
		want           map[string]string // statusCode, body, headers
		failure        string
	}{
		{"everything", `{"method":"PUT","resourcePath":"/echo","params":{"query":{"b":"x y","a":1},"headers":{"X-A":"h"},"body":"text"}}`, nil,
			map[string]string{"statusCode": "418", "body": `{"ok":true}`, "X-Seen": "PUT /echo?a=1&b=x+y h text", "X-Two": "1,2"}, ""},
		{"body of an object", `{"method":"POST","resourcePath":"/echo?z=1","params":{"query":{"a":"1"},"body":{"k":1}}}`, nil,
			map[string]string{"X-Seen": `POST /echo?z=1&a=1  {"k":1}`}, ""},
		{"signed", `{"method":"GET","resourcePath":"/echo"}`, func(ds *spec.DataSource) {
			ds.SigningService, ds.SigningRegion, ds.RoleARN = "es", "eu-west-1", tableRole
		},
			map[string]string{"X-Signed": "yes"}, ""},
		{"headers of the connection", `{"method":"GET","resourcePath":"/echo","params":{"headers":{"host":"evil.example.com","Connection":"upgrade","content-length":"7","X-A":"h"}}}`,
			func(ds *spec.DataSource) {
				ds.SigningService, ds.SigningRegion, ds.RoleARN = "es", "eu-west-1", tableRole
			},
			map[string]string{"X-Signed": "yes", "X-Seen": "GET /echo h"}, ""},
		{"the last of headers that differ by case", `{"method":"GET","resourcePath":"/echo","params":{"headers":{"x-a":"caller","B":"","X-A":"code"}}}`, nil,
			map[string]string{"X-Seen": "GET /echo code"}, ""},
		{"no headers", `{"method":"GET","resourcePath":"/echo","params":{"headers":null}}`, nil, map[string]string{"X-Seen": "GET /echo"}, ""},
		{"headers that are no object", `{"method":"GET","resourcePath":"/echo","params":{"headers":["x-a"]}}`, nil, nil, "MappingTemplate"},
		{"a line break in a header", `{"method":"GET","resourcePath":"/echo","params":{"headers":{"x-b":"1\r\nx-a: 2"}}}`, nil, nil, "Http:RequestFailed"},
		{"a fragment that hides the query", `{"method":"GET","resourcePath":"/echo/1#","params":{"query":{"tenant":"t1"}}}`, nil, nil, "MappingTemplate"},
		{"a redirect is an answer", `{"method":"GET","resourcePath":"/moved"}`, nil, map[string]string{"statusCode": "302"}, ""},
		{"too long", `{"method":"GET","resourcePath":"/long"}`, nil, nil, "Http:ResponseTooLarge"},
		{"no role", `{"method":"GET","resourcePath":"/echo"}`, func(ds *spec.DataSource) { ds.SigningService = "es" }, nil, "Http:CredentialsFailed"},
		{"method", `{"method":"TRACE","resourcePath":"/echo"}`, nil, nil, "MappingTemplate"},
		{"path", `{"method":"GET","resourcePath":"echo"}`, nil, nil, "MappingTemplate"},
		{"nobody there", `{"method":"GET","resourcePath":"/"}`, func(ds *spec.DataSource) { ds.Endpoint = "http://127.0.0.1:1" }, nil, "Http:RequestFailed"},
		{"another host", `{"method":"GET","resourcePath":"/@evil.example.com/"}`, func(ds *spec.DataSource) { ds.Endpoint = "http://user" }, nil, "Http:RequestFailed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ds := &spec.DataSource{Name: "web", Type: spec.SourceHTTP, Endpoint: server.URL}
			if tt.change != nil {
				tt.change(ds)
			}
			s := (&desk{}).sources(t, func(o *datasource.SourcesOptions) {
				o.HTTP = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			})
			got, failed := s.Do(context.Background(), ds, json.RawMessage(tt.document), nil)
			if failed != nil && failed.Type == tt.failure {
				return
			}
			if failed != nil || tt.failure != "" {
				t.Fatalf("got %s, %v", got, failed)
			}
			var answer struct {
				StatusCode json.Number       `json:"statusCode"`
				Headers    map[string]string `json:"headers"`
				Body       string            `json:"body"`
			}
			if err := json.Unmarshal(got, &answer); err != nil {
				t.Fatal(err)
			}
			answer.Headers["statusCode"], answer.Headers["body"] = string(answer.StatusCode), answer.Body
			for name, want := range tt.want {
				if answer.Headers[name] != want {
					t.Errorf("%s: %q, want %q", name, answer.Headers[name], want)
				}
			}
		})
	}
}
