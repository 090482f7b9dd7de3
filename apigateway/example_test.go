package apigateway_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/apigateway"
)

// exampleServer stands for an API whose function answers what it got. The first
// so many sockets are lost after that.
func exampleServer(lost int32) *httptest.Server {
	var sockets atomic.Int32
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("X-Amz-Signature") == "" {
			w.Header().Set("x-amzn-ErrorType", "MissingAuthenticationTokenException")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"message":"Missing Authentication Token"}`))
			return
		}
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		kind, text, err := c.Read(r.Context())
		if err == nil {
			_ = c.Write(r.Context(), kind, text)
		}
		if sockets.Add(1) > lost {
			_, _, _ = c.Read(r.Context())
		}
		_ = c.CloseNow()
	}))
}

func ExampleDial() {
	server := exampleServer(0)
	defer server.Close()
	url := strings.Replace(server.URL, "http", "ws", 1) + "/dev"

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := apigateway.Dial(ctx, url, &apigateway.DialOptions{
		Credentials: keys(""),    // in AWS: config.LoadDefaultConfig's
		Region:      "us-east-1", // in AWS: read from the host name
	})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close(1000, "")

	if err := conn.Send(ctx, []byte(`{"message":"send","body":"Hello World!"}`)); err != nil {
		log.Fatal(err)
	}
	message, err := conn.Receive(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", message.Data)
	// Output: {"message":"send","body":"Hello World!"}
}

func ExampleRefusedError() {
	server := exampleServer(0)
	defer server.Close()
	url := strings.Replace(server.URL, "http", "ws", 1) + "/dev"

	_, err := apigateway.Dial(context.Background(), url, nil) // unsigned
	var refused *apigateway.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Type)
		fmt.Println(refused.Message)
	}
	// Output:
	// 403 MissingAuthenticationTokenException
	// Missing Authentication Token
}

// A connection that restores itself, and joins its room again each time.
func ExampleBackoff() {
	server := exampleServer(1)
	defer server.Close()
	url := strings.Replace(server.URL, "http", "ws", 1) + "/dev"
	ctx := context.Background()

	var conn *apigateway.Conn
	opened := make(chan struct{}) // closed when conn is set
	join := func() error { return conn.Send(ctx, []byte(`{"action":"join","room":"a"}`)) }
	conn, err := apigateway.Dial(ctx, url, &apigateway.DialOptions{
		Credentials: keys(""),
		Region:      "us-east-1",
		Reconnect: &apigateway.Backoff{
			Min: time.Millisecond,
			Reconnected: func(apigateway.Gap) {
				<-opened
				if err := join(); err != nil {
					log.Print(err) // lost again: there will be another call
				}
			},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	close(opened)
	defer conn.Close(1000, "")
	if err := join(); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		message, err := conn.Receive(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s, after a gap: %v\n", message.Data, message.Gap != nil)
	}
	// Output:
	// {"action":"join","room":"a"}, after a gap: false
	// {"action":"join","room":"a"}, after a gap: true
}

func ExampleConnections() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-amzn-ErrorType", "GoneException")
		w.WriteHeader(http.StatusGone)
	}))
	defer server.Close()

	connections := &apigateway.Connections{
		Endpoint:    server.URL + "/dev",
		Credentials: keys(""),
		Region:      "us-east-1",
		HTTPClient:  server.Client(),
	}
	err := connections.Post(context.Background(), "L0SM9cOFvHcCIhw=", []byte("hello"))
	if errors.Is(err, apigateway.ErrGone) {
		fmt.Println("forget this connection")
	}
	// Output: forget this connection
}
