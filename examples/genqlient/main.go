// Command genqlient calls an AppSync API with code that genqlient
// (github.com/Khan/genqlient) has generated: it lists posts, subscribes, adds a
// post, and prints what the subscription then gets.
//
// # Run it
//
// The API needs what schema.graphql describes, and an API key:
//
//	TIDEWIRE_API_KEY=da2-… go run . -url https://abc.appsync-api.eu-west-1.amazonaws.com/graphql
//
// The key is read from the environment, so that it is in no shell's history and
// no list of processes. For the other modes replace appsync.APIKey by
// appsync.IAM, appsync.Token or appsync.Lambda; nothing else changes.
//
// # Make one of your own
//
//  1. Get the schema: `tidewire schema URL > schema.graphql`. AppSync's scalars,
//     such as AWSDateTime, need a Go type each: "bindings" in genqlient.yaml.
//
//  2. Write operations.graphql.
//
//  3. `go generate` writes generated.go: a function for every operation, with
//     the types of its variables and of its data.
//
//  4. Give the functions a client of package appsync:
//
//     client := appsync.Generated[graphql.Request, graphql.Response](c)
//     subscriptions := appsync.GeneratedSubscriptions[graphql.Request, graphql.ForwardDataFunction](c)
//
// Errors are those of package appsync, and partial data comes beside them. What
// a generated type has no place for comes on the channel of Start:
// *appsync.MissedError for a gap or a slow consumer, and why a subscription has
// ended.
//
// This is a module of its own, so that tidewire itself does not depend on
// genqlient.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/Khan/genqlient/graphql"

	"github.com/tidewire/tidewire/appsync"
)

//go:generate go tool genqlient

func main() {
	url := flag.String("url", os.Getenv("APPSYNC_URL"), "the API, https://…/graphql; default: $APPSYNC_URL")
	title := flag.String("title", "hello", "title of the post to add")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	ctx, done := context.WithTimeout(ctx, time.Minute)
	defer done()
	if err := run(ctx, *url, os.Getenv("TIDEWIRE_API_KEY"), *title); err != nil {
		fmt.Fprintln(os.Stderr, "genqlient:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, url, key, title string) error {
	c, err := appsync.New(url, appsync.APIKey(key), nil)
	if err != nil {
		return err
	}
	defer c.Close()
	client := appsync.Generated[graphql.Request, graphql.Response](c)
	if err := list(ctx, client); err != nil {
		return err
	}
	subscriptions := appsync.GeneratedSubscriptions[graphql.Request, graphql.ForwardDataFunction](c)
	news, err := subscriptions.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = subscriptions.Close() }()
	added, id, err := OnAddPost(ctx, subscriptions, nil)
	if err != nil {
		return err
	}
	if err := add(ctx, client, title); err != nil {
		return err
	}
	if err := wait(ctx, added, news); err != nil {
		return err
	}
	return subscriptions.Unsubscribe(id)
}

// list prints the posts there are.
func list(ctx context.Context, client graphql.Client) error {
	limit := 10
	data, err := Posts(ctx, client, &limit)
	if err != nil {
		return err
	}
	for _, p := range data.Posts {
		fmt.Println("there is", p.Id, p.Title)
	}
	return nil
}

// add adds a post.
func add(ctx context.Context, client graphql.Client, title string) error {
	author, kind := "genqlient", KindNews
	data, err := AddPost(ctx, client, &PostInput{Title: title, Author: &author, Kind: &kind})
	if err == nil {
		fmt.Println("added", data.AddPost.Id, data.AddPost.Title)
	}
	return err
}

// wait prints what the subscription gets first.
func wait(ctx context.Context, added <-chan OnAddPostWsResponse, news <-chan error) error {
	for {
		select {
		case e, open := <-added:
			if !open {
				return errors.New("the subscription has ended")
			}
			if e.Errors != nil {
				return e.Errors
			}
			fmt.Println("heard of", e.Data.OnAddPost.Id, e.Data.OnAddPost.Title)
			return nil
		case err := <-news:
			var missed *appsync.MissedError
			if !errors.As(err, &missed) {
				return err
			}
			fmt.Fprintln(os.Stderr, "genqlient:", err) // it goes on
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
