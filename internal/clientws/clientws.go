// Package clientws is the client's end of a WebSocket: that of
// github.com/coder/websocket v1.8, without two traits of it. Its Close may wait for
// ever for the rest of a message that the server does not finish, and its Read
// takes a message for complete when the connection ends within it, behind a frame
// or behind what one Read of the network gave.
package clientws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// CloseTime is how long Close waits for the server.
const CloseTime = 5 * time.Second

// ErrLate is a closing handshake that the server did not finish in time.
var ErrLate = errors.New("the server did not answer the close frame in time")

// Conn is an open WebSocket. But for Close it is as coder/websocket has it.
type Conn struct {
	*websocket.Conn
	network io.Closer // what is below it
}

// network is a connection whose end is never that of a message: it is an error.
type network struct{ io.ReadWriteCloser }

func (n *network) Read(p []byte) (int, error) {
	k, err := n.ReadWriteCloser.Read(p)
	if errors.Is(err, io.EOF) { // as the library asks; a caller's transport may wrap it
		err = io.ErrUnexpectedEOF
	}
	return k, err
}

// Dial is websocket.Dial.
func Dial(ctx context.Context, url string, o *websocket.DialOptions) (*Conn, *http.Response, error) {
	client := http.Client{}
	if o.HTTPClient != nil {
		client = *o.HTTPClient
	}
	seen := &upgrade{base: client.Transport}
	client.Transport = seen
	options := *o
	options.HTTPClient = &client
	conn, resp, err := websocket.Dial(ctx, url, &options)
	if err != nil {
		return nil, resp, err
	}
	return &Conn{Conn: conn, network: seen.network}, resp, nil
}

// upgrade is a transport that keeps the connection that an answer gives. It is used
// for one handshake.
type upgrade struct {
	base    http.RoundTripper // nil: http.DefaultTransport
	network io.Closer
}

func (u *upgrade) RoundTrip(r *http.Request) (*http.Response, error) {
	base := u.base
	if base == nil {
		base = http.DefaultTransport
	}
	resp, err := base.RoundTrip(r)
	if err != nil || resp == nil { // net/http looks at it
		return resp, err
	}
	if nc, ok := resp.Body.(io.ReadWriteCloser); ok && resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = &network{nc}
		u.network = nc
	}
	return resp, nil
}

// Close does the closing handshake, for CloseTime at most: then it ends the
// connection and returns ErrLate. The connection has ended in any case. It is to
// be called once.
func (c *Conn) Close(code websocket.StatusCode, reason string) error {
	began := time.Now()
	late := time.AfterFunc(CloseTime, func() { _ = c.network.Close() })
	defer late.Stop()
	err := c.Conn.Close(code, reason)
	if time.Since(began) >= CloseTime || errors.Is(err, context.DeadlineExceeded) {
		return ErrLate
	}
	return err
}
