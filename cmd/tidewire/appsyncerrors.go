package main

import (
	"errors"
	"net"
	"strings"

	"github.com/tidewire/tidewire/appsync"
)

// appsyncError adds to an error of packages appsync and events what may be
// done about it, and drops the package's name.
func appsyncError(err error) error {
	if err == nil {
		return nil
	}
	advice := appsyncAdvice(err)
	err = without(err, "appsync: ", "events: ")
	if advice == "" {
		return err
	}
	return hint(err, advice)
}

// without takes prefixes off the text of an error, in their order.
func without(err error, prefixes ...string) error {
	text := err.Error()
	for _, prefix := range prefixes {
		text = strings.TrimPrefix(text, prefix)
	}
	if text == err.Error() {
		return err
	}
	return &renamedError{text, err}
}

// renamedError is an error with a text of its own.
type renamedError struct {
	text string
	err  error
}

func (e *renamedError) Error() string { return e.text }
func (e *renamedError) Unwrap() error { return e.err }

func appsyncAdvice(err error) string {
	var response *appsync.ResponseError
	var missing *appsync.NoCredentialsError
	var region *appsync.NoRegionError
	var unknown *net.DNSError
	switch {
	case errors.As(err, &response):
		return responseOfAppSync(response)
	case errors.Is(err, appsync.ErrUnauthorized):
		return deniedAdvice
	case errors.Is(err, appsync.ErrMaxSubscriptions), errors.Is(err, appsync.ErrLimitExceeded):
		return "the API's limit is reached: try again later"
	case errors.As(err, &missing):
		return firstOf(adviceOf(missing.Cause), "see tidewire help auth")
	case errors.As(err, &region):
		return "give --region"
	case errors.As(err, &unknown):
		return "there is no such host: compare the address with the API's"
	}
	return adviceFor(err, true)
}

const deniedAdvice = "the API does not take this credential, or not for this: see tidewire help auth"

// responseOfAppSync explains an answer that is no GraphQL response.
func responseOfAppSync(e *appsync.ResponseError) string {
	switch e.Type {
	case "UnauthorizedException":
		return unauthorizedAdvice(e.Message)
	case "MalformedHttpRequestException", "BadRequestException":
		if strings.HasSuffix(e.Message, " operation name.") {
			return "name one of the document's operations with --operation"
		}
		return "" // the server's words say it
	}
	switch {
	case e.Status >= 300 && e.Status < 400:
		return redirectAdvice
	case e.Status == 404 || e.Status == 405 || e.Type == "ForbiddenException":
		return "there is no API at this path: a GraphQL API's ends in " + graphqlPath + ", an Event API's in " + eventPath + "; compare the address with the one that serve prints"
	case e.Status == 429:
		return "too many requests: try again later"
	case strings.Contains(e.Message, "instead of JSON"):
		return "something else answers there: look at the address, and at proxies"
	}
	return firstOf(exceptionAdvice(e.Type, e.Message, true), ifDenied(e))
}

func ifDenied(e *appsync.ResponseError) string {
	if errors.Is(e, appsync.ErrUnauthorized) {
		return deniedAdvice
	}
	return ""
}

// unauthorizedAdvice explains AppSync's 401 by its message.
func unauthorizedAdvice(message string) string {
	switch {
	case strings.Contains(message, "authorization header not provided"):
		return "the API does not have the mode that was used: give another --auth, see tidewire help auth"
	case strings.Contains(message, "parse JWT"):
		return "what was sent is no JWT: give --token with the access or ID token alone"
	case strings.Contains(message, "expired"):
		return "the token or key has expired: get a new one, or use tidewire login and --login"
	}
	return deniedAdvice
}
