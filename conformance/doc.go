//go:build conformance

// Package conformance holds other people's clients against tidewire: wscat,
// the npm package websocket, Amplify's signer, a browser, the presigners of
// smithy and aws4, boto3, the AWS CLI and the AWS SDK for JavaScript talk to
// the built binary, and functions that know nothing of tidewire run in it.
//
// conformance/run installs what is needed, builds the binary with -race and
// runs the tests; a missing client is a failure, never a skip. The tests are
// behind the build tag "conformance" and import no package of tidewire: they
// see what a user sees. Those of the libraries do: TestOutsideSigners has package
// sigv4 verify thousands of random requests that botocore, aws4 and smithy
// signed (CONFORMANCE_SEED draws others), TestSRPSideBySide has package login
// and Amplify compute SRP of the same inputs, and the clients of AppSync are
// called directly.
//
// AppSync is AWS's own simulator of it (TestSimulator…, and the commands query,
// schema and subscribe), and one in Python on Debian's websockets, which has
// botocore sign again what it is sent (TestPeer…, clients/realtime.py). TestOdd…
// gives the clients bytes that no server should send, TestSoak runs bench/soak
// for a minute, TestGenqlient builds examples/genqlient.
//
// GraphQL APIs are served (TestGraphQL…, TestHelloExample, TestTodoExample) for
// Apollo's client with AWS's auth link, Amplify, botocore, package appsync and
// the commands, in all five modes; tokens are npm oidc-provider's and
// cognito-local's, the database is dynalite, and where it lacks something
// (transactions) a recorder of requests. The patterns of the public samples of
// resolvers, and what goes wrong, are templates below testdata/graphql.
//
// What is served in real time is subscribed to by Amplify 5 and 6 in Node.js
// and in Chromium, Apollo with AWS's subscription link, botocore over Debian's
// websockets, and our own (TestRealtimeClients, TestEventsClients): in every
// mode, across a kill -9 of the server. TestRealtimeSemantics is a table of
// filters, TestRealtimeBadFrames and TestEventsBadFrames send what no client
// would, TestRealtimeCrowd is 10,000 silent clients,
// TestNothingAcknowledgedIsLost kills who takes part. The examples with a page
// are used in Chromium; SCREENSHOTS=DIRECTORY keeps the pictures.
//
// Logins are made at npm oidc-provider (browser, device code, client
// credentials, rotation) and at npm cognito-local (passwords, new passwords,
// text messages, authenticator apps, refresh).
//
// Every server that a test starts ends with the test, by an interrupt, and
// must then have exited with 0, reported no data race, and printed no secret:
// neither one that the test knows of, nor anything that looks like a
// signature. The tests may run in parallel.
package conformance
