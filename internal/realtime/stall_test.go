package realtime_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gobwas/ws"

	"github.com/tidewire/tidewire/internal/realtime"
)

// A server cannot hold up Close by a message that it does not finish.
func TestCloseDuringHalfAMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, count, _ := newSocket(t, realtime.Options{}, func(p *peer) {
			if !p.hello() {
				return
			}
			f, _ := p.next()
			p.send(`{"type":"start_ack","id":%q}`, f.ID)
			if _, err := ws.ReadHeader(p.conn); err != nil { // of the close frame
				t.Error(err)
			}
			_, _ = io.CopyN(io.Discard, p.conn, 2)
			_ = ws.WriteHeader(p.conn, ws.Header{Fin: true, OpCode: ws.OpText, Length: 1000})
			_, _ = io.Copy(io.Discard, p.conn)
		})
		mustSubscribe(t, s, count)
		began := time.Now()
		s.Close()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("close took %v", took)
		}
	})
}
