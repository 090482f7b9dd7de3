package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
	"github.com/tidewire/tidewire/internal/sockettest"
)

func ExampleClient_Publish() {
	server := httptest.NewServer(&publishes{answer: accept}) // in place of AppSync
	defer server.Close()
	ctx := context.Background()

	c, err := events.New(server.URL+"/event", appsync.APIKey("da2-example"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	list, err := events.Marshal(map[string]int{"n": 1}, map[string]int{"n": 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	published, err := c.Publish(ctx, "/default/room", list...)
	var rejected *events.RejectedError
	var batch *events.BatchError
	switch {
	case errors.As(err, &batch) && batch.MayBeAccepted:
		fmt.Println("look before publishing again from", batch.First)
	case errors.As(err, &rejected):
		fmt.Println("not all of them:", rejected)
	case err != nil:
		fmt.Println(err)
	}
	fmt.Println(len(published.Successful), "accepted")
	// Output: 2 accepted
}

// A socket on which the server says three things.
func talkative() http.Handler {
	return sockettest.Events(sockettest.Printer{}, func(s *sockettest.Socket) {
		s.Hello()
		f, _ := s.Next()
		s.Send(`{"type":"subscribe_success","id":%q}`, f.ID)
		s.Send(`{"type":"data","id":%q,"event":"{\"n\":1}"}`, f.ID)
		s.Send(`{"type":"data","id":%q,"event":"{\"n\":2}"}`, f.ID)
		s.Send(`{"type":"unsubscribe_success","id":%q}`, f.ID)
		s.Next()
	})
}

func ExampleClient_Subscribe() {
	server := httptest.NewServer(talkative()) // in place of AppSync
	defer server.Close()
	ctx := context.Background()

	c, err := events.New(server.URL, appsync.APIKey("da2-example"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	sub, err := c.Subscribe(ctx, "/default/*")
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range sub.Events(ctx) {
		switch {
		case err != nil:
			fmt.Println("the end:", err)
		case event.Reconnected != nil:
			fmt.Println("nothing is known of what happened since", event.Reconnected.From)
		case event.Dropped > 0:
			fmt.Println("too slow for", event.Dropped)
		case event.Errors != nil:
			fmt.Println(event.Errors)
		default:
			var v struct{ N int }
			fmt.Println(event.Decode(&v), v.N)
		}
	}
	// Output:
	// <nil> 1
	// <nil> 2
}

func ExampleClient_As() {
	server := httptest.NewServer(&publishes{answer: accept})
	defer server.Close()
	c, err := events.New(server.URL, nil, &events.Options{ConnectAuth: appsync.APIKey("da2-example")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = c.Publish(context.Background(), "/default/room", json.RawMessage("1"))
	fmt.Println(err)
	_, err = c.As(appsync.Lambda("a token")).Publish(context.Background(), "/default/room", json.RawMessage("1"))
	fmt.Println(err)
	// Output:
	// events: no credentials: looked in Auth: it is nil; use APIKey, IAM, Token or Lambda
	// <nil>
}
