package login

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// serviceError is what an AWS service said, flattened: the SDK's errors may
// hold a whole answer.
func serviceError(op, where string, err error, secrets ...string) *Error {
	var answer *smithyhttp.ResponseError
	status := 0
	if errors.As(err, &answer) {
		status = answer.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "UnknownError" { // the SDK's name for an answer that names none
		code := exceptionName(api.ErrorCode())
		return &Error{Op: op, Where: where, Status: status, Code: code, Message: cleaned(api.ErrorMessage(), secrets...),
			Kind: kindOf(code, status), Hint: hintFor(code, api.ErrorMessage())}
	}
	var garbled *smithy.DeserializationError
	if status != 0 || errors.As(err, &garbled) {
		e := &Error{Op: op, Where: where, Status: status, Kind: ErrBadAnswer, Message: "the answer is not the JSON of Amazon Cognito",
			Hint: "check the endpoint, and look for a proxy that answers in its place"}
		if status >= http.StatusInternalServerError {
			e.Kind = ErrUnavailable
		}
		return e
	}
	return unreached(op, where, innermost(err))
}

// innermost drops what the SDK wraps around an error of the network.
func innermost(err error) error {
	for {
		switch wrapped := err.(type) {
		case *smithy.OperationError:
			err = wrapped.Err
		case *smithyhttp.RequestSendError:
			err = wrapped.Err
		default:
			return err
		}
	}
}

// exceptionName is a __type without namespace and address.
func exceptionName(code string) string {
	code, _, _ = strings.Cut(code, ":")
	return cleaned(code[strings.LastIndexByte(code, '#')+1:])
}

func kindOf(code string, status int) error {
	switch code {
	case "TooManyRequestsException", "LimitExceededException", "InternalErrorException", "ExternalServiceException", "ThrottlingException":
		return ErrUnavailable
	case "UnknownOperationException", "UnsupportedOperationException", "Unsupported":
		return ErrUnsupported
	}
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return ErrUnavailable
	}
	return ErrDenied
}

// hintFor is what to do about an exception of Cognito.
func hintFor(code, message string) string {
	if strings.Contains(strings.ToLower(message), "secret") {
		return "check the app client's secret: give it if the client has one, leave it out if not"
	}
	if strings.Contains(message, "flow not enabled") {
		return "enable the flow for the app client, or log in another way: SRP, or the pool's hosted pages"
	}
	switch code {
	case "UserNotConfirmedException":
		return "confirm the user's sign-up first"
	case "PasswordResetRequiredException":
		return "reset the password first"
	case "ResourceNotFoundException":
		return "check the pool's id, the client's id and the region"
	case "NotAuthorizedException", "UserNotFoundException":
		return "check user name and password, and this machine's clock"
	case "CodeMismatchException", "ExpiredCodeException":
		return "log in again with a new code"
	case "TooManyRequestsException", "LimitExceededException":
		return "wait before the next attempt"
	}
	return ""
}
