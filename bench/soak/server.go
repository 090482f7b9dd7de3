package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"time"
)

type connKey struct{}

// serveUntilEOF is the server: it prints its address and ends with stdin.
func serveUntilEOF() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &server{books: newBooks()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /graphql/realtime", s.handshake(&graphQL))
	mux.HandleFunc("GET /event/realtime", s.handshake(&eventAPI))
	mux.HandleFunc("POST /graphql", s.answerCall(func(int) string { return `{"data":{"on":null}}` }))
	mux.HandleFunc("POST /event", s.answerCall(func(n int) string { return "{" + published(n) + "}" }))
	mux.HandleFunc("POST /ended", s.ended)
	mux.HandleFunc("GET /books", s.show)
	hs := &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0), // it drops on purpose
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	fmt.Println("http://" + listener.Addr().String())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = hs.Close()
	}()
	if err := hs.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type server struct{ books *books }

func (s *server) ended(w http.ResponseWriter, r *http.Request) {
	var said report
	if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.books.close(said)
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) show(w http.ResponseWriter, _ *http.Request) {
	s.books.mu.Lock()
	defer s.books.mu.Unlock()
	s.books.sums.Open = len(s.books.entries)
	_ = json.NewEncoder(w).Encode(s.books.sums) // the other end says so
}

// chance is true so often of a hundred times.
func chance(percent int) bool { return rand.N(100) < percent }

// between is a random time.
func between(from, to time.Duration) time.Duration { return from + rand.N(to-from) }

// handshake admits some clients, after a while, and is in trouble with others.
func (s *server) handshake(d *dialect) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, err := offered(r)
		client, good := clientOf(token)
		b := s.books
		b.mu.Lock()
		if err != nil {
			b.violation("handshake: %v", err)
		}
		b.fresh(token, "a connection", b.acked[client])
		b.mu.Unlock()
		nc, _ := r.Context().Value(connKey{}).(net.Conn)
		switch {
		case !good && chance(50):
			s.refuseConnect(client)
			w.Header().Set("X-Amzn-Errortype", "UnauthorizedException")
			http.Error(w, `{"errors":`+denial+`}`, http.StatusUnauthorized)
		case good && chance(6):
			s.trouble()
			http.Error(w, "<html>no upstream</html>", http.StatusBadGateway)
		case good && chance(3): // no answer until the client has lost its patience
			s.trouble()
			<-r.Context().Done()
		default:
			(&connection{server: s, dialect: d, client: client, good: good, nc: nc}).serve(w, r)
		}
	}
}

func (s *server) refuseConnect(client string) {
	s.books.mu.Lock()
	defer s.books.mu.Unlock()
	s.books.sums.RefusedConnects++
	s.books.barred[client] = time.Now()
}

func (s *server) trouble() {
	s.books.mu.Lock()
	defer s.books.mu.Unlock()
	s.books.sums.Trouble++
}

// wait waits; false: ctx has ended before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
