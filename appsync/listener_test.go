package appsync_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/internal/sockettest"
	"github.com/tidewire/tidewire/internal/wire"
)

// forwardData has the shape of genqlient's ForwardDataFunction.
type forwardData func(any, json.RawMessage) error

// webSocketClient has the shape of genqlient's interface.
type webSocketClient interface {
	Start(ctx context.Context) (chan error, error)
	Close() error
	Subscribe(req *generatedRequest, channel any, forward forwardData) (string, error)
	Unsubscribe(id string) error
}

// forwardID is what genqlient generates for a subscription.
func forwardID(channel any, raw json.RawMessage) error {
	var m struct{ Data struct{ ID string } }
	if err := json.Unmarshal(raw, &m); err != nil {
		return err
	}
	channel.(chan string) <- m.Data.ID
	return nil
}

// Close also ends a subscription that is being started.
func TestGeneratedCloseDuringSubscribe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stopped := false
		c := newRealtime(t, appsync.APIKey(apiKey), appsync.Options{}, func(s *sockettest.Socket) {
			if !s.Hello() {
				return
			}
			for f, ok := s.Next(); ok; f, ok = s.Next() {
				switch f.Type {
				case wire.Start:
					time.Sleep(time.Second)
					s.Send(`{"type":"start_ack","id":%q}`, f.ID)
				case wire.Stop:
					stopped = true
					s.Send(`{"type":"complete","id":%q}`, f.ID)
				}
			}
		})
		client := appsync.GeneratedSubscriptions[generatedRequest, forwardData](c)
		ids, ended := make(chan string), make(chan error, 1)
		go func() {
			_, err := client.Subscribe(&generatedRequest{Query: onPost}, ids, forwardID)
			ended <- err
		}()
		synctest.Wait()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, appsync.ErrClosed) || !stopped {
			t.Errorf("%v; stopped: %v", err, stopped)
		}
		if _, err := client.Subscribe(&generatedRequest{Query: onPost}, make(chan string), forwardID); err != nil {
			t.Error(err) // the Client stays usable, and so does the Listener
		}
	})
}

func TestGeneratedSubscriptions(t *testing.T) {
	t.Parallel()
	c := newRealtime(t, appsync.APIKey(apiKey), appsync.Options{}, func(s *sockettest.Socket) {
		if s.Hello() {
			s.Obey(func(f wire.Frame) {
				if s.N == 1 && f.ID == "1" {
					s.Close()
					return
				}
				for range 3 {
					s.Send(`{"type":"data","id":%q,"payload":{"data":{"id":"x"}}}`, f.ID)
				}
				s.Send(`{"type":"data","id":%q,"payload":{"data":7}}`, f.ID)
			})
		}
	})
	var client webSocketClient = appsync.GeneratedSubscriptions[generatedRequest, forwardData](c)
	news, err := client.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Subscribe(&generatedRequest{Query: onPost}, 7, forwardID); err == nil {
		t.Error("7 is a channel")
	}
	ids := make(chan string)
	id, err := client.Subscribe(&generatedRequest{Query: onPost, OpName: "On"}, ids, forwardID)
	if err != nil || <-ids != "x" {
		t.Fatal(id, err)
	}
	var missed *appsync.MissedError
	if err := <-news; !errors.As(err, &missed) || missed.Reconnected == nil || missed.ID != id {
		t.Error(err)
	}
	if err := client.Unsubscribe(id); err != nil { // though nobody receives any more
		t.Error(err)
	}
	if _, open := <-ids; open {
		t.Error("the channel is open")
	}
	if client.Unsubscribe(id) == nil {
		t.Error("unsubscribed twice")
	}
	if _, err := client.Subscribe(&generatedRequest{Query: onPost}, make(chan string), forwardID); err != nil {
		t.Error(err)
	}
	if err := client.Close(); err != nil {
		t.Error(err)
	}
	for range news { // closed
	}
}
