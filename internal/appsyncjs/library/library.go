package library

import (
	"encoding/json"
	"io"
	"time"

	"github.com/dop251/goja"
)

// Host is what the library needs of the call being run. A nil function does
// nothing; Now defaults to time.Now. Its fields may change between calls, and
// are used from the runtime's goroutine only.
type Host struct {
	Now  func() time.Time
	Rand io.Reader // for identifiers and random numbers; required by the functions that make them

	AuthType func() string                         // util.authType()
	Stop     func(Failure)                         // util.error and its like: ends the evaluation and does not return
	Append   func(Failure)                         // util.appendError
	Early    func(value goja.Value, skipTo string) // runtime.earlyReturn: does not return; skipTo is "", "END" or "NEXT"
	Header   func(name, value string)              // util.http.addResponseHeader, already checked
	Evict    func(typeName, field string, keys json.RawMessage)
	Log      func(level, line string) // console.log ("INFO") and console.error ("ERROR")
	Grow     func(bytes int)          // told before bytes are made; does not return when they are too many

	// Decode makes the value of JSON text. Default: the runtime's
	// JSON.parse, which replaces lone surrogates.
	Decode func(json.RawMessage) goja.Value

	Filter, InvalidationFilter, Invalidate func(json.RawMessage) // extensions.*, already checked

	// HeaderBytes are the bytes of the response headers that this GraphQL
	// operation has set. The library adds to it; the caller sets it to 0.
	HeaderBytes int
}

// Failure is what util.error, util.appendError and util.unauthorized carry. Data
// and Info are nil when they were not given.
type Failure struct {
	Message, Type string
	Data, Info    json.RawMessage
}

// The error types that the library itself gives.
const (
	TypeUnauthorized   = "Unauthorized"        // util.unauthorized
	TypeResponseHeader = "ResponseHeaderError" // a header that was ignored
)

// Modules are the frozen objects that scripts see. DynamoDB holds the exports of
// @aws-appsync/utils/dynamodb; the others are globals, and exports of
// @aws-appsync/utils (Console is a global only).
type Modules struct{ Util, Extensions, Runtime, Console, DynamoDB *goja.Object }

// library is the state behind the functions of one runtime.
type library struct {
	vm      *goja.Runtime
	host    *Host
	freezer goja.Callable // Object.freeze, taken before a script can replace it
	parser  goja.Callable // JSON.parse, likewise
	credit  int           // bytes that Host.Grow allowed and nothing has used yet

	patterns cache[*Pattern]
	dates    cache[*datePattern]
	zones    cache[*time.Location]
}

// New makes the library's objects in vm, which has run no script yet. The Host
// may be filled later, but before a script runs.
func New(vm *goja.Runtime, h *Host) *Modules {
	l := &library{vm: vm, host: h}
	l.freezer, _ = goja.AssertFunction(vm.GlobalObject().Get("Object").ToObject(vm).Get("freeze"))
	l.parser, _ = goja.AssertFunction(vm.GlobalObject().Get("JSON").ToObject(vm).Get("parse"))
	return &Modules{
		Util:       l.module(&utilGroup),
		Extensions: l.module(&extensionGroup),
		Runtime:    l.module(&runtimeGroup),
		Console:    l.module(&consoleGroup),
		DynamoDB:   l.module(&dynamodbModule),
	}
}

func (l *library) now() time.Time {
	if l.host.Now == nil {
		return time.Now()
	}
	return l.host.Now()
}
