// Package wire reads and writes the frames of AppSync's two WebSocket
// protocols: graphql-ws for GraphQL subscriptions (AppSync developer guide,
// "Building a real-time WebSocket client") and aws-appsync-event-ws for the
// Event API (its "WebSocket API" page), for clients and servers.
//
// # What to call first
//
// [Decode] takes a received text apart into a [Frame], and [Frame.Append]
// writes one:
//
//	f, err := wire.Decode(text)
//	switch f.Type {
//	case wire.Data: // f.ID, f.Payload
//	}
//	text = (&wire.Frame{Type: wire.Stop, ID: id}).Append(nil)
//
// A Frame holds the members of both protocols; each message uses a few. What a
// member holds is left as raw JSON, aliasing the text, so that taking a frame
// apart costs one allocation, for the id. [StartPayload], [AckPayload] and
// [ErrorPayload] build the payloads that are not plain; [Frame.ErrorList] and
// [Frame.Timeout] read what the two protocols keep in different places;
// [AppendSubscription] and [AppendPublication] write what IAM signs of the Event
// API's messages, and [Outcomes] reads what publishes are answered with.
//
// A server finds what authorizes a connection with [ReadConnect], and reads
// the messages of clients with [Frame.StartData], [Frame.ChannelText] and
// [Frame.EventTexts]; [ReadAuthorization] is for the object that each of them
// carries, and [Frame.SignedBodies] says what a signature may be made over.
// The Append functions write what it answers.
//
// # What is promised
//
// Decode takes any text and never panics: an error means that it is not UTF-8,
// not a JSON object, or that type or id is not a string. Members that no
// protocol knows and types that do not occur here are no errors. Strings are
// written without escaping for HTML and "/", so that what was signed is what
// is sent.
//
// # Concurrency
//
// There is no state; a Frame is plain data.
package wire
