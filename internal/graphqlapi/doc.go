// Package graphqlapi runs one AppSync GraphQL API: its schema, the documents
// that callers send, the resolvers behind its fields, and the HTTP around it.
//
// [Check] says everything that is wrong with an API, with the lines of its
// schema; [New] makes an [API] of one; [API.GraphQL] answers HTTP requests for
// /graphql, and [API.Realtime] upgrades to the WebSocket of subscriptions.
// [API.Prepare] and [API.Execute] are the same as GraphQL without HTTP.
//
// What the package needs of others are function values in [Options]: who
// admits a caller, who loads and runs JavaScript, who asks data sources. It
// starts nothing by itself.
//
// # What is promised
//
// Nothing of a document is parsed before its caller is admitted. Fields of a
// query are resolved at the same time, those of a mutation one after another;
// the answer has the order of the document, whatever finishes first. Every
// goroutine of a request has ended when Execute returns. One request never
// sees another's data: what is shared between requests (schemas, prepared
// documents) is immutable, apart from caches that hold the same whoever fills
// them.
//
// Errors have AppSync's form: errorType, errorInfo and data beside message, in
// the same object. The words are those of AppSync where they are known, and of
// the release of graphql-java that AppSync speaks like otherwise.
//
// # Subscriptions
//
// A subscription is active before its start_ack is sent, and gets every result
// of its mutations from then on, in the order of one caller's mutations. What
// its start was admitted with is not looked at again. A result is rendered once
// for each distinct view, which is a selection and which of its fields the
// subscriber may have; subscriptions with the same view get the same bytes. No
// resolver runs for that: delivered is what both the mutation and the
// subscriber have selected.
//
// # Log
//
// Without a LogConfig the log has what scripts write, and why they fail by
// themselves. With one it has what AppSync logs at its level: nothing, the fields
// with an error, or every field that a resolver is behind, with what its functions
// made. Secrets in documents are masked, long texts cut, and a request has 1 MB of
// it; at a level that has no fields nothing is done for it.
//
// # Concurrency
//
// All methods of an API may be called by many goroutines. [API.Update] changes
// the API for requests that begin later; those under way finish by what they
// began with. Data sources are asked by at most Limits.Parallel goroutines of
// one request.
package graphqlapi
