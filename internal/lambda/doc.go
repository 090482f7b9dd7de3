// Package lambda runs Lambda functions on this machine, without containers.
//
// Call [Check] on every function of a spec to learn, before anything starts,
// what cannot run and what to do about it. Then [Open] prepares all of them
// (builds Go source, unpacks zip files, writes inline code) and returns a
// [Functions]; [Functions.Invoke] runs one with a payload and gives back what
// it returned. [Functions.Update] replaces the set of functions after a
// template change and [Functions.Close] ends every process and waits for it.
// [RuntimeInstall] fills the per-user folder with the SDKs that Lambda's own
// runtimes bring along.
//
// # What is behind a function
//
// python3.x and nodejs functions are child processes of the interpreter found
// on [Options.Path], with a small bootstrap of ours. It gets its events over a
// private pair of pipes in length-prefixed frames, so nothing that a handler
// prints can corrupt an answer; stdout and stderr are the log. On Windows,
// which hands no extra pipes to a child, the bootstraps speak the Runtime API.
//
// provided.al2023, provided.al2, go1.x and "go" are an executable called
// bootstrap that speaks the Lambda Runtime API (Lambda developer guide,
// "Using the Lambda runtime API"); each process has a listener of its own on
// 127.0.0.1. AWS_LAMBDA_RUNTIME_API is host:port/secret, 128 random bits that
// every request has to bring as the first segment of its path, so that other
// users of this machine can neither take events nor answer them; a request
// without it, with a foreign Host or an Origin gets 403 before anything else.
// The secret is blotted out of logs and reported errors. Lambda's Rust runtime is
// recognised and gets the same with "http://" before it, as it needs. A runtime
// that takes the variable for a bare host and port (Swift's does) does not
// start. A code directory without a bootstrap that is a main package of a
// Go module is built first.
//
// [Options.Remote] sends a function's events to a Lambda Invoke endpoint or to
// Lambda itself, and [Options.Local] to a Go closure.
//
// # What is promised
//
// A process runs one invocation at a time. A busy function gets more
// processes, at most [Options.MaxProcesses]; beyond that callers wait until
// their context ends. One process more than there are processors may start at once;
// further ones only when nobody became free for 25 ms, because a warm process
// usually answers sooner than a cold one starts. The process used last is used
// first, and idle ones are ended after [Options.IdleAfter].
//
// A function's Timeout kills its process group and gives Sandbox.Timedout. A
// process that dies costs the one invocation it was running,
// Runtime.ExitError, and nothing else. When a caller's context ends the
// invocation still runs on, as on Lambda, and its process is used again after.
//
// A change of the code on disk is seen by the next invocation; running ones
// finish on the old code. Directories are watched (not node_modules, .git,
// __pycache__ and other hidden ones); with more than 2048 directories, or when
// the system refuses watches, the tree is looked through on invocation, at
// most once a second.
//
// The environment of a process is built from nothing; see [Options] for what a
// template may not put there. Child processes die with this one: on Linux by
// parent-death signal, elsewhere because the bootstraps end when their pipe does
// (darwin) or with the job object (Windows). A Runtime API child on darwin can
// outlive a kill -9.
//
// When a process ends, for whatever reason, what it started ends too: its
// process group or job at once and, on Linux 5.3 and later, what has gone into a
// session of its own, which is found by the TIDEWIRE_PROCESS that it inherited.
// After a kill -9 of this process the next Open with the same BuildDir ends such
// daemons. They live on when they emptied their environment, run as somebody
// else, or hide from /proc, and on darwin and the BSDs always.
//
// # Errors
//
// Invoke returns a *fault.FunctionError when the function ran and failed, in
// Lambda's own shape; a *fault.Error when Lambda would have refused the call
// (throttled, payload over 6 MB, unknown function); the context's error when
// the caller gave up; and any other error when an endpoint could not be
// reached.
//
// All methods may be called from any number of goroutines.
package lambda
