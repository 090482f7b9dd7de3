package appsync_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/login"
)

func ExampleQuery() {
	ctx := context.Background()
	c, err := appsync.New("https://abc.appsync-api.eu-west-1.amazonaws.com/graphql", appsync.APIKey("da2-…"), nil)
	if err != nil {
		log.Fatal(err)
	}
	type answer struct {
		GetPost struct{ ID, Title string }
	}
	data, err := appsync.Query[answer](ctx, c, &appsync.Request{
		Query:     `query Get($id: ID!) { getPost(id: $id) { id title } }`,
		Variables: map[string]string{"id": "1"},
	})
	var partial appsync.Errors
	switch {
	case errors.As(err, &partial):
		fmt.Println("some fields are missing:", partial)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(data.GetPost.Title)
}

// A user of a user pool, who has logged in before: the source renews the token,
// and each attempt of a request asks for it.
func ExampleToken() {
	store, err := login.OpenStore("/home/ann/.config/example/logins")
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	pool := &login.UserPool{PoolID: "eu-west-1_AbCdEfGhI", ClientID: "client"}
	source, err := pool.Source(store, "work", false)
	if err != nil {
		log.Fatal(err)
	}
	c, err := appsync.New("https://abc.appsync-api.eu-west-1.amazonaws.com/graphql", appsync.Token(source), nil)
	if err != nil {
		log.Fatal(err)
	}
	response, err := c.Query(context.Background(), &appsync.Request{Query: `{ me { name } }`})
	if errors.Is(err, login.ErrLoginRequired) {
		log.Fatal("log in again")
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(response.Data))
}

func ExampleClient_Subscribe() {
	ctx := context.Background()
	c, err := appsync.New("http://localhost:4577/graphql", appsync.Lambda("a token"), nil)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	sub, err := c.Subscribe(ctx, &appsync.Request{Query: `subscription { onPost { id } }`})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range sub.Events(ctx) {
		switch {
		case err != nil:
			log.Print(err)
		case event.Reconnected != nil:
			fmt.Println("missed what happened since", event.Reconnected.From)
		case event.Dropped > 0:
			fmt.Println("too slow for", event.Dropped)
		default:
			fmt.Println(string(event.Data))
		}
	}
}
