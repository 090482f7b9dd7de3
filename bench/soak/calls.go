package main

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// answerCall answers a request, mostly.
func (s *server) answerCall(answer func(events int) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Events    []string
			Variables struct{ Key string }
		}
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		token := r.Header.Get("Authorization")
		_, good := clientOf(token)
		key := body.Variables.Key + keyOf(body.Events)
		s.books.mu.Lock()
		s.books.sums.Calls++
		s.books.fresh(token, key, made(key))
		s.books.mu.Unlock()
		switch {
		case !good:
			w.Header().Set("X-Amzn-Errortype", "UnauthorizedException")
			http.Error(w, `{"errors":`+denial+`}`, http.StatusUnauthorized)
		case chance(5):
			http.Error(w, "<html>no upstream</html>", http.StatusServiceUnavailable)
		case chance(3):
			http.Error(w, `{"errors":`+rate+`}`, http.StatusTooManyRequests)
		case chance(3):
			panic(http.ErrAbortHandler) // hangs up
		case chance(2):
			wait(r.Context(), between(0, time.Second))
			fallthrough
		default:
			_, _ = io.WriteString(w, answer(len(body.Events))) // who has gone has gone
		}
	}
}

// keyOf is the key in events that are published; empty if there are none.
func keyOf(events []string) string {
	var m message
	if len(events) == 0 || json.Unmarshal([]byte(events[0]), &m) != nil {
		return ""
	}
	return m.Key
}

// published is the answer to a publish of so many events, but for the braces.
func published(events int) string {
	type accepted struct {
		Identifier string `json:"identifier"`
		Index      int    `json:"index"`
	}
	all := make([]accepted, events)
	for i := range all {
		all[i] = accepted{"id", i}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err) // strings and numbers
	}
	return `"failed":[],"successful":` + string(text)
}

// publishFrame answers a publish on a socket: at once, never, or with a denial.
func (c *connection) publishFrame(f *frame) {
	token := f.Authorization["Authorization"]
	_, good := clientOf(token)
	key := keyOf(f.Events)
	b := c.server.books
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sums.Calls++
	b.fresh(token, key, later(made(key), c.acked))
	switch {
	case c.gone || chance(2):
	case !good:
		c.say(c.dialect.failure("publish_error", f.ID, denial))
	default:
		c.say(`{"type":"publish_success","id":"` + f.ID + `",` + published(len(f.Events)) + `}`)
	}
}
