package main

import (
	"context"
	"crypto/x509"
	"errors"
	"regexp"
	"strings"
	"syscall"

	"github.com/tidewire/tidewire/apigateway"
)

// adviseOn adds to an error of a connection or a request what may be done
// about it; signed says whether it carried a signature of ours.
func adviseOn(err error, signed bool) error {
	if advice := adviceFor(err, signed); advice != "" {
		return hint(err, advice)
	}
	return err
}

func adviceFor(err error, signed bool) string {
	var handshake *apigateway.RefusedError
	var response *apigateway.ResponseError
	var frame *apigateway.CloseError
	var authority x509.UnknownAuthorityError
	switch {
	case errors.As(err, &handshake) && atAppSync(handshake.URL):
		return "this is the address of an AppSync API: see tidewire subscribe and tidewire events subscribe"
	case errors.As(err, &handshake):
		return firstOf(exceptionAdvice(handshake.Type, handshake.Message, signed), handshakeAdvice(handshake.Status))
	case errors.As(err, &response):
		return firstOf(exceptionAdvice(response.Type, response.Message, signed), responseAdvice(response.Status))
	case errors.As(err, &frame):
		return closeAdvice(frame.Code)
	case errors.As(err, &authority):
		return "the certificate is not from an authority that this system trusts; tidewire's own is trusted only for a gateway that you are running"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: is tidewire serve running, and on this port?"
	case errors.Is(err, context.Canceled):
		return ""
	}
	return ""
}

// atAppSync says whether an address looks like one of AppSync's.
func atAppSync(address string) bool {
	path := strings.TrimSuffix(strings.TrimSuffix(address, "/"), "/realtime")
	return strings.HasSuffix(path, graphqlPath) || strings.HasSuffix(path, eventPath)
}

// closeAdvice explains close codes as API Gateway uses them.
func closeAdvice(code int) string {
	switch code {
	case 1001:
		return "API Gateway closes after 10 minutes without messages and after 2 hours, and a gateway when it stops"
	case 1003:
		return "API Gateway takes text messages only"
	case 1009:
		return "a message may have 128 KB, and a frame of it 32 KB"
	}
	return ""
}

// exceptionAdvice explains a refusal by its exception, "" without a telling
// one; signed says whether the request carried a signature of ours.
func exceptionAdvice(kind, message string, signed bool) string {
	switch kind {
	case "ExpiredTokenException":
		return "the session token has expired: log in again (aws sso login, or a new tidewire env)"
	case "UnrecognizedClientException", "InvalidClientTokenId":
		return "the server does not know the access key, or its session token: these are credentials of another account, gateway or state directory"
	case "MissingAuthenticationTokenException", "MissingAuthenticationToken":
		return missingAdvice(signed)
	case "IncompleteSignatureException":
		return "the API wants an IAM signature and got another Authorization header: leave out -H Authorization"
	case "InvalidSignatureException", "SignatureDoesNotMatch":
		return signatureAdvice(message)
	case "AccessDeniedException":
		return accessAdvice(message)
	}
	return ""
}

func missingAdvice(signed bool) string {
	if signed {
		return "the signature did not arrive, or there is no such stage: compare the address with the one that serve prints"
	}
	return "the API wants an IAM signature: give --auth iam, with --profile or --state for the credentials"
}

func signatureAdvice(message string) string {
	switch {
	case strings.HasPrefix(message, "Signature expired"):
		return "the signature is too old: a presigned URL lives 5 minutes if it does not say otherwise; else set this machine's clock"
	case strings.HasPrefix(message, "Signature not yet current"):
		return "this machine's clock is ahead of the server's: set it"
	case strings.Contains(message, "Credential should be scoped"):
		return "signed for another region or service: give --region and --service as the message says"
	}
	return "the secret key is not the one that belongs to the access key id, or something on the way changed host, path or query"
}

// accessAdvice names the action and the resource that a policy must allow.
func accessAdvice(message string) string {
	found := regexp.MustCompile(`not authorized to perform: (\S+) on resource: (\S+)`).FindStringSubmatch(message)
	switch {
	case found == nil:
		return "a policy denies it, or none allows it"
	case strings.Contains(message, "explicit deny"):
		return "a policy of the caller denies " + found[1] + " on " + found[2]
	}
	return "allow the caller " + found[1] + " on " + found[2]
}

// handshakeAdvice explains the status of a refused handshake.
func handshakeAdvice(status int) string {
	switch {
	case status >= 300 && status < 400:
		return redirectAdvice
	case status == 401:
		return "the API's authorizer found nobody in the request: give the header or query parameter that it reads, with -H or in the URL"
	case status == 403:
		return "no such API or stage, an API key that is missing or not in a plan of this stage (--api-key), or an authorizer's or $connect's refusal"
	case status == 404 || status == 426:
		return "this is not the address of a WebSocket API: compare it with the one that serve prints"
	case status == 429:
		return "too many requests, or a usage plan's quota is used up: try again later"
	case status == 502:
		return "the function behind $connect failed or answered in a wrong form: see its log"
	case status == 504:
		return "the function behind $connect took longer than 29 s: see its log"
	case status >= 500:
		return "the server failed, or the API is not configured well: see its log"
	}
	return "the function behind $connect may have refused: see its log"
}

const redirectAdvice = "redirects are not followed: give the address that it names"

// responseAdvice explains the status of an answer of @connections.
func responseAdvice(status int) string {
	switch {
	case status >= 300 && status < 400:
		return redirectAdvice
	case status == 400:
		return "a connection's id is in the events that its messages cause: requestContext.connectionId"
	case status == 403 || status == 404:
		return "there is no such stage: ENDPOINT is the address that clients connect to, with http or https"
	case status == 410:
		return "the connection is closed, or never was, or its $connect has not answered yet"
	case status == 413:
		return "a message may have 128 KB"
	case status == 429:
		return "too many requests, or more is waiting for this client than the gateway holds: try again later"
	case status >= 500:
		return "the server failed: see its log"
	}
	return ""
}
