// Package login gets tokens for people and services, and keeps them fresh:
// from OpenID Connect providers ([OIDC]), from Amazon Cognito user pools
// ([UserPool]), and, with such a token, AWS credentials from Cognito identity
// pools ([IdentityPool]).
//
// # Start here
//
// A person logs in once, a [Source] does the rest:
//
//	provider := &login.OIDC{Issuer: "https://login.example.com", ClientID: "cli"}
//	store, err := login.OpenStore(dir) // such as os.UserConfigDir() + "/tidewire/logins"
//	defer store.Close()
//	source, err := provider.Source(store, "work", false)
//
//	token, err := provider.Code(ctx, &login.CodeOptions{Show: show, Open: open}) // a browser here
//	token, err = provider.Device(ctx, showCode)                                  // or a browser elsewhere
//	err = source.Save(ctx, token, nil)
//
//	token, err = source.Fetch(ctx) // from now on, in this process and others
//	token, err = source.Rejected(ctx, token.AccessToken) // after a 401: renewed once
//
// A [*Source] is an oauth2.TokenSource, as package appsync takes one. A service
// has no person: [OIDC.Service] is a source that logs in by client credentials. At
// a user pool [UserPool.SRP] and [UserPool.Password] take the place of Code; a
// pool's hosted pages are an OIDC provider, with a fixed port and the host
// "localhost". AWS credentials:
//
//	source, err := pool.Source(store, "work", true) // ID tokens
//	provider := aws.NewCredentialsCache(&login.IdentityPool{PoolID: id, Token: source.Fetch})
//
// # What is promised
//
//   - One renewal at a time: processes that share a [Store] take turns by a lock
//     file, look again when it is their turn, and use what another has got.
//   - Expiry goes by the wall clock, so a machine may sleep; when the clock was
//     set back, tokens are renewed. See [Source.Rejected] for tokens that a
//     server refuses before they expire.
//   - A new refresh token is on disk before the access token that came with it
//     is used. Files are replaced whole, 0600 in a directory 0700.
//   - A saved login is bound to its issuer and client. Another setting under the
//     same name does not get the refresh token.
//   - State, nonce, PKCE, and of an ID token signature, algorithm, issuer,
//     audience, party, subject, times and at_hash are checked; what fails is
//     refused. The tokens of a user pool's API come from the pool itself over
//     TLS and are taken as they are.
//   - Secrets go to https, or to this machine; redirects are not followed;
//     answers over 1 MiB are refused.
//   - Errors are [*Error] values that match one of the Err variables and say what
//     to do. Neither they nor anything that is shown holds a token, a password
//     or a code; where a server repeats one, "[hidden]" stands instead, or for
//     what is too long to be guessed its length and eight hex digits of its
//     SHA-256. Nothing is logged.
//   - Every wait ends: a request after 30 seconds, a lock after 90, a login after
//     the Timeout of its settings.
//
// Not promised: that a token is still good at the provider, which may revoke
// it; secrecy from other programs of the same user; constant time of the SRP
// arithmetic, which is of math/big. Amazon Cognito's remembered devices,
// passkeys, CUSTOM_AUTH and MFA_SETUP are not done here: they end with
// [ErrUnsupported].
//
// # Concurrency
//
// All types may be used from any number of goroutines once their fields are
// set. No goroutine outlives a call: only [OIDC.Code] starts one, the server
// for the browser's answer, and waits for it.
package login
