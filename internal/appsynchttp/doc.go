// Package appsynchttp is the HTTP that AppSync's two kinds of API have in
// common: POST to /graphql and POST to /event, from any origin, with one form
// of refusals. What is posted means, and who may, is the runtimes'.
//
// # What to call first
//
// [Begin] makes an [Exchange] of a request. [Exchange.Body] reads what was
// posted and [Exchange.Credential] is what identity asks for; [Exchange.Write]
// or [Exchange.Refuse] answers, once.
//
//	x := appsynchttp.Begin(w, r, from)
//	if x.Preflight() {
//		return
//	}
//	body, err := x.Body(limit)
//	…
//	caller, refused := admit(ctx, x.Credential(body))
//
// [RequestHeaders] is what code sees of the headers, also of those that the
// authorization of a WebSocket message stands for.
//
// # What is promised
//
// Every answer, a refusal too, allows every origin to read it and has an
// x-amzn-RequestId. No more of a body is read, or kept, than the limit and what
// has come. A refusal shows its code and message, and never its cause.
//
// # Concurrency
//
// An Exchange belongs to the goroutine that serves the request. Nothing else in
// the package has a state.
package appsynchttp
