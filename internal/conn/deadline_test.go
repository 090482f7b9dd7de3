package conn

import (
	"net"
	"testing"
	"time"
)

// TestAPassedWriteDeadlineStopsNothing has a deadline left over on the socket,
// as a handshake leaves one, and one set while the connection lives: every
// message goes out all the same.
func TestAPassedWriteDeadlineStopsNothing(t *testing.T) {
	t.Parallel()
	secure := loopbackTLS(t)
	for name, open := range map[string]func(testing.TB) (server, client net.Conn){"plain": loopback, "tls": secure} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := open(t)
			past := time.Unix(1, 0)
			if name == "plain" { // crypto/tls breaks for good on a write past its deadline
				if err := server.SetWriteDeadline(past); err != nil {
					t.Fatal(err)
				}
			}
			c := New(server, nil, nil)
			served := make(chan Closed, 1)
			go func() { served <- c.Serve() }()
			for _, message := range []string{"one", "two", "three"} {
				if err := c.Send([]byte(message)); err != nil {
					t.Fatal(err)
				}
				if f, err := readFrame(client); err != nil || f.Data != message {
					t.Fatalf("%+v %v, want %q", f, err, message)
				}
				if name == "plain" {
					if err := server.SetWriteDeadline(past); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := client.Close(); err != nil {
				t.Error(err)
			}
			<-served
		})
	}
}
