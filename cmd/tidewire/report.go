package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/gateway"
)

// usageError is a command line that cannot be meant: exit code 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef is a usage error with a hint.
func usagef(advice, format string, args ...any) error {
	return hint(&usageError{fmt.Errorf(format, args...)}, advice)
}

// hintedError is an error that knows what to do about it.
type hintedError struct {
	err    error
	advice string
}

func (e *hintedError) Error() string { return e.err.Error() }
func (e *hintedError) Unwrap() error { return e.err }

// hint adds advice to err; the innermost advice is the one that is shown.
func hint(err error, advice string) error { return &hintedError{err, advice} }

// adviceOf is the most specific hint in err, or "".
func adviceOf(err error) string {
	advice := ""
	for hinted := (*hintedError)(nil); errors.As(err, &hinted); err = hinted.err {
		advice = hinted.advice
	}
	return advice
}

// describe is err for a person, with a hint where one is known. What a server
// said in it cannot control the terminal.
func describe(err error) string {
	var handshake *apigateway.RefusedError
	if errors.As(err, &handshake) {
		return refusal("refused: "+handshake.URL, handshake.Status, handshake.Type, handshake.Message, "", adviceOf(err))
	}
	var response *apigateway.ResponseError
	if errors.As(err, &response) {
		return refusal("refused: "+response.Op, response.Status, response.Type, response.Message, response.RequestID, adviceOf(err))
	}
	var answered *appsync.ResponseError
	if errors.As(err, &answered) {
		verb := "failed: "
		if errors.Is(err, appsync.ErrUnauthorized) {
			verb = "refused: "
		}
		return refusal(verb+answered.Op, answered.Status, answered.Type, answered.Message, answered.RequestID, adviceOf(err))
	}
	own := indented(visible(err.Error()))
	if problems := (*gateway.ProblemsError)(nil); !errors.As(err, &problems) {
		own = strings.ReplaceAll(own, "\n        hint: ", "\n    hint: ") // an error with a hint in its text
	}
	text := "tidewire: " + own + "\n"
	if advice := adviceOf(err); advice != "" {
		text += "    hint: " + visible(advice) + "\n"
	}
	return text
}

func refusal(what string, status int, kind, message, request, advice string) string {
	var b strings.Builder
	b.WriteString("tidewire: " + visible(what) + "\n")
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "    %-9s%s\n", name+":", indented(visible(value)))
		}
	}
	line("status", strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status))))
	line("type", kind)
	line("message", message)
	line("request", request)
	line("hint", advice)
	return b.String()
}

// indented puts blanks before every line but the first, so that no text of
// others can look like a line of ours.
func indented(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
