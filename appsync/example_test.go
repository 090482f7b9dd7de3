package appsync_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/tidewire/tidewire/appsync"
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
