package appsyncjs

import (
	"encoding/json"
	"net/http"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

type rawJSON = json.RawMessage

// Call is what a function is called with: the members of its ctx. Absent
// documents are null, except Stash, Env and the headers, which are empty
// objects.
type Call struct {
	Arguments rawJSON // ctx.arguments and ctx.args
	Source    rawJSON
	Identity  rawJSON
	Stash     rawJSON // an object
	Prev      rawJSON // ctx.prev.result; nil: ctx.prev is null
	Result    rawJSON
	Env       rawJSON
	OutErrors rawJSON // a list; absent: empty
	Headers   rawJSON // ctx.request.headers
	// DomainName is ctx.request.domainName, null if nil.
	DomainName *string
	Error      *library.Failure // ctx.error: message and type
	Info       *Info
	AuthType   string // util.authType()
	// HeaderBytes is what this operation's response headers take already.
	HeaderBytes int

	// Extra are further members of ctx, such as "events". They come before
	// members of the same name above.
	Extra map[string]rawJSON
}

// Info is ctx.info. SelectionSetList and SelectionSetGraphQL are there, but
// JSON.stringify and Object.keys leave them out.
type Info struct {
	FieldName, ParentTypeName string
	Variables                 rawJSON // absent: {}
	SelectionSetList          []string
	SelectionSetGraphQL       string
}

// Outcome is how a call ended.
type Outcome struct {
	// Value is what the function returned, or runtime.earlyReturn took: null if
	// nothing. Nil if it failed.
	Value rawJSON
	// Stash is ctx.stash afterwards, also after a failure.
	Stash rawJSON
	Early *Early // set by runtime.earlyReturn

	Appended []library.Failure // by util.appendError
	// Failure is the error for the client; nil if the call succeeded.
	Failure *library.Failure
	// Reason says more than Failure, for the log; empty for errors that the
	// script made itself.
	Reason string
	At     Position // where it failed, as far as known

	Headers            http.Header // by util.http.addResponseHeader; names as given
	HeaderBytes        int
	Filter             rawJSON // by extensions.setSubscriptionFilter
	InvalidationFilter rawJSON
	Invalidations      []rawJSON
	Evictions          []Eviction
	Logs               []Line
}

// Early is a runtime.earlyReturn.
type Early struct {
	SkipTo string // "", "END" or "NEXT"
}

// Eviction is an extensions.evictFromApiCache.
type Eviction struct {
	Type, Field string
	Keys        rawJSON
}

// Line is what console.log ("INFO") and console.error ("ERROR") wrote.
type Line struct {
	Level, Text string
	At          Position
}

// Logged says whether AppSync logs the line at a level of an API's LogConfig:
// "NONE", "ERROR", "INFO", "DEBUG" or "ALL". Without one (empty) the line is
// logged here, for whoever writes the code.
func (l *Line) Logged(level string) bool {
	return level != "NONE" && (level != "ERROR" || l.Level == "ERROR")
}

// The errors that AppSync gives for code that fails by itself. Exceptions have a
// message of their own, see uncaught; messageRuntime is for what only is a limit
// here.
const (
	typeCode       = "Code"
	messageRuntime = "Runtime Error"
	typeTimeout    = "ExecutionTimeout"
	messageTimeout = "Execution timed out."
)

func runtimeFailure() library.Failure {
	return library.Failure{Type: typeCode, Message: messageRuntime}
}
