// Package library is AppSync's resolver library for one JavaScript runtime: the
// functions of npm @aws-appsync/utils and of its dynamodb module, written in Go
// for goja, with AppSync's results.
//
// # Use
//
// Fill a [Host] with what the library needs of the call being run, and give it
// to [New] with a fresh runtime. The [Modules] are what a script imports or sees
// as globals. Between two calls the caller may replace every field of the Host;
// it sets HeaderBytes to 0 when a GraphQL operation begins.
//
// The regular expressions that AppSync borrows from Java are here too:
// [CompilePattern] is what util.matches uses, and what a String.prototype.replace
// with Java's patterns can use. [WireAttributeValue] and [FromAttributeValue] turn
// AppSync's typed JSON into DynamoDB's, and that into plain JSON, without a runtime.
//
// # Promises
//
// All objects are frozen, and every function has the name and the number of
// parameters of the published typings (of its longest signature). No function
// panics with anything but a JavaScript exception, whatever it is given: a wrong
// type, an object that contains itself, a getter that throws. Whatever can make
// more bytes than it was given asks Host.Grow first.
//
// What is not there: util.rds and the rds and ai modules. Touching util.rds
// throws a TypeError that says so.
//
// # Concurrency
//
// A runtime, its Modules and its Host belong to one goroutine at a time. The
// package has no state of its own; [Pattern] and the converters are safe for
// concurrent use.
//
// # Sources
//
// The typings of npm @aws-appsync/utils 2.1.1; the AppSync developer guide's
// pages on built-in utilities; results recorded from AWS's EvaluateCode by
// others. Where none of these speaks, docs/divergences.md says what was assumed.
package library
