package login

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func rejected(t testing.TB, s *Source, token, want string) {
	t.Helper()
	got, err := s.Rejected(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if got.AccessToken != want {
		t.Errorf("after %s was rejected: %s, want %s", token, got.AccessToken, want)
	}
}

func TestRejectedRenewsOnce(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]*Store{"memory": nil, "saved": openStore(t, filepath.Join(t.TempDir(), "d"))} {
		r := &renewals{clock: newClock()}
		s := newSource(t, r, store)
		if err := s.Save(t.Context(), r.token(), nil); err != nil {
			t.Fatal(err)
		}
		rejected(t, s, "access-0", "access-1")
		rejected(t, s, "access-0", "access-1") // a straggler
		rejected(t, s, "never-given", "access-1")
		rejected(t, s, "", "access-1")
		fetch(t, s, "access-1")
		if r.count != 1 {
			t.Errorf("%s: %d renewals for one rejection", name, r.count)
		}
	}
}

func TestRejectedInSeveralProcesses(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "d")
	r := &renewals{clock: newClock()}
	if err := newSource(t, r, openStore(t, dir)).Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		s := newSource(t, r, openStore(t, dir)) // as another process has one
		all.Go(func() {
			fetchQuietly(t, s)
			if got, err := s.Rejected(t.Context(), "access-0"); err != nil || got.AccessToken != "access-1" {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	all.Wait()
	if r.count != 1 {
		t.Errorf("%d renewals", r.count)
	}
}

func fetchQuietly(t testing.TB, s *Source) {
	if _, err := s.Fetch(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestRejectedWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	r := &renewals{clock: newClock()}
	s := newSource(t, r, nil)
	if err := s.Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	r.fail = &Error{Op: "refresh", Kind: ErrUnavailable}
	for range 2 { // the token that a server refuses is no bridge
		if _, err := s.Rejected(t.Context(), "access-0"); !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
	}
	for i := range 2 { // what else was refused does not make it good
		if _, err := s.Rejected(t.Context(), fmt.Sprint("other-", i)); !errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
	}
	r.fail, r.count = nil, 0
	fetch(t, s, "access-1")
}

func TestRejectedAndGivenAgain(t *testing.T) {
	t.Parallel()
	r := &renewals{clock: newClock()}
	s := newSource(t, r, nil)
	if err := s.Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Rejected(t.Context(), "access-1"); err != nil { // the one that comes next
		t.Fatal(err)
	}
	if _, err := s.Rejected(t.Context(), "access-0"); !errors.Is(err, ErrLoginRequired) || !strings.Contains(err.Error(), "again") {
		t.Error(err)
	}
}

// TestClockJumps sets the wall clock by an hour: no token is given that the
// provider takes for expired, and none is renewed in a loop.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]*Store{"memory": nil, "saved": openStore(t, filepath.Join(t.TempDir(), "d"))} {
		r := &renewals{clock: newClock()}
		s := newSource(t, r, store)
		if err := s.Save(t.Context(), r.token(), nil); err != nil {
			t.Fatal(err)
		}
		r.clock.advance(time.Hour)
		fetch(t, s, "access-1")
		r.clock.advance(-time.Hour) // the token now seems to be good for two hours
		fetch(t, s, "access-2")
		fetch(t, s, "access-2")
		r.clock.advance(-30 * time.Second) // a correction is no jump
		fetch(t, s, "access-2")
		if r.count != 2 {
			t.Errorf("%s: %d renewals", name, r.count)
		}
		r.fail = &Error{Op: "refresh", Kind: ErrUnavailable}
		r.clock.advance(-time.Hour)
		fetch(t, s, "access-2") // better than none
		fetch(t, s, "access-2")
		if r.count != 3 {
			t.Errorf("%s: %d attempts within seconds", name, r.count-2)
		}
		r.fail = nil
		r.clock.advance(-time.Hour) // which must not lengthen the wait for the next attempt
		r.count = 2
		fetch(t, s, "access-3")
	}
}

func TestClockIsTheWalls(t *testing.T) {
	t.Parallel()
	r := &renewals{clock: newClock()}
	s, err := NewSource(&SourceOptions{Renew: r.renew, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if text := s.now().String(); strings.Contains(text, "m=") {
		t.Errorf("%s: the monotonic clock stands still while the machine sleeps", text)
	}
}

func TestStoreTake(t *testing.T) {
	t.Parallel()
	s := openStore(t, filepath.Join(t.TempDir(), "d"))
	if err := s.Save(t.Context(), "x", sample()); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Take(t.Context(), "x"); err != nil || r.Token.RefreshToken != "sample-refresh" {
		t.Errorf("%v, %v", r, err)
	}
	if _, err := s.Take(t.Context(), "x"); !errors.Is(err, ErrLoginRequired) {
		t.Errorf("the second: %v", err)
	}
	if err := s.write("x", &Record{Settings: []byte(`1`)}); err != nil {
		t.Fatal(err)
	}
	if err := s.files.Write("login-x.json", []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(t.Context(), "x"); !errors.Is(err, ErrStore) {
		t.Errorf("a damaged file: %v", err)
	}
	if names, err := s.Names(); err != nil || len(names) != 0 {
		t.Errorf("left over: %v, %v", names, err)
	}
}
