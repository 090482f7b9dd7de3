// Package datasource keeps the DynamoDB that a stack's functions use: an
// engine that is installed on this machine, or an endpoint that the operator
// gives, with the template's tables made in it.
//
// [Open] finds or starts the engine, waits until it answers, and creates the
// tables that are absent; [Database.Sync] does so again after a reload.
// Existing tables are never changed or deleted: a key schema that differs from
// the template's is an error that says so. [Database.Close] ends an engine
// that Open started, and waits for it.
//
// tidewire writes no database of its own. The engines it knows are dynalite
// (npm), DynamoDB Local and dynoxide; data is kept under Options.Dir.
//
// A Database may be used from any goroutine.
package datasource
