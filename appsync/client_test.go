package appsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/sigv4"
)

const listPosts = `query List($n: Int) { list(n: $n) { id } }`

func TestQueryTyped(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(200, "application/json", `{"data":{"list":[{"id":"<1>"}]},"extensions":{"apiCacheEntriesDeleted":2}}`))
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{Header: http.Header{"X-Own": {"1"}}})
	type data struct{ List []struct{ ID string } }
	type variables struct {
		N int    `json:"n"`
		S string `json:"s"`
	}
	got, err := appsync.Query[data](t.Context(), c, &appsync.Request{Query: listPosts, Variables: variables{2, "<&>"}, OperationName: "List"})
	if err != nil || len(got.List) != 1 || got.List[0].ID != "<1>" {
		t.Fatal(got, err)
	}
	r, body := a.last(t)
	if want := `{"query":"` + listPosts + `","variables":{"n":2,"s":"<&>"},"operationName":"List"}`; string(body) != want {
		t.Errorf("sent %s\nwant %s", body, want)
	}
	if r.Header.Get("X-Api-Key") != apiKey || r.Header.Get("X-Own") != "1" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", r.Header)
	}
}

func TestIAMRequestIsAdmitted(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(200, "application/json", `{"data":{}}`))
	for _, host := range []string{"", apiHost} {
		c := newClient(t, a, appsync.IAM(keys(session), "us-east-1"), appsync.Options{Now: signedAt, Host: host})
		if _, err := c.Mutate(t.Context(), &appsync.Request{Query: "mutation { a }"}); err != nil {
			t.Fatal(err)
		}
		r, body := a.last(t)
		if host != "" && r.Host != host {
			t.Errorf("the request names %s, want %s", r.Host, host)
		}
		if _, err := verifier().Verify(t.Context(), sigv4.FromHTTP(r), body); err != nil {
			t.Error(err)
		}
	}
}

func TestAuthPerRequest(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(200, "application/json", `{"data":{}}`))
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
	if _, err := c.Query(t.Context(), &appsync.Request{Query: "{a}", Auth: appsync.Lambda("other")}); err != nil {
		t.Fatal(err)
	}
	if r, _ := a.last(t); r.Header.Get("Authorization") != "other" || r.Header.Get("X-Api-Key") != "" {
		t.Errorf("headers %v", r.Header)
	}
}

func TestErrorsKeepPartialData(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(200, "application/json", `{"data":{"a":1,"b":null},"errors":[{"path":["b",0],"data":{"x":1},"errorType":"Unauthorized","errorInfo":{"y":2},
		"locations":[{"line":2,"column":3,"sourceName":null}],"message":"Not Authorized to access b on type Query"},{"path":null,"locations":null,"message":"two"}]}`))
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
	got, err := appsync.Query[map[string]any](t.Context(), c, &appsync.Request{Query: "{a b}"})
	var list appsync.Errors
	if !errors.As(err, &list) || got["a"] != 1.0 {
		t.Fatal(got, err)
	}
	want := appsync.Errors{{Message: "Not Authorized to access b on type Query", ErrorType: "Unauthorized", Path: []any{"b", 0.0},
		ErrorInfo: json.RawMessage(`{"y":2}`), Data: json.RawMessage(`{"x":1}`), Locations: []appsync.Location{{Line: 2, Column: 3}}}, {Message: "two"}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
	if !errors.Is(err, appsync.ErrUnauthorized) || errors.Is(err, appsync.ErrLimitExceeded) {
		t.Error(err)
	}
	if s := err.Error(); s != "AppSync error: b.0: Unauthorized: Not Authorized to access b on type Query (and 1 more)" {
		t.Error(s)
	}
}

func TestAnswersThatAreNoResponse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status      int
		contentType string
		body        string
		is          error
		kind, says  string
	}{
		"key":           {401, "application/json", `{"errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}`, appsync.ErrUnauthorized, "UnauthorizedException", "You are not"},
		"object":        {401, "application/json", `{"errors":{"errorType":"UnauthorizedException","message":"no"}}`, appsync.ErrUnauthorized, "UnauthorizedException", "no"},
		"signature":     {403, "application/json", `{"message":"mismatch x-amz-security-token:` + session + ` ` + apiKey + `"}`, appsync.ErrUnauthorized, "", "mismatch"},
		"limit":         {429, "application/json", `{"errors":[{"errorType":"LimitExceededException","message":"slow"}]}`, appsync.ErrLimitExceeded, "LimitExceededException", "slow"},
		"HTML":          {200, "text/html", `<html>login</html>`, nil, "", "text/html instead of JSON"},
		"HTML unnamed":  {502, "", `<html>bad gateway</html>`, nil, "", "text/html instead of JSON"},
		"half":          {200, "application/json", `{"data":{"a`, nil, "", "not well-formed"},
		"empty":         {200, "application/json", ``, nil, "", "empty"},
		"array":         {200, "application/json", `[]`, nil, "", ""},
		"other JSON":    {200, "application/json", `{"hello":1}`, nil, "", "no GraphQL response"},
		"redirect":      {302, "text/plain", `over there`, nil, "", "redirect"},
		"schema":        {502, "application/json", `{"errors":[{"errorType":"GraphQLSchemaException","message":"No schema definition exists."}]}`, nil, "GraphQLSchemaException", "No schema"},
		"old namespace": {400, "application/json", `{"errors":[{"errorType":"com.amazonaws.deepdish.graphql.auth#UnauthorizedException","message":"x"}]}`, appsync.ErrUnauthorized, "UnauthorizedException", "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, text(c.status, c.contentType, c.body))
			client := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
			_, err := client.Query(t.Context(), &appsync.Request{Query: "{a}"})
			var refused *appsync.ResponseError
			if !errors.As(err, &refused) {
				t.Fatalf("%T %v", err, err)
			}
			if refused.Status != c.status || refused.Type != c.kind || !strings.Contains(refused.Message, c.says) || refused.RequestID != "req-1" {
				t.Errorf("%+v", refused)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
			for _, s := range []string{session, apiKey} {
				if strings.Contains(err.Error(), s) {
					t.Errorf("a secret in %s", err)
				}
			}
		})
	}
}

func TestWhatIsRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		document string
		status   int
		want     int
	}{
		"query 500":    {"{a}", 500, 3},
		"query 503":    {"query {a}", 503, 3},
		"query 429":    {"{a}", 429, 3},
		"query 401":    {"{a}", 401, 1},
		"query 400":    {"{a}", 400, 1},
		"mutation 503": {"mutation {a}", 503, 1},
		"mutation 429": {"mutation {a}", 429, 1},
		"unknown":      {"query A {a} mutation B {b}", 503, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, text(c.status, "application/json", `{"errors":[{"message":"no"}]}`))
			client := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
			call := client.Query
			if strings.HasPrefix(c.document, "mutation") {
				call = client.Mutate
			}
			_, err := call(t.Context(), &appsync.Request{Query: c.document})
			if err == nil || a.count() != c.want {
				t.Errorf("%d attempts, want %d; %v", a.count(), c.want, err)
			}
		})
	}
}

func TestMutationIsRepeatedIfNeverSent(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(200, "application/json", `{"data":{}}`))
	var dials atomic.Int32
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) < 3 {
			return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	a.client = &http.Client{Transport: transport}
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
	if _, err := c.Mutate(t.Context(), &appsync.Request{Query: "mutation {a}"}); err != nil || a.count() != 1 || dials.Load() != 3 {
		t.Errorf("%v after %d dials and %d requests", err, dials.Load(), a.count())
	}
}

func TestRequestWithoutAnswer(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
	_, err := c.Mutate(t.Context(), &appsync.Request{Query: "mutation {a}"})
	var lost *appsync.SendError
	if !errors.As(err, &lost) || !lost.Sent || a.count() != 1 {
		t.Errorf("%v, %d requests", err, a.count())
	}
	unsigned := newClient(t, a, nil, appsync.Options{})
	_, err = unsigned.Query(t.Context(), &appsync.Request{Query: "{a}"})
	var missing *appsync.NoCredentialsError
	if !errors.As(err, &missing) || a.count() != 1 {
		t.Errorf("%v, %d requests", err, a.count())
	}
}

func TestEveryWaitEnds(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, a, appsync.LambdaFunc(func(context.Context) (string, error) { cancel(); return "x", nil }), appsync.Options{})
	if _, err := c.Query(ctx, &appsync.Request{Query: "{a}"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	c = newClient(t, a, appsync.APIKey(apiKey), appsync.Options{Timeout: time.Millisecond})
	if _, err := c.Query(t.Context(), &appsync.Request{Query: "{a}"}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestTooLargeAnswer(t *testing.T) {
	t.Parallel()
	big := `{"data":{"a":"` + strings.Repeat("x", 10<<20) + `"}}`
	a := newAPI(t, text(200, "application/json", big))
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
	if _, err := c.Query(t.Context(), &appsync.Request{Query: "{a}"}); !errors.Is(err, appsync.ErrTooLarge) {
		t.Error(err)
	}
	c = newClient(t, a, appsync.APIKey(apiKey), appsync.Options{MaxAnswer: 11 << 20})
	if r, err := c.Query(t.Context(), &appsync.Request{Query: "{a}"}); err != nil || len(r.Data) < 10<<20 {
		t.Error(err)
	}
}

func TestWhatIsRefusedUnsent(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(200, "application/json", `{"data":{}}`))
	c := newClient(t, a, appsync.APIKey(apiKey), appsync.Options{})
	for name, r := range map[string]*appsync.Request{
		"empty":        {},
		"mutation":     {Query: "mutation {a}"},
		"subscription": {Query: "subscription {a}"},
		"variables":    {Query: "{a}", Variables: []int{1}},
		"unwritable":   {Query: "{a}", Variables: map[string]any{"a": func() {}}},
	} {
		if _, err := c.Query(t.Context(), r); err == nil {
			t.Errorf("%s: no error", name)
		} else if name == "mutation" && !errors.Is(err, appsync.ErrOperation) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if a.count() != 0 {
		t.Errorf("%d requests were sent", a.count())
	}
	for _, u := range []string{"", "ftp://x/graphql", "https:///graphql", "https://u:p@x/graphql", "https://x/graphql?k=v", "https://x/%zz"} {
		if _, err := appsync.New(u, appsync.APIKey(apiKey), nil); err == nil {
			t.Errorf("%q: no error", u)
		}
	}
}

// generatedRequest and generatedResponse have the shape of genqlient's types.
type generatedRequest struct {
	Query     string `json:"query"`
	Variables any    `json:"variables,omitempty"`
	OpName    string `json:"operationName"`
}

type generatedResponse struct {
	Data       any            `json:"data"`
	Extensions map[string]any `json:"extensions,omitempty"`
}

func TestGeneratedCode(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(200, "application/json", `{"data":{"id":"1"},"extensions":{"e":1},"errors":[{"message":"half"}]}`))
	c := appsync.Generated[generatedRequest, generatedResponse](newClient(t, a, appsync.APIKey(apiKey), appsync.Options{}))
	var client interface {
		MakeRequest(context.Context, *generatedRequest, *generatedResponse) error
	} = c
	var data struct{ ID string }
	resp := generatedResponse{Data: &data}
	err := client.MakeRequest(t.Context(), &generatedRequest{Query: "mutation M {a}", Variables: map[string]int{"x": 1}, OpName: "M"}, &resp)
	var list appsync.Errors
	if !errors.As(err, &list) || data.ID != "1" || resp.Extensions["e"] != 1.0 {
		t.Errorf("%+v %+v %v", data, resp, err)
	}
	if _, body := a.last(t); string(body) != `{"query":"mutation M {a}","variables":{"x":1},"operationName":"M"}` {
		t.Errorf("sent %s", body)
	}
}

// canned answers without a network.
type canned string

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(c))), Request: r}, nil
}

func BenchmarkQuery(b *testing.B) {
	answer := `{"data":{"list":[` + strings.Repeat(`{"id":"0123456789","title":"a title of a post"},`, 20) + `{"id":"x"}]}}`
	o := &appsync.Options{HTTPClient: &http.Client{Transport: canned(answer)}}
	type data struct {
		List []struct{ ID, Title string }
	}
	for name, auth := range map[string]*appsync.Auth{"key": appsync.APIKey(apiKey), "iam": appsync.IAM(keys(session), "us-east-1")} {
		b.Run(name, func(b *testing.B) {
			c, err := appsync.New("https://"+apiHost+"/graphql", auth, o)
			if err != nil {
				b.Fatal(err)
			}
			r := &appsync.Request{Query: listPosts, Variables: map[string]int{"n": 3}}
			b.Run("typed", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := appsync.Query[data](b.Context(), c, r); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("raw", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := c.Query(b.Context(), r); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
