package login

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// clock is a time that tests set.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Unix())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(c.at.Load(), 0) }
func (c *clock) advance(d time.Duration) { c.at.Add(int64(d / time.Second)) }

// renewals gives tokens for an hour, and rotates their refresh tokens.
type renewals struct {
	clock *clock
	mu    sync.Mutex
	count int
	fail  error
	life  time.Duration
}

func (r *renewals) renew(ctx context.Context, old *oauth2.Token) (*oauth2.Token, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	if r.fail != nil {
		return nil, r.fail
	}
	if old == nil {
		return nil, &Error{Op: "refresh", Kind: ErrLoginRequired}
	}
	if want := fmt.Sprint("refresh-", r.count-1); old.RefreshToken != want {
		return nil, fmt.Errorf("%s was sent, want %s", old.RefreshToken, want)
	}
	return r.token(), nil
}

func (r *renewals) token() *oauth2.Token {
	life := r.life
	if life == 0 {
		life = time.Hour
	}
	return &oauth2.Token{AccessToken: fmt.Sprint("access-", r.count), RefreshToken: fmt.Sprint("refresh-", r.count), Expiry: r.clock.now().Add(life)}
}

func newSource(t testing.TB, r *renewals, store *Store) *Source {
	t.Helper()
	s, err := NewSource(&SourceOptions{Renew: r.renew, Store: store, Name: "work", Binding: "b", Now: r.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fetch(t testing.TB, s *Source, want string) {
	t.Helper()
	token, err := s.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken != want {
		t.Errorf("%s, want %s", token.AccessToken, want)
	}
	if token.RefreshToken != "" {
		t.Error("a caller gets the refresh token")
	}
}

func TestSourceRenewsBeforeExpiry(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]*Store{"memory": nil, "saved": openStore(t, filepath.Join(t.TempDir(), "d"))} {
		r := &renewals{clock: newClock()}
		s := newSource(t, r, store)
		if _, err := s.Fetch(t.Context()); !errors.Is(err, ErrLoginRequired) {
			t.Fatalf("%s: %v", name, err)
		}
		r.count = 0
		if err := s.Save(t.Context(), r.token(), nil); err != nil {
			t.Fatal(err)
		}
		fetch(t, s, "access-0")
		r.clock.advance(59*time.Minute - time.Second)
		fetch(t, s, "access-0")
		r.clock.advance(2 * time.Second)
		fetch(t, s, "access-1")
		fetch(t, s, "access-1")
		r.clock.advance(5 * time.Hour)
		fetch(t, s, "access-2")
		if store != nil {
			fetch(t, newSource(t, r, store), "access-2")
		}
	}
}

func TestSourceShortTokens(t *testing.T) {
	t.Parallel()
	r := &renewals{clock: newClock(), life: 30 * time.Second}
	s := newSource(t, r, nil)
	if err := s.Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	fetch(t, s, "access-0")
	r.clock.advance(26 * time.Second)
	fetch(t, s, "access-0")
	r.clock.advance(time.Second)
	fetch(t, s, "access-1")
}

func TestSourceBridgesOutage(t *testing.T) {
	t.Parallel()
	r := &renewals{clock: newClock()}
	s := newSource(t, r, openStore(t, filepath.Join(t.TempDir(), "d")))
	if err := s.Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	r.fail = &Error{Op: "refresh", Kind: ErrUnavailable}
	r.clock.advance(59*time.Minute + 30*time.Second)
	fetch(t, s, "access-0")
	fetch(t, s, "access-0")
	if r.count != 1 {
		t.Errorf("%d attempts within seconds", r.count)
	}
	r.clock.advance(11 * time.Second)
	fetch(t, s, "access-0")
	r.clock.advance(30 * time.Second)
	if _, err := s.Fetch(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
	r.fail, r.count = nil, 0
	fetch(t, s, "access-1")
}

func TestSourceRefusesAnothersLogin(t *testing.T) {
	t.Parallel()
	store := openStore(t, filepath.Join(t.TempDir(), "d"))
	r := &renewals{clock: newClock()}
	if err := store.Save(t.Context(), "work", &Record{Binding: "other", Token: r.token()}); err != nil {
		t.Fatal(err)
	}
	if _, err := newSource(t, r, store).Fetch(t.Context()); !errors.Is(err, ErrLoginRequired) || r.count != 0 {
		t.Errorf("%v after %d renewals", err, r.count)
	}
}

func TestSourceKeepsSettings(t *testing.T) {
	t.Parallel()
	store := openStore(t, filepath.Join(t.TempDir(), "d"))
	r := &renewals{clock: newClock()}
	s := newSource(t, r, store)
	if err := s.Save(t.Context(), r.token(), []byte(`{"issuer":"i"}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	r.clock.advance(2 * time.Hour)
	fetch(t, s, "access-1")
	saved, err := store.Load("work")
	var got struct{ Issuer string }
	if err != nil || json.Unmarshal(saved.Settings, &got) != nil || got.Issuer != "i" {
		t.Errorf("%s, %v", saved.Settings, err)
	}
}

func TestSourceWritesLaterWhatItCouldNot(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "d")
	store := openStore(t, dir)
	r := &renewals{clock: newClock()}
	s := newSource(t, r, store)
	if err := s.Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	blocker := filepath.Join(dir, "login-work.json.tmp")
	if err := os.MkdirAll(filepath.Join(blocker, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	r.clock.advance(2 * time.Hour)
	if _, err := s.Fetch(t.Context()); !errors.Is(err, ErrStore) {
		t.Fatalf("used before it was saved: %v", err)
	}
	if err := os.RemoveAll(blocker); err != nil {
		t.Fatal(err)
	}
	fetch(t, s, "access-1")
	if saved, err := store.Load("work"); err != nil || saved.Token.RefreshToken != "refresh-1" || r.count != 1 {
		t.Errorf("%v, %v after %d renewals", saved, err, r.count)
	}
}

func TestSourceFinishesRotation(t *testing.T) {
	t.Parallel()
	store := openStore(t, filepath.Join(t.TempDir(), "d"))
	r := &renewals{clock: newClock()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := NewSource(&SourceOptions{Store: store, Name: "work", Now: r.clock.now,
		Renew: func(inner context.Context, old *oauth2.Token) (*oauth2.Token, error) {
			cancel()
			if _, limited := inner.Deadline(); inner.Err() != nil || !limited {
				t.Error("the renewal ends with the caller, or never")
			}
			return r.renew(inner, old)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(ctx, r.token(), nil); err != nil {
		t.Fatal(err)
	}
	r.clock.advance(2 * time.Hour)
	if _, err := s.Fetch(ctx); err != nil {
		t.Error(err)
	}
	if _, err := s.Fetch(ctx); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestSourceIDTokens(t *testing.T) {
	t.Parallel()
	server := newPool(t)
	c := newClock()
	server.now = c.now
	pool := server.pool()
	first, err := pool.SRP(t.Context(), testAlias, testPassword)
	if err != nil {
		t.Fatal(err)
	}
	s, err := pool.Source(nil, "", true)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), first, nil); err != nil {
		t.Fatal(err)
	}
	fetch(t, s, IDToken(first))
	c.advance(2 * time.Hour)
	if second, err := s.Token(); err != nil || second.AccessToken == IDToken(first) || second.AccessToken != IDToken(second) {
		t.Errorf("not renewed: %v", err)
	}
	bare := &renewals{clock: c}
	s, err = NewSource(&SourceOptions{Renew: func(context.Context, *oauth2.Token) (*oauth2.Token, error) { return bare.token(), nil }, IDToken: true, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

func TestSourceManyCallersRenewOnce(t *testing.T) {
	t.Parallel()
	store := openStore(t, filepath.Join(t.TempDir(), "d"))
	r := &renewals{clock: newClock()}
	if err := newSource(t, r, store).Save(t.Context(), r.token(), nil); err != nil {
		t.Fatal(err)
	}
	r.clock.advance(2 * time.Hour)
	shared := newSource(t, r, store)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { fetch(t, shared, "access-1") })
		wait.Go(func() { fetch(t, newSource(t, r, store), "access-1") })
	}
	wait.Wait()
	if r.count != 1 {
		t.Errorf("%d renewals", r.count)
	}
}

// child is another process that shares a store: it waits for a line with the
// directory and the endpoint, and prints the fingerprint of its token.
func child(in io.Reader, out io.Writer) int {
	line, _ := bufio.NewReader(in).ReadString('\n')
	dir, endpoint, _ := strings.Cut(strings.TrimSpace(line), "|")
	store, err := OpenStore(dir)
	if err == nil {
		p := &UserPool{PoolID: testPool, ClientID: testClient, Endpoint: endpoint}
		var s *Source
		if s, err = p.Source(store, "work", false); err == nil {
			var token *oauth2.Token
			if token, err = s.Token(); err == nil {
				_, err = fmt.Fprintln(out, masked(token.AccessToken))
			}
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(out, err)
		return 1
	}
	return 0
}

func TestParallelProcessesRenewOnce(t *testing.T) {
	t.Parallel()
	server := newPool(t)
	server.rotate = true
	dir := filepath.Join(t.TempDir(), "d")
	source, err := server.pool().Source(openStore(t, dir), "work", false)
	if err != nil {
		t.Fatal(err)
	}
	stale := &oauth2.Token{AccessToken: "stale", RefreshToken: server.refresh, Expiry: time.Now().Add(-time.Hour)}
	if err := source.Save(t.Context(), stale, nil); err != nil {
		t.Fatal(err)
	}
	const processes = 4
	var outputs [processes]strings.Builder
	var inputs []io.WriteCloser
	var children []*exec.Cmd
	for i := range processes {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "TIDEWIRE_LOGIN_TEST_CHILD=1")
		cmd.Stdout, cmd.Stderr = &outputs[i], &outputs[i]
		in, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		inputs, children = append(inputs, in), append(children, cmd)
	}
	for _, in := range inputs { // all are running: begin
		_, err := fmt.Fprintf(in, "%s|%s\n", dir, server.url)
		if err := errors.Join(err, in.Close()); err != nil {
			t.Error(err)
		}
	}
	for i, cmd := range children {
		if err := cmd.Wait(); err != nil || outputs[i].String() != outputs[0].String() {
			t.Errorf("process %d: %v: %s", i, err, outputs[i].String())
		}
	}
	if server.issued != 1 || len(server.calls) != 1 {
		t.Errorf("renewed %d times: %v", server.issued, server.calls)
	}
}
