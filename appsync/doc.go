// Package appsync calls AWS AppSync GraphQL APIs, in AWS or on a local server,
// in each of its authorization modes.
//
// # What to call first
//
//	cfg, err := config.LoadDefaultConfig(ctx) // of github.com/aws/aws-sdk-go-v2/config
//	c, err := appsync.New("https://abc.appsync-api.eu-west-1.amazonaws.com/graphql",
//		appsync.IAM(cfg.Credentials, ""), nil)
//	type posts struct{ ListPosts []Post }
//	data, err := appsync.Query[posts](ctx, c, &appsync.Request{
//		Query:     `query List($n: Int) { listPosts(limit: $n) { id title } }`,
//		Variables: map[string]any{"n": 10},
//	})
//
// [Client.Query] and [Client.Mutate] give raw JSON, [Query] and [Mutate] decode
// it. [Client.Subscribe] gives the events of a subscription:
//
//	sub, err := c.Subscribe(ctx, &appsync.Request{Query: `subscription { onPost { id } }`})
//	for event, err := range sub.Events(ctx) {
//		switch {
//		case err != nil: // the end, see Subscription.Next
//		case event.Reconnected != nil: // look for what was missed meanwhile
//		case event.Dropped > 0: // this loop was too slow for so many
//		default: // event.Decode(&post), and event.Errors if it is partial
//		}
//	}
//
// and [Client.SubscribeFunc] calls a function with them. [Client.Close] ends
// all of them. The proof of who is calling is an [Auth], from [APIKey], [IAM], [Token]
// (OIDC and Cognito user pools), [Lambda] or [LambdaFunc]; [Request.Auth]
// replaces the client's for one request. [Generated] is the client for
// genqlient's code, and [GeneratedSubscriptions] the one for its subscriptions.
//
// Whoever has a transport of their own takes the pieces: [Auth.Headers] for a
// request, [Auth.SubscriptionHeaders] for a message on a WebSocket,
// [Auth.RealtimeURL] and [Auth.Subprotocols] for opening one, the latter two
// encoding [Auth.ConnectHeaders]. [Auth.Check] finds what is missing before,
// [ParseErrors] and [NewResponseError] read what comes back, and [Retry.Do] and
// [Final] say what is tried again. Package events, for Event APIs, is made so.
//
// # What is promised
//
//   - Every attempt of every request, every connection and every start of a
//     subscription has a proof of its own, made with what provider, source or
//     function give at that moment. With [Token], those that ask at the same
//     time share an answer of the source.
//   - A subscription outlives its connections. Each is restored after a growing,
//     jittered pause, and the gap reported before anything that comes after it,
//     because AppSync does not replay. A denial is final: of the connection for
//     all subscriptions, of one subscription for that one.
//   - A slow consumer is told how many messages it has missed; what waits for it
//     is bounded.
//   - Partial data is kept: a response with errors comes with [Errors].
//   - Only what is safe is repeated, see [Retry]. A mutation is repeated only
//     if it was never sent.
//   - Without a credential a [*NoCredentialsError] comes before anything
//     touches the network.
//   - No error holds a key, token, signature or URL with one; where one stood,
//     its length and eight hex digits of its SHA-256 stand instead. The causes
//     that errors.Unwrap gives are others' errors, and are not masked.
//   - Every wait ends: with its context, or after a time that Options has a
//     default for, if providers and functions heed the context that they get.
//   - Redirects are not followed: they would carry a credential elsewhere.
//
// Not promised: that a document is valid GraphQL, which the server judges.
//
// # Concurrency
//
// A [Client] and an [Auth] may be used from any number of goroutines. A Client
// has goroutines only while it has subscriptions (one for the WebSocket, one
// for each start in progress, one for each function of SubscribeFunc at work),
// and [Client.Close] waits for them; Token's Auth has one while its source is
// being asked.
package appsync
