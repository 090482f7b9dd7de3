package memnet

import (
	"net"
	"net/http"
	"sync"
	"testing"
)

// Serve serves h until the test ends, and gives a client that reaches nothing
// else. The test's end closes all connections but those that a handler has taken
// from the server, and waits for every handler, also of these.
func Serve(t testing.TB, h http.Handler) *http.Client {
	t.Helper()
	l := Listen()
	var serving sync.WaitGroup // Serve, connections and handlers: each is added while another is counted
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			serving.Add(1)
			defer serving.Done()
			h.ServeHTTP(w, r)
		}),
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				serving.Add(1)
			case http.StateClosed, http.StateHijacked:
				serving.Done()
			}
		},
	}
	serving.Go(func() { _ = server.Serve(l) })
	transport := &http.Transport{DialContext: l.Dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	})
	return &http.Client{Transport: transport}
}
