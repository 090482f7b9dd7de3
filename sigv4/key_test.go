package sigv4

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestKeyCache(t *testing.T) {
	t.Parallel()
	var kc keyCache
	id := func(n int) keyID { return keyID{"AKID" + strconv.Itoa(n), "20240102", "us-east-1", "execute-api"} }
	first := kc.get(id(0), "secret", 1)
	if kc.get(id(0), "secret", 1) != first {
		t.Error("derived again")
	}
	if kc.get(keyID{"AKID0", "20240102", "us-east-1", "appsync"}, "secret", 1) == first {
		t.Error("key of another service")
	}
	rotated := kc.get(id(0), "rotated", 1)
	if rotated == first || !rotated.madeFrom("rotated") || kc.get(id(0), "rotated", 1) != rotated {
		t.Error("not replaced on rotation")
	}
	for n := range 3*keyGeneration - 1 {
		kc.get(id(n+1), "secret", 1)
		if n%100 == 0 && kc.get(id(0), "rotated", 1) != rotated {
			t.Fatalf("a key in use is forgotten after %d others", n)
		}
	}
	if n := len(kc.young) + len(kc.old); n > 2*keyGeneration {
		t.Errorf("%d keys are kept", n)
	}
	if kc.get(id(0), "rotated", 2) == rotated || len(kc.young)+len(kc.old) != 1 {
		t.Error("not forgotten at midnight")
	}
}

// A rotated secret is refused at once, although its key was cached.
func TestRotation(t *testing.T) {
	t.Parallel()
	secret := testSecret
	v := testVerifier()
	v.Key = func(context.Context, string, string) (string, error) { return secret, nil }
	r, body := signedHeaderRequest(t)
	if _, err := v.Verify(t.Context(), r, body); err != nil {
		t.Fatal(err)
	}
	secret = "another"
	if _, err := v.Verify(t.Context(), r, body); err == nil {
		t.Error("admitted with the old secret")
	}
	secret = testSecret
	if _, err := v.Verify(t.Context(), r, body); err != nil {
		t.Error(err)
	}
}

// One signer and one verifier serve many goroutines, over midnight and while
// secrets rotate.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	s, v := testSigner(testToken), testVerifier()
	var mu sync.Mutex
	at := time.Date(2024, 1, 2, 23, 59, 0, 0, time.UTC)
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(100 * time.Millisecond)
		return at
	}
	s.Now, v.Now = clock, clock
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 100 {
				body := strings.Repeat("x", n*i)
				r := newRequest(t, http.MethodPost, testPost, body)
				if err := s.Sign(t.Context(), r, ""); err != nil {
					t.Error(err)
				}
				who, err := v.Verify(t.Context(), FromHTTP(r), []byte(body))
				if err != nil {
					t.Error(err)
				} else if who.SessionToken != testToken {
					t.Errorf("token of another request: %+v", who)
				}
			}
		})
	}
	wg.Wait()
}

// A huge request leaves no memory behind in the pool.
func TestPoolStaysSmall(t *testing.T) {
	t.Parallel()
	var p canonPool
	c := p.get()
	c.text = make([]byte, keptText+1)
	p.put(c)
	for range 100 {
		if got := p.get(); got == c {
			t.Fatal("kept")
		}
	}
}
