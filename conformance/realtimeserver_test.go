//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// live is a stack of testdata that serves its clients in real time, in all five
// modes of authorization, with npm oidc-provider and cognito-local.
type live struct {
	*modes
	dir  string
	args []string
}

func startLive(t testing.TB, dir string, args ...string) *live {
	t.Helper()
	m := &modes{issuer: startIssuer(t), notes: filepath.Join(t.TempDir(), "notes")}
	address, to := movable(t)
	m.pool = startUserPool(t, address)
	to(m.pool.url)
	l := &live{modes: m, dir: filepath.Join(suite.root, dir), args: append(args, "--listen", lastingAddress(t), "--parameter", "Notes="+m.notes,
		"--issuer", "https://login.example.com="+m.issuer.url, "--issuer", "Pool="+address+"/"+poolID)}
	l.server = serve(t, l.dir, serveOptions{args: l.args})
	return l
}

// lastingAddress is one to listen at whose port nobody gets who asks the system
// for any port, so that it is still free when a server is away for a while.
func lastingAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 12_000+rand.N(20_000))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("100 ports are in use")
	return ""
}

// killed ends the server with -9 and starts it again where it was.
func (l *live) killed(t testing.TB) {
	t.Helper()
	old := l.server
	old.signal(t, syscall.SIGKILL)
	<-old.done
	old.stopped = true
	old.judge(t)
	l.server = serve(t, l.dir, serveOptions{args: l.args, state: old.state, config: old.config})
}

// everyone are proofs of each mode by the names of who has them; a role's
// credentials have a session token, the developer's have none.
func (l *live) everyone(t testing.TB) map[string]proof {
	t.Helper()
	all := map[string]proof{}
	for _, p := range l.proofs(t) {
		all[p.Mode] = p
	}
	d := l.credentials(t, "")
	all["AWS_IAM developer"] = proof{Mode: "AWS_IAM", Credentials: map[string]string{"accessKeyId": d.accessKeyID, "secretAccessKey": d.secretAccessKey}}
	return all
}

// secure is a wss or https address of the server by the name localhost.
func local(address string) string { return strings.Replace(address, "127.0.0.1", "localhost", 1) }

// ticker has numbers published, one after the other, and knows which were
// acknowledged. Those that meet no server are tried again.
type ticker struct {
	stop chan struct{}
	done sync.WaitGroup

	mu    sync.Mutex
	acked []int
}

// tick publishes numbers until the end of the test, or until halt.
func tick(t testing.TB, every time.Duration, publish func(n int) error) *ticker {
	t.Helper()
	k := &ticker{stop: make(chan struct{})}
	k.done.Go(func() {
		wait := time.NewTicker(every)
		defer wait.Stop()
		for n := 1; ; n++ {
			if publish(n) == nil {
				k.mu.Lock()
				k.acked = append(k.acked, n)
				k.mu.Unlock()
			}
			select {
			case <-wait.C:
			case <-k.stop:
				return
			}
		}
	})
	t.Cleanup(func() { k.halt() })
	return k
}

// halt stops and gives what was acknowledged. It may be called again.
func (k *ticker) halt() []int {
	select {
	case <-k.stop:
	default:
		close(k.stop)
	}
	k.done.Wait()
	return k.acked
}

// latest is the last number that was acknowledged, or 0.
func (k *ticker) latest() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.acked) == 0 {
		return 0
	}
	return k.acked[len(k.acked)-1]
}

// complete wants every acknowledged number from the first that was heard to the
// last, in order and once, but for one gap: while the server was away.
func complete(heard, acked []int) error {
	next := map[int]int{}
	for i, n := range acked[:max(0, len(acked)-1)] {
		next[n] = acked[i+1]
	}
	gaps := 0
	for i := 1; i < len(heard); i++ {
		if heard[i] <= heard[i-1] {
			return fmt.Errorf("%d was heard after %d", heard[i], heard[i-1])
		}
		if want := next[heard[i-1]]; want != 0 && heard[i] > want {
			gaps++
		}
	}
	if gaps > 1 || len(heard) == 0 {
		return fmt.Errorf("%d were heard, with %d gaps", len(heard), gaps)
	}
	return nil
}

// encoded is v in JSON; callable from any goroutine.
func encoded(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

func quoted(text string) string { return encoded(text) }
