package lambda

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
)

// What can happen to an invocation besides an answer.
var (
	errGone         = errors.New("the function's process ended")
	errInterrupted  = errors.New("the caller gave up")
	errTimedOut     = errors.New("the function's time is up")
	errNotDelivered = errors.New("the process ended before it got the event")
	errRetired      = errors.New("the function was replaced")
	errClosed       = errors.New("functions are closed")
	errProtocol     = errors.New("the process broke the private channel's framing")
)

// functionError is a failure in the shape that Lambda returns.
func functionError(kind, message string) *fault.FunctionError {
	body, err := json.Marshal(struct {
		Type    string `json:"errorType"`
		Message string `json:"errorMessage"`
	}{kind, message})
	if err != nil { // two strings always marshal
		body = []byte(`{}`)
	}
	return &fault.FunctionError{Type: kind, Message: message, Payload: body}
}

// reportedError is a failure that the function's runtime described itself.
func reportedError(payload []byte) *fault.FunctionError {
	var e struct {
		Type    any `json:"errorType"`
		Message any `json:"errorMessage"`
	}
	if err := json.Unmarshal(payload, &e); err != nil {
		return functionError("Runtime.Unknown", "the runtime reported an error that is not JSON")
	}
	return &fault.FunctionError{Type: text(e.Type), Message: text(e.Message), Payload: payload}
}

// text is a JSON value as a person would write it.
func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// timedOut is what Lambda answers when a function's Timeout has passed.
func timedOut(id string, after time.Duration) *fault.FunctionError {
	return functionError("Sandbox.Timedout",
		fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", id, after.Seconds()))
}

// exited is what Lambda answers when the runtime process ended on its own.
// status is as os.ProcessState prints it.
func exited(id, status string) *fault.FunctionError {
	if status == "" || status == "exit status 0" {
		return functionError("Runtime.ExitError",
			fmt.Sprintf("RequestId: %s Error: Runtime exited without providing a reason", id))
	}
	return functionError("Runtime.ExitError",
		fmt.Sprintf("RequestId: %s Error: Runtime exited with error: %s", id, status))
}

// replyTooLarge is what Lambda answers for a response over its limit.
func replyTooLarge() *fault.FunctionError {
	return functionError("Function.ResponseSizeTooLarge",
		fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", maxReply))
}

// payloadTooLarge refuses a request over Lambda's limit.
func payloadTooLarge(name string, n int) *fault.Error {
	return fault.Error{
		Code:    "RequestEntityTooLargeException",
		Status:  http.StatusRequestEntityTooLarge,
		Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", maxPayload),
	}.Because("function %s: the event has %d bytes", name, n)
}

// throttled refuses a call for want of concurrency.
func throttled(format string, args ...any) *fault.Error {
	return fault.Error{
		Code:    "TooManyRequestsException",
		Status:  http.StatusTooManyRequests,
		Message: "Rate Exceeded.",
	}.Because(format, args...)
}

// unknownFunction refuses a call of a name that nothing stands behind.
func unknownFunction(name string) *fault.Error {
	return fault.Error{
		Code:    "ResourceNotFoundException",
		Status:  http.StatusNotFound,
		Message: "Function not found: " + name,
	}.Because("the template has no function called %q", name)
}

// asFunctionError is err if it is a function's, else nil.
func asFunctionError(err error) *fault.FunctionError {
	var fe *fault.FunctionError
	if errors.As(err, &fe) {
		return fe
	}
	return nil
}
