// Package sigv4 signs, presigns and verifies HTTP requests with AWS Signature
// Version 4, and explains why one was refused.
//
// # What to call first
//
// A client fills in a [Signer] and calls [Signer.Sign] to put the signature
// into headers, or [Signer.Presign] to get a URL that carries it (http, https,
// ws and wss):
//
//	s := &sigv4.Signer{Credentials: creds, Service: "execute-api", Region: "us-east-1"}
//	err := s.Sign(ctx, req, "")                          // "" hashes the body
//	u, err := s.Presign(ctx, req, 0, sigv4.EmptyPayload) // 0 omits X-Amz-Expires
//
// A server fills in a [Verifier] and calls [Verifier.Verify] with the request
// exactly as received, see [FromHTTP]:
//
//	v := &sigv4.Verifier{Service: "execute-api", Region: "us-east-1", Key: lookup}
//	who, err := v.Verify(ctx, sigv4.FromHTTP(r), body)
//
// Verify answers with a [*Verified] or with a [*RefusedError], which holds
// both what AWS would answer and the private reason. [Signer.SignTrace],
// [Signer.PresignTrace] and [Verifier.VerifyTrace] also hand out the canonical
// request and the string to sign.
//
// Whoever holds the secret of a refused request, on either side, asks
// [Explain] which mistake was made:
//
//	report := sigv4.Explain(ctx, v.Question(sigv4.FromHTTP(r), body))
//	fmt.Print(report) // service: signed for service appsync, this API is execute-api
//
// [ParseRawRequest] reads requests as curl -v and proxies print them, for
// Explain and for [Signer.SignRequest], and [ParseAWSError] reads the canonical
// request out of AWS's own refusal.
//
// # What is promised
//
// The canonical request is built from the undecoded request target, as the
// AWS document "Create a signed AWS API request" (IAM User Guide) says: the
// path is normalised and percent-encoded once more, the query is decoded,
// re-encoded and sorted as (name, value) pairs, header values are trimmed and
// folded. The checks of Verify, their order and their texts are those of API
// Gateway's execute-api endpoints; it admits a request only if its signature
// holds, its body is the one that was signed, it is in time, and its session
// token, if any, was signed too.
//
// Verify tolerates, and only this: the default port (443 or 80) present or
// absent in the signed host; the path signed normalised or as it was sent;
// "+" meaning a blank in the query; and the services in
// [Verifier.AcceptServices].
//
// Signatures and secrets are compared in constant time. Neither errors nor
// reasons hold secrets, session tokens or signatures; canonical requests do
// hold the session token, so they are separate fields that belong to the
// caller who sent them and never into a log.
//
// Explain names a recomputed mistake only if the received signature is that of
// the request with exactly this mistake; see [Kind] for which are recomputed
// and which the request merely claims. It lists all explanations that fit, of
// one or two recomputed mistakes, within a bound on work. Its [Report] shows
// credentials of the request as length and 8 hex digits of SHA-256.
//
// # What is not promised
//
// Explain finds no mistake in the method, none in three parts of a request at
// once, and no content that cannot be derived from what arrived.
//
// Authorisation is the business of package iam. Replay within the time window
// is possible, as it is at AWS. Chunked payload signing (STREAMING-…),
// SigV4A and UNSIGNED-PAYLOAD are refused by Verify.
//
// # Concurrency
//
// Signers and verifiers are ready to use as plain struct values, start no
// goroutines, and may be used by any number of goroutines at once, provided
// that their fields are not changed after first use and that they are not
// copied. Each holds a bounded cache of signing keys.
package sigv4

const (
	// EmptyPayload is the hex SHA-256 of nothing: the payload hash of every
	// request without a body and of presigned URLs for execute-api.
	EmptyPayload = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

	// UnsignedPayload is what S3 accepts in place of a payload hash. Other
	// services, and Verify, refuse it.
	UnsignedPayload = "UNSIGNED-PAYLOAD"

	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"

	authorizationHeader = "Authorization"
	dateHeader          = "X-Amz-Date"
	tokenHeader         = "X-Amz-Security-Token"
	payloadHeader       = "X-Amz-Content-Sha256"

	algorithmParam     = "X-Amz-Algorithm"
	credentialParam    = "X-Amz-Credential"
	dateParam          = "X-Amz-Date"
	expiresParam       = "X-Amz-Expires"
	signedHeadersParam = "X-Amz-SignedHeaders"
	tokenParam         = "X-Amz-Security-Token"
	signatureParam     = "X-Amz-Signature"
)
