package events

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/realtime"
	"github.com/tidewire/tidewire/internal/wire"
)

// BenchmarkData is from the text of a data frame of 300 bytes to the Event that
// its subscriber gets; the way through the socket's queue is measured in
// internal/realtime.
func BenchmarkData(b *testing.B) {
	text := []byte(`{"id":"1","type":"data","event":"{\"title\":\"` + strings.Repeat("x", 200) + `\",\"n\":[1,2,3],\"by\":\"someone\"}"}`)
	s := &Subscription{channel: "/default/room"}
	payload := realtime.Events().Payload
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		f, err := wire.Decode(text)
		if err != nil {
			b.Fatal(err)
		}
		if e := s.event(realtime.Event{Payload: payload(&f)}); len(e.Data) < 200 {
			b.Fatal(e)
		}
	}
}
