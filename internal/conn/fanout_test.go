package conn

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
)

// TestFanout: publishers at the same time, to sockets of all kinds: each gets
// every event once, those of one publisher in their order.
func TestFanout(t *testing.T) {
	t.Parallel()
	const publishers, events, batch = 4, 300, 3
	o := &Options{Buffers: new(Buffers), Fanout: new(Fanout), Queue: 64 << 20}
	secure := loopbackTLS(t)
	var conns []*Conn
	var served, readers, sending sync.WaitGroup
	for i := range 20 {
		pair := loopback
		if i%5 == 0 {
			pair = secure
		}
		server, client := pair(t)
		c := New(server, nil, o)
		conns = append(conns, c)
		served.Go(func() { c.Serve() })
		readers.Go(func() {
			defer client.Close()
			if err := inOrder(client, publishers, events*batch); err != nil {
				t.Errorf("socket %d: %v", i, err)
			}
		})
	}
	for p := range publishers {
		sending.Go(func() {
			for e := range events {
				for _, c := range conns {
					if sent, err := c.Fan([]byte{byte(p)}, numbered(e*batch, batch), []byte(strings.Repeat(".", 100))); sent != batch || err != nil {
						t.Errorf("Fan: %d, %v", sent, err)
					}
				}
			}
		})
	}
	sending.Wait()
	readers.Wait()
	served.Wait()
}

func numbered(from, n int) [][]byte {
	var list [][]byte
	for i := range n {
		list = append(list, binary.BigEndian.AppendUint32(nil, uint32(from+i)))
	}
	return list
}

// inOrder reads so many events of each publisher.
func inOrder(r io.Reader, publishers, events int) error {
	next := make([]uint32, publishers)
	for range publishers * events {
		f, err := readFrame(r)
		if err != nil {
			return err
		}
		p, e := f.Data[0], binary.BigEndian.Uint32([]byte(f.Data[1:5]))
		if e != next[p] {
			return fmt.Errorf("event %d of publisher %d came, want %d", e, p, next[p])
		}
		next[p]++
	}
	return nil
}

// TestFanoutStalled: a peer that does not read delays nobody, and gets the rest
// when it does.
func TestFanoutStalled(t *testing.T) {
	t.Parallel()
	o := &Options{Buffers: new(Buffers), Fanout: new(Fanout), Queue: 64 << 20}
	var ends [2]net.Conn
	var conns [2]*Conn
	var served sync.WaitGroup
	for i := range conns {
		var server net.Conn
		server, ends[i] = loopback(t)
		conns[i] = New(server, nil, o)
		served.Go(func() { conns[i].Serve() })
	}
	const events = 200
	body := []byte(strings.Repeat("x", 20<<10)) // more than sockets hold
	for range events {
		for i, c := range conns {
			if sent, err := c.Fan(nil, [][]byte{body}, nil); sent != 1 || err != nil {
				t.Fatalf("Fan: %d, %v", sent, err)
			}
			if i == 1 {
				expectBody(t, ends[i], body)
			}
		}
	}
	for range events {
		expectBody(t, ends[0], body)
	}
	for _, c := range ends {
		c.Close()
	}
	served.Wait()
}

func expectBody(t *testing.T, r io.Reader, body []byte) {
	t.Helper()
	if f, err := readFrame(r); err != nil || f.Op != ws.OpText || f.Data != string(body) {
		t.Fatalf("read a frame of %d bytes: %v", len(f.Data), err)
	}
}

// TestFanoutEnds: sockets that end while they wait for their turn are no loss.
func TestFanoutEnds(t *testing.T) {
	t.Parallel()
	o := &Options{Fanout: new(Fanout)}
	var served, dropping sync.WaitGroup
	for range 50 {
		server, client := loopback(t)
		c := New(server, nil, o)
		served.Go(func() { c.Serve() })
		dropping.Go(func() { _ = client.Close() })
		dropping.Go(c.Drop)
		for range 10 {
			_, _ = c.Fan(nil, [][]byte{[]byte("event")}, nil) // it may have ended
		}
	}
	dropping.Wait()
	served.Wait()
}
