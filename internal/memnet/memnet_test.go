package memnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tidewire/tidewire/internal/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAcceptAndDial(t *testing.T) {
	t.Parallel()
	l := memnet.Listen()
	var server sync.WaitGroup
	server.Go(func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		_, err = c.Write([]byte("hello"))
		if err := errors.Join(err, c.Close()); err != nil {
			t.Error(err)
		}
	})
	c, err := l.Dial(t.Context(), "tcp", "any.test:1")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || string(got) != "hello" {
		t.Errorf("%q %v", got, err)
	}
	server.Wait()
	if host, _, err := net.SplitHostPort(l.Addr().String()); err != nil || !net.ParseIP(host).IsLoopback() {
		t.Errorf("%s: %v", l.Addr(), err)
	}
}

// Whoever waits is told, and whoever comes later, even both at the same time.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, dialling := range []bool{false, true} {
			l := memnet.Listen()
			var all sync.WaitGroup
			accept := func() {
				if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("accept: %v", err)
				}
			}
			dial := func() {
				_, err := l.Dial(t.Context(), "tcp", "x")
				var op *net.OpError
				if !errors.Is(err, syscall.ECONNREFUSED) || !errors.As(err, &op) || op.Op != "dial" {
					t.Errorf("dial: %v", err)
				}
			}
			if dialling {
				all.Go(dial)
			} else {
				all.Go(accept)
			}
			synctest.Wait()
			if err := errors.Join(l.Close(), l.Close()); err != nil {
				t.Error(err)
			}
			for range 100 {
				all.Go(accept)
				all.Go(dial)
			}
			all.Wait()
		}
	})
}

// A listener's end is not that of its connections.
func TestConnectionsStay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := memnet.Listen()
		taken := make(chan net.Conn, 1)
		go func() {
			c, _ := l.Accept()
			taken <- c
		}()
		near, err := l.Dial(t.Context(), "tcp", "x")
		if err != nil {
			t.Fatal(err)
		}
		far := <-taken
		_ = l.Close()
		go func() { _, _ = near.Write([]byte("x")) }()
		if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
			t.Error(err)
		}
		_ = near.Close()
		_ = far.Close()
	})
}

func TestDialEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := memnet.Listen() // nobody accepts
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := l.Dial(ctx, "tcp", "x"); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		accepting := make(chan struct{})
		go func() {
			defer close(accepting)
			if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("accepted what had ended: %v", err)
			}
		}()
		synctest.Wait()
		if _, err := l.Dial(ctx, "tcp", "x"); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		_ = l.Close()
		<-accepting
	})
}

// The client reaches the handler under any name, and the test's end waits for
// handlers at work, also for one that has taken its connection.
func TestServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int32
		inner := &cleanups{TB: t}
		c := memnet.Serve(inner, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer ended.Add(1)
			if r.URL.Path != "/taken" {
				_, _ = io.WriteString(w, r.Host)
				return
			}
			nc, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = nc.Close()
			time.Sleep(time.Hour)
		}))
		resp, err := c.Get("http://any.test/")
		if err != nil {
			t.Fatal(err)
		}
		host, err := io.ReadAll(resp.Body)
		if err := errors.Join(err, resp.Body.Close()); err != nil || string(host) != "any.test" {
			t.Errorf("%q %v", host, err)
		}
		if _, err := c.Post("http://any.test/taken", "", nil); err == nil { // a GET would be tried again
			t.Error("an answer on a closed connection")
		}
		began := time.Now()
		inner.run()
		if n := ended.Load(); n != 2 || time.Since(began) != time.Hour {
			t.Errorf("%d handlers had ended, after %v", n, time.Since(began))
		}
		if _, err := c.Get("http://any.test/"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// cleanups is a test that ends when run is called.
type cleanups struct {
	testing.TB
	list []func()
}

func (c *cleanups) Cleanup(f func()) { c.list = append(c.list, f) }

func (c *cleanups) run() {
	for _, f := range c.list {
		f()
	}
}
