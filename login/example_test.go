package login_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/login"
)

// A terminal without a browser: the person logs in elsewhere, once. Later
// calls find the saved login and renew it.
func ExampleOIDC_Device() {
	run := func(ctx context.Context, dir string) error {
		store, err := login.OpenStore(dir)
		if err != nil {
			return err
		}
		defer func() { _ = store.Close() }()
		provider := &login.OIDC{Issuer: "https://login.example.com", ClientID: "cli"}
		source, err := provider.Source(store, "work", false)
		if err != nil {
			return err
		}
		token, err := provider.Device(ctx, func(d login.DeviceCode) {
			_, _ = fmt.Fprintf(os.Stderr, "open %s and enter %s\n", d.URL, d.UserCode)
		})
		if err != nil {
			return err
		}
		return source.Save(ctx, token, nil)
	}
	_ = run
}

// A service that has no person calls a GraphQL API: a token is got when a request
// needs one, and again when it is about to expire.
func ExampleOIDC_Service() {
	client := &login.OIDC{Issuer: "https://login.example.com", ClientID: "worker", ClientSecret: os.Getenv("CLIENT_SECRET")}
	source, err := client.Service(nil, "")
	if err != nil {
		log.Fatal(err)
	}
	api, err := appsync.New("https://abc.appsync-api.eu-west-1.amazonaws.com/graphql", appsync.Token(source), nil)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := api.Query(context.Background(), &appsync.Request{Query: "{ listPosts { id } }"})
	switch {
	case errors.Is(err, login.ErrUnavailable):
		log.Fatal("try again later: ", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println(string(answer.Data))
}

// AWS credentials for a user of a user pool.
func ExampleIdentityPool() {
	credentials := func(ctx context.Context, user, password string) (aws.CredentialsProvider, error) {
		pool := &login.UserPool{PoolID: "eu-west-1_AbCdEfGhI", ClientID: "client"}
		source, err := pool.Source(nil, "", true)
		if err != nil {
			return nil, err
		}
		token, err := pool.SRP(ctx, user, password)
		if err != nil {
			return nil, err
		}
		if err := source.Save(ctx, token, nil); err != nil {
			return nil, err
		}
		identities := &login.IdentityPool{PoolID: "eu-west-1:11111111-2222-3333-4444-555555555555", Token: source.Fetch}
		return aws.NewCredentialsCache(identities), nil
	}
	_ = credentials
}
