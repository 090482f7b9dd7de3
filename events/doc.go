// Package events publishes to and subscribes to AWS AppSync Event APIs, in AWS or
// on a local server, in each authorization mode of package appsync.
//
// # What to call first
//
//	cfg, err := config.LoadDefaultConfig(ctx) // of github.com/aws/aws-sdk-go-v2/config
//	c, err := events.New("https://abc.appsync-api.eu-west-1.amazonaws.com/event",
//		appsync.IAM(cfg.Credentials, ""), nil)
//	published, err := c.Publish(ctx, "/default/room", json.RawMessage(`{"a":1}`))
//
//	sub, err := c.Subscribe(ctx, "/default/*")
//	for event, err := range sub.Events(ctx) {
//		switch {
//		case err != nil: // the end, see Subscription.Next
//		case event.Reconnected != nil: // look for what was missed meanwhile
//		case event.Dropped > 0: // this loop was too slow for so many
//		case event.Errors != nil: // an event that could not be delivered
//		default: // event.Decode(&v)
//		}
//	}
//
// [Client.Publish] is one HTTP request for every [BatchSize] events,
// [Client.PublishSocket] uses the WebSocket that subscriptions share and needs no
// subscription. [Marshal] makes events of Go values. [Client.SubscribeFunc] calls a
// function with the events. [Client.Close] ends the WebSocket and all
// subscriptions.
//
// # Who is calling
//
// The proof is an [appsync.Auth]. AppSync authorizes connecting, publishing and
// subscribing separately, each with the modes that the API and the channel's
// namespace have for it ("Configuring authorization and authentication to secure
// Event APIs"): [Options] has an Auth for each, [New]'s is for those without.
// [Client.As] is the same client, on the same WebSocket, with another Auth for
// what is published and subscribed.
//
// # Channels
//
// A channel is 1 to 5 segments of 1 to 50 letters, digits and hyphens, with
// slashes between, the first being the namespace ("Understanding channel
// namespaces"). A slash before and after makes no difference to AppSync;
// channels are sent as they are given. In a subscription the last of several
// segments may be *, for every channel below. Another channel is a
// [*ChannelError], before anything is sent.
//
// # What is promised
//
//   - Events are published in order, in batches of at most [BatchSize], each sent
//     after the one before was answered. Their text is sent as it is given, and
//     each result names the event by its index in the call.
//   - An event that is no JSON is an [*EventError] before any is sent.
//   - No event is published twice by this package: a batch is repeated only if
//     it was never sent, or refused for its rate. A batch that failed is a
//     [*BatchError], which says whether AppSync may have accepted it.
//   - Every attempt of every request, every connection, every publish and every
//     start of a subscription has a proof of its own, made with what provider,
//     source or function give at that moment.
//   - A subscription outlives its connections. Each is restored after a growing,
//     jittered pause, and the gap reported before anything that comes after it,
//     because AppSync does not replay. A denial is final: of the connection for
//     all subscriptions, of one subscription for that one.
//   - A slow consumer is told how many messages it has missed; what waits for it
//     is bounded.
//   - Errors are those of package appsync: [appsync.Errors],
//     [*appsync.ResponseError], [*appsync.SendError], [*appsync.ConnectionError],
//     [*appsync.NoCredentialsError], [*appsync.NoRegionError]; errors.Is knows
//     [appsync.ErrUnauthorized] and [appsync.ErrLimitExceeded]. None holds a
//     key, token, signature or URL with one.
//   - Every wait ends: with its context, or after a time that Options has a
//     default for, if providers and functions heed the context that they get.
//
// Not promised: that an event that was published is delivered, nor that it is
// delivered once. AppSync says neither.
//
// # Concurrency
//
// A [Client] may be used from any number of goroutines. Events of one call are
// published in order, those of several calls in any. A Client has goroutines
// only while it has subscriptions or publishes on the WebSocket (one for the
// WebSocket, one for each start or publish in progress, one for each function of
// SubscribeFunc at work), and [Client.Close] waits for them.
package events
