// Package exchange makes single HTTP exchanges with an AppSync API, and words
// what others said so that no secret is repeated. It knows neither GraphQL nor
// events.
//
// # What to call first
//
// [Client] makes a client that follows no redirects, [Do] one exchange with it.
// [Redacted] and [OneLine] are for foreign texts in errors, [Complaint] says what
// is odd about an answer that is not what was asked for.
//
// # What is promised
//
//   - Do tells whether the server may have the request, with any transport.
//   - An answer larger than the bound is [ErrTooLarge], and takes no memory
//     beyond it.
//   - A foreign text is one line of at most 500 bytes, in which credentials are
//     their length and eight hex digits of their SHA-256.
//
// # Concurrency
//
// There is no state and there are no goroutines.
package exchange
