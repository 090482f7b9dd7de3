package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// The Event API of appSync is at /event. Namespace "secret" is closed, event
// "bad" fails, and a subscription to a channel that ends in /two gets two
// events; with /drop as well, the first connection is lost after the first.

// answerEvents is a publish over HTTP.
func (a *appSync) answerEvents(w http.ResponseWriter, body []byte) {
	var asked struct {
		Channel string
		Events  []string
	}
	_ = json.Unmarshal(body, &asked)
	if secretChannel(asked.Channel) {
		refuseAppSync(w, http.StatusUnauthorized, "UnauthorizedException", "")
		return
	}
	_, _ = w.Write(publishResult(`{`, asked.Events))
}

func secretChannel(channel string) bool {
	return strings.HasPrefix(strings.TrimPrefix(channel, "/"), "secret")
}

// publishResult is the answer to a publish, after its beginning.
func publishResult(beginning string, events []string) []byte {
	failed, successful := []string{}, []string{}
	for i, e := range events {
		if e == `"bad"` {
			failed = append(failed, fmt.Sprintf(`{"identifier":"id-%d","index":%d,"code":400,"message":"no good"}`, i, i))
			continue
		}
		successful = append(successful, fmt.Sprintf(`{"identifier":"id-%d","index":%d}`, i, i))
	}
	return fmt.Appendf(nil, `%s"failed":[%s],"successful":[%s]}`, beginning, strings.Join(failed, ","), strings.Join(successful, ","))
}

// serveEvents is a socket of the Event API.
func (s *appSyncSocket) serveEvents(object string) {
	if !s.allowed(object, s.path, "{}") {
		s.send(`{"type":"connection_error","errors":[{"errorType":"UnauthorizedException","message":"You are not authorized to make this call."}]}`)
		return
	}
	for {
		f, ok := s.read()
		switch {
		case !ok:
			return
		case f.Type == "connection_init":
			s.send(`{"type":"connection_ack","connectionTimeoutMs":300000}`)
		case f.Type == "unsubscribe":
			s.send(`{"type":"unsubscribe_success","id":%q}`, f.ID)
		case f.Type == "publish":
			s.publish(f)
		case f.Type == "subscribe" && !s.subscribe(f):
			return
		}
	}
}

func (s *appSyncSocket) publish(f appSyncFrame) {
	signed, _ := json.Marshal(struct {
		Channel string   `json:"channel"`
		Events  []string `json:"events"`
	}{f.Channel, f.Events})
	if secretChannel(f.Channel) || !s.allowed(string(f.Authorization), s.path, string(signed)) {
		s.send(`{"type":"publish_error","id":%q,"errors":[{"errorType":"UnauthorizedException","message":"Permission denied"}]}`, f.ID)
		return
	}
	s.send("%s", publishResult(fmt.Sprintf(`{"type":"publish_success","id":%q,`, f.ID), f.Events))
}

// subscribe answers a subscribe; false: the connection is to be lost.
func (s *appSyncSocket) subscribe(f appSyncFrame) bool {
	if secretChannel(f.Channel) || !s.allowed(string(f.Authorization), s.path, fmt.Sprintf(`{"channel":%q}`, f.Channel)) {
		s.send(`{"type":"subscribe_error","id":%q,"errors":[{"errorType":"UnauthorizedException","message":"Permission denied"}]}`, f.ID)
		return true
	}
	s.send(`{"type":"subscribe_success","id":%q}`, f.ID)
	if !strings.HasSuffix(f.Channel, "/two") {
		return true
	}
	for i := range 2 {
		s.send(`{"type":"data","id":%q,"event":"{\"i\":%d}"}`, f.ID, i+1)
		if strings.Contains(f.Channel, "/drop/") && s.api.firstDrop() {
			return false
		}
	}
	return true
}
