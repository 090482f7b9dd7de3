package sigv4

import (
	"net/http"
	"strings"
	"testing"
)

func benchExplain(b *testing.B, q *Question, fits bool) {
	b.Helper()
	b.ReportAllocs()
	tried := 0
	for b.Loop() {
		r := Explain(b.Context(), q)
		if r.Holds || r.Unmatched == fits {
			b.Fatalf("%s", r)
		}
		tried = r.Tried
	}
	b.ReportMetric(float64(tried), "tried/op")
}

func benchQuestion(b *testing.B, s *Signer, body []byte) *Question {
	b.Helper()
	r := newRequest(b, http.MethodPost, testPost, string(body))
	r.Header.Set("Content-Type", "application/json")
	if err := s.Sign(b.Context(), r, ""); err != nil {
		b.Fatal(err)
	}
	q := testVerifier().Question(FromHTTP(r), body)
	q.Key = staticKey(benchToken())
	q.Hosts = []string{"localhost:4577"}
	return q
}

// The simplest case: the scope says it.
func BenchmarkExplainService(b *testing.B) {
	s := benchSigner()
	s.Service = "appsync"
	benchExplain(b, benchQuestion(b, s, benchBody()), true)
}

func BenchmarkExplainOne(b *testing.B) {
	q := benchQuestion(b, benchSigner(), benchBody())
	q.Request.Path += "/"
	benchExplain(b, q, true)
}

func BenchmarkExplainTwo(b *testing.B) {
	q := benchQuestion(b, benchSigner(), benchBody())
	q.Request.Path += "/"
	q.Request.Header.Set("Content-Type", "application/json; charset=utf-8")
	benchExplain(b, q, true)
}

// BenchmarkExplainNone is the most that a refusal costs.
func BenchmarkExplainNone(b *testing.B) {
	q := benchQuestion(b, benchSigner(), benchBody())
	q.Request.Method = "PATCH"
	benchExplain(b, q, false)
}

// BenchmarkExplainNoneLarge is that with a body of 128 KiB.
func BenchmarkExplainNoneLarge(b *testing.B) {
	q := benchQuestion(b, benchSigner(), []byte(`{"a":"`+strings.Repeat("x", 128<<10-8)+`"}`))
	q.Request.Method = "PATCH"
	benchExplain(b, q, false)
}
