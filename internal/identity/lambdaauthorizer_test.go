package identity_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/identity"
)

func TestLambdaAuthorizer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, answer, reason string
		fails                error
	}{
		{"no", `{"isAuthorized":false}`, "isAuthorized: false", nil},
		{"fails", ``, "failed: boom", errors.New("boom")},
		{"no JSON", `yes`, "answered something else", nil},
		{"empty object", `{}`, "answered something else", nil},
		{"a text", `{"isAuthorized":"true"}`, "answered something else", nil},
		{"null", `null`, "answered something else", nil},
		{"a number", `{"isAuthorized":1}`, "answered something else", nil},
		{"another case", `{"IsAuthorized":true}`, "answered something else", nil},
		{"no, and another name", `{"isAuthorized":false,"ISAUTHORIZED":true}`, "isAuthorized: false", nil},
		{"a list", `[{"isAuthorized":true}]`, "answered something else", nil},
		{"two values", `{"isAuthorized":true}{}`, "answered something else", nil},
		{"TTL in words", `{"isAuthorized":true,"ttlOverride":"300"}`, "answered something else", nil},
		{"TTL beyond numbers", `{"isAuthorized":true,"ttlOverride":1e999}`, "answered something else", nil},
		{"context in a list", `{"isAuthorized":true,"resolverContext":[]}`, "a context that is no object", nil},
		{"blanks before what is nested", `{"isAuthorized":true,"resolverContext":{"a": [ ]}}`, "is no text, number or truth value", nil},
		{"denied in one text", `{"isAuthorized":true,"deniedFields":"Query.a"}`, "answered something else", nil},
		{"nested context", `{"isAuthorized":true,"resolverContext":{"a":{"b":1}}}`, "is no text, number or truth value", nil},
		{"denied what", `{"isAuthorized":true,"deniedFields":["everything"]}`, "neither Type.field nor", nil},
		{"denied ARN", `{"isAuthorized":true,"deniedFields":["arn:aws:appsync:::apis/x/types/A"]}`, "neither Type.field nor", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, providers(), nil)
			w.answer, w.fails = tt.answer, tt.fails
			_, f := w.modes.Admit(context.Background(), credential("Authorization", opaque))
			checkRefusal(t, f, public{"UnauthorizedException", 401, "You are not authorized to make this call."}, tt.reason, opaque)
		})
	}
}

func TestLambdaAuthorizerIsAskedOnceInItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	admit := func() {
		t.Helper()
		r := credential("Authorization", opaque)
		r.Header.Set("X-Custom", "c")
		r.Variables = json.RawMessage(`{"v":1}`)
		if _, f := w.modes.Admit(context.Background(), r); f != nil {
			t.Fatal(f)
		}
	}
	admit()
	admit()
	want := []string{authorizer + ` {"authorizationToken":"` + opaque + `","requestContext":{"apiId":"abcdefghijklmnopqrstuvwxyz","accountId":"123456789012",` +
		`"requestId":"r-1","queryString":"{a}","operationName":"A","variables":{"v":1}},"requestHeaders":{"host":"127.0.0.1:4577","x-custom":"c"}}`}
	if diff := cmp.Diff(want, w.asked); diff != "" {
		t.Error(diff)
	}
	w.clock.now = start.Add(time.Minute)
	w.answer = `{"isAuthorized":true,"ttlOverride":0}`
	admit()
	admit()
	if len(w.asked) != 3 {
		t.Errorf("asked %d times", len(w.asked))
	}
}

// TestLambdaAuthorizersAnswersAreBounded: what is remembered of the functions'
// answers is bounded in bytes, and what is said last is remembered.
func TestLambdaAuthorizersAnswersAreBounded(t *testing.T) {
	t.Parallel()
	t.Run("contexts", func(t *testing.T) {
		t.Parallel()
		boundedAnswers(t, `{"isAuthorized":true,"resolverContext":{"a":"`+strings.Repeat("x", 5<<20-100)+`"}}`)
	})
	t.Run("denied fields", func(t *testing.T) {
		t.Parallel()
		boundedAnswers(t, `{"isAuthorized":true,"deniedFields":[`+deniedFields(60_000)+`]}`)
	})
	t.Run("more than all", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, providers(), nil)
		w.answer = `{"isAuthorized":true,"deniedFields":[` + deniedFields(130_000) + `]}`
		for range 2 {
			if _, f := w.modes.Admit(context.Background(), credential("Authorization", opaque)); f != nil {
				t.Fatal(f)
			}
		}
		if len(w.asked) != 2 {
			t.Errorf("the function was asked %d times", len(w.asked))
		}
	})
}

// deniedFields are n, of which each takes about 80 bytes.
func deniedFields(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"Query.field%05d"`, i)
	}
	return strings.Join(list, ",")
}

// boundedAnswers has an answer remembered of which only one has room.
func boundedAnswers(t *testing.T, answer string) {
	w := newWorld(t, providers(), nil)
	w.answer = answer
	admit := func(token string, asked int) {
		t.Helper()
		if _, f := w.modes.Admit(context.Background(), credential("Authorization", "custom-"+token)); f != nil {
			t.Fatal(f)
		}
		if len(w.asked) != asked {
			t.Errorf("%s: the function was asked %d times, not %d", token, len(w.asked), asked)
		}
	}
	admit("a", 1)
	admit("b", 2)
	admit("b", 2)
	admit("a", 3) // which was forgotten
	w.clock.now = start.Add(time.Hour)
	admit("b", 4) // what was over takes no room
	admit("b", 4)
}

// TestACrowdWithOneTokenIsOneCall: who would be given a remembered answer waits
// for it; without one, everybody asks.
func TestACrowdWithOneTokenIsOneCall(t *testing.T) {
	t.Parallel()
	const crowd = 20
	for _, tt := range []struct {
		name, answer string
		fails        error
		leaves       bool // the first, while it waits
		calls        int
		admitted     int
	}{
		{name: "remembered", answer: `{"isAuthorized":true}`, calls: 1, admitted: crowd},
		{name: "remembered refusal", answer: `{"isAuthorized":false}`, calls: 1},
		{name: "not remembered", answer: `{"isAuthorized":true,"ttlOverride":0}`, calls: crowd, admitted: crowd},
		{name: "failed", fails: errors.New("boom"), calls: crowd},
		{name: "the first leaves", answer: `{"isAuthorized":true}`, leaves: true, calls: crowd, admitted: crowd - 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls, admitted atomic.Int32
				answered := make(chan struct{})
				w := newWorld(t, providers(), func(o *identity.ModesOptions) {
					o.Invoke = func(ctx context.Context, _ string, _ []byte) ([]byte, error) {
						calls.Add(1)
						select {
						case <-answered:
							return []byte(tt.answer), tt.fails
						case <-ctx.Done():
							return nil, ctx.Err()
						}
					}
				})
				var all sync.WaitGroup
				enter := func(ctx context.Context) {
					all.Go(func() {
						if _, f := w.modes.Admit(ctx, credential("Authorization", opaque)); f == nil {
							admitted.Add(1)
						}
					})
					synctest.Wait()
				}
				ctx, leave := context.WithCancel(t.Context())
				enter(ctx)
				for range crowd - 1 {
					enter(t.Context())
				}
				if n := calls.Load(); n != 1 {
					t.Errorf("%d calls at first", n)
				}
				if tt.leaves {
					leave()
					synctest.Wait()
				}
				close(answered)
				all.Wait()
				leave()
				if got := int(calls.Load()); got != tt.calls || int(admitted.Load()) != tt.admitted {
					t.Errorf("%d calls, %d admitted; want %d and %d", got, admitted.Load(), tt.calls, tt.admitted)
				}
			})
		})
	}
}
