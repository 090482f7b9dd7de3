package identity_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// benchmarkPost is what a POST to @connections costs here, signature and
// policies.
func benchmarkPost(b *testing.B, s *spec.Spec, credentials func(*identity.Authenticator) aws.Credentials) {
	a := authenticator(b, s, &clock{start})
	body := []byte(`{"message":"send","body":"Hello World!"}`)
	r := signed(b, credentials(a), start, http.MethodPost, postURL, string(body))
	ctx, what := context.Background(), call(manage, post)
	b.ReportAllocs()
	for b.Loop() {
		who, err := a.IAM(ctx, r, body)
		if err == nil {
			err = a.Authorize(who, what)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPostDeveloper(b *testing.B) {
	benchmarkPost(b, stack(b), func(*identity.Authenticator) aws.Credentials { return longTerm(devID) })
}

func BenchmarkPostUser(b *testing.B) {
	benchmarkPost(b, stack(b), func(*identity.Authenticator) aws.Credentials { return longTerm(bobID) })
}

func BenchmarkPostSession(b *testing.B) {
	benchmarkPost(b, stack(b), func(a *identity.Authenticator) aws.Credentials { return session(b, a, "") })
}

func BenchmarkPostSessionWithConditions(b *testing.B) {
	s := stack(b)
	s.Roles[0].Policies = []spec.Policy{policy(b, "p", allow(manage, apiARN+"/*", `,"Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"},"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}}`))}
	benchmarkPost(b, s, func(a *identity.Authenticator) aws.Credentials { return session(b, a, allow("*", "*", "")) })
}

func BenchmarkAuthorize(b *testing.B) {
	a := authenticator(b, stack(b), &clock{start})
	who, err := verify(b, a, longTerm(bobID), start)
	if err != nil {
		b.Fatal(err)
	}
	what := call(manage, post)
	b.ReportAllocs()
	for b.Loop() {
		if err := a.Authorize(who, what); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenToken is the first request with a token; Update forgets it.
func BenchmarkOpenToken(b *testing.B) {
	s := stack(b)
	a := authenticator(b, s, &clock{start})
	r, _ := presigned(b, session(b, a, ""), start)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		a.Update(s)
		b.StartTimer()
		if _, err := a.IAM(context.Background(), r, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAssumeRole(b *testing.B) {
	a := authenticator(b, stack(b), &clock{start})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.AssumeRole("Poster", "fn", 0, nil); err != nil {
			b.Fatal(err)
		}
	}
}
