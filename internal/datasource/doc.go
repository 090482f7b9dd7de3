// Package datasource is what resolvers, handlers and functions keep their data
// in.
//
// # Request documents
//
// [NewSources] makes the [Sources] of an AppSync API: [Sources.Do] sends one
// request document to a data source of type NONE, AWS_LAMBDA, HTTP or
// AMAZON_DYNAMODB, [Sources.Direct] is a resolver without code, [Sources.Batch]
// one invocation for many calls. Requests to DynamoDB, and to HTTP endpoints
// whose AwsIamConfig asks for it, are signed with credentials of the data
// source's role. What goes wrong is a [Failure] in AppSync's words; what
// tidewire does not run (conflict detection, delta sync, other types of data
// sources) is one of type UnsupportedOperation. nextToken is sealed: it is good
// for the table, index and operation that it came from. Redirects are not
// followed, answers are bounded, and every call ends with its context.
//
// # The database
//
// [Open] finds or starts a DynamoDB engine: one that is installed on this
// machine, or an endpoint that the operator gives. It waits until it answers,
// and creates the tables of the template that are absent; [Database.Sync] does
// so again after a reload. Existing tables are never changed or deleted: a key
// schema that differs from the template's is an error that says so.
// [Database.Close] ends an engine that Open started, and waits for it.
//
// tidewire writes no database of its own. The engines it knows are dynalite
// (npm), DynamoDB Local and dynoxide; data is kept under Options.Dir.
//
// # Concurrency
//
// Sources and a Database may be used from any goroutine. Sources have a
// goroutine for each invocation of type Event at work, of which there are 100
// at most; [Sources.Close] waits for them.
package datasource
