// Package apigateway calls Amazon API Gateway WebSocket APIs, in AWS or on a
// local gateway: [Dial] opens a WebSocket, and [Connections] posts to, looks
// at and closes the sockets of others through the @connections API.
//
// # Start here
//
//	cfg, err := config.LoadDefaultConfig(ctx) // of github.com/aws/aws-sdk-go-v2/config
//	conn, err := apigateway.Dial(ctx, "wss://abc123.execute-api.eu-west-1.amazonaws.com/prod",
//		&apigateway.DialOptions{Credentials: cfg.Credentials})
//	if err != nil {
//		return err // a *RefusedError says what the gateway answered
//	}
//	defer conn.Close(1000, "")
//	err = conn.Send(ctx, []byte(`{"action":"hello"}`))
//	message, err := conn.Receive(ctx)
//
// A nil *DialOptions works and connects unsigned. With credentials the URL is
// presigned, as a browser does it; [DialOptions.Auth] chooses the signature in
// headers, or none. A URL that carries a signature already is sent as it is.
// API keys, a token for a Lambda authorizer, own headers and subprotocols go
// beside any of these. With [DialOptions.Reconnect] a connection that was lost is
// restored.
//
// # What is promised
//
//   - Every handshake, also each of a reconnection, has a new signature, made
//     with what the credentials provider gives at that moment.
//   - Messages over 32 KB leave in frames of at most 32 KB, because API Gateway
//     closes with 1009 for a larger frame (quotas of WebSocket APIs: frame
//     32 KB, message 128 KB). What it would refuse is refused here, unsent.
//   - Without credentials where credentials are asked for, a
//     [*NoCredentialsError] comes before anything touches the network.
//   - No error and no message of this package holds a secret, a session token,
//     a signature or a signed URL; where one stood, its length and eight hex
//     digits of its SHA-256 stand instead.
//   - Redirects are not followed: they would carry a signature elsewhere.
//
// Not promised: that a message was received because Send returned nil (the
// protocol has no acknowledgement), any order among messages (API Gateway gives
// none), or that nothing was lost while a connection was being restored: the
// [Gap] says for how long that was.
//
// # Concurrency
//
// A [Conn] may be used from any number of goroutines; two concurrent Receives
// each get different messages. It owns one goroutine, which reads, answers
// pings and restores the connection, and one more if PingInterval is set;
// [Conn.Close] waits for both, and both end by themselves when the connection
// has ended and what came before is received. At most 16 messages wait for
// Receive; after that the socket is not read until somebody receives, and the
// sender is held up by TCP.
//
// A [Connections] may be used from any number of goroutines once its fields
// are set. It starts none.
package apigateway
