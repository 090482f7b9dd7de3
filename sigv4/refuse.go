package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
)

// What a [Key] function answers, wrapped or not, when it has no secret to give.
var (
	// ErrUnknownKey: no such access key, or the session token does not belong
	// to it.
	ErrUnknownKey = errors.New("unknown access key")
	// ErrExpiredToken: the session token has expired.
	ErrExpiredToken = errors.New("expired session token")
)

// RefusedError says that a request was not admitted.
//
// Code, Status and Message are what AWS answers (exception name for
// x-amzn-ErrorType, HTTP status, text). Message may quote the caller's own
// canonical request, which holds the session token if one was sent: answer it
// to the caller, never log it. Reason is for the log: which part failed,
// without tokens, signatures and secrets. Error gives Code and Reason only.
type RefusedError struct {
	Code    string
	Status  int
	Message string
	Reason  string

	// CanonicalRequest and StringToSign are what the signature should have
	// covered. They are set only if the access key is known. They hold the
	// session token if one was sent.
	CanonicalRequest, StringToSign string

	AccessKeyID string // as sent; empty if it was not reached

	cause error
}

// Error gives Code and Reason: text for a log.
func (e *RefusedError) Error() string { return e.Code + ": " + e.Reason }

// Unwrap gives the error of the [Key] function, if that is why.
func (e *RefusedError) Unwrap() error { return e.cause }

const (
	missingToken        = "MissingAuthenticationTokenException"
	incompleteSignature = "IncompleteSignatureException"
	invalidSignature    = "InvalidSignatureException"

	mismatchText = "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)

func refuse(code, message, reason string, args ...any) *RefusedError {
	return &RefusedError{Code: code, Status: http.StatusForbidden, Message: message, Reason: fmt.Sprintf(reason, args...)}
}

func refuseMalformed(reason string) *RefusedError {
	return &RefusedError{Code: "BadRequestException", Status: http.StatusBadRequest, Message: "Bad Request", Reason: reason}
}

func refuseMissing(reason string) *RefusedError {
	return refuse(missingToken, "Missing Authentication Token", "%s", reason)
}

// refuseMismatch refuses with the mismatch text and without the canonical
// request, because there is no single one.
func refuseMismatch(reason string, args ...any) *RefusedError {
	return refuse(invalidSignature, mismatchText, reason, args...)
}

// refuseKey translates the answer of a Key function.
func refuseKey(err error, accessKeyID string) *RefusedError {
	e := refuse("InternalServerErrorException", "Internal server error",
		"looking up the secret of access key %s failed: %v", nameKey(accessKeyID), err)
	e.Status = http.StatusInternalServerError
	switch {
	case errors.Is(err, ErrUnknownKey):
		e = refuse("UnrecognizedClientException", "The security token included in the request is invalid.",
			"access key %s: %v", nameKey(accessKeyID), err)
	case errors.Is(err, ErrExpiredToken):
		e = refuse("ExpiredTokenException", "The security token included in the request is expired",
			"access key %s: %v", nameKey(accessKeyID), err)
	}
	e.cause, e.AccessKeyID = err, accessKeyID
	return e
}

// hashed gives the form in which AWS now repeats an Authorization header.
func hashed(header string) string {
	sum := sha256.Sum256([]byte(header))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Fingerprint stands for a secret in logs: its length and the first 8 hex
// digits of its SHA-256.
func Fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return fmt.Sprintf("(%d bytes, sha256 %s)", len(secret), hex.EncodeToString(sum[:4]))
}

// nameKey gives an access key id for a log, or the fingerprint of something
// that does not look like one and may be a misplaced secret.
func nameKey(id string) string {
	if len(id) < 4 || len(id) > maxAccessKeyID {
		return Fingerprint(id)
	}
	for i := range len(id) {
		if c := id[i]; (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return Fingerprint(id)
		}
	}
	return id
}
