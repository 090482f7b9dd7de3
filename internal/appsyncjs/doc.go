// Package appsyncjs runs resolvers and functions of AWS AppSync's JavaScript
// runtime, APPSYNC_JS 1.0.0, in this process (AppSync developer guide,
// "JavaScript resolvers overview" and "Supported runtime features").
//
//	engine, err := appsyncjs.New(appsyncjs.Options{})
//	module, problems := engine.Load(appsyncjs.Source{Script: resolver.Code})
//	outcome := module.Call(ctx, "request", &appsyncjs.Call{Arguments: args})
//	engine.Close()
//
// [Engine.Load] bundles TypeScript and local imports, refuses what AppSync
// refuses under the names of its ESLint plugin, and compiles once. A [Module] is
// immutable. [Module.Call] runs one function and never panics; what went wrong
// is in [Outcome.Failure] for the client and in [Outcome.Reason] and
// [Outcome.At] for the log.
//
// # Isolation
//
// Calls share runtimes from a bounded pool, one call at a time, but nothing that
// a script can change outlives its call: every object that is reachable from the
// global object is frozen before the first script runs, constructors and code
// evaluation (eval, Function) are not reachable at all, and the top level of a
// module runs anew for each call, unless its syntax proves that there is nothing
// to change in it: functions, which are frozen then, imports, and primitive values
// that are never assigned to. A runtime that was interrupted is thrown away.
//
// # Speed
//
// Members of ctx are read when a script asks for them, object by object, and an
// object that nothing changed is handed on as the text that it came as. Code that
// was loaded before, and imports nothing that has changed, is not loaded again.
//
// # Limits
//
// A call ends after [Options.Timeout], when its context ends, or when it takes
// too much memory. Memory is bounded by best effort: the functions that can make
// much out of little are counted exactly, everything else (such as + on strings)
// by a watch that compares the size of the whole heap every few milliseconds, so
// that other work in the process can be blamed on a script that runs for long.
//
// What is interrupted ends at once, or, within a function of the runtime itself,
// when that ends. Such a call is given up after a second: it fails, its runtime is
// lost, and when all are, calls fail without having begun.
//
// All exported functions and methods are safe for concurrent use. An Engine has a
// goroutine for each runtime and one more, which [Engine.Close] waits for, except
// for those of calls that were given up.
package appsyncjs
