// Package identitypool answers for the identity pools of a template: who is
// signed in at a user pool or an OpenID Connect provider, or is nobody, gets
// AWS credentials of one of the template's roles (Amazon Cognito developer
// guide, "Identity pools authentication flow", enhanced flow).
//
// Make [Pools] with [New] and serve what [Takes] says is theirs: GetId,
// GetCredentialsForIdentity and GetOpenIdToken in the AWS JSON 1.1 protocol,
// unsigned, from any page. [Pools.Unavailable] says which providers' tokens
// cannot be verified.
//
// # What is promised
//
// A token counts if its issuer's keys verify it and it is an ID token for a
// client that the pool trusts. The role is the one that Cognito would choose
// (rules, the token's roles, or the attached role), and its trust policy must
// let the pool's identity in. The credentials are those of [Assume].
//
// Nothing is kept. The id of a login is derived from the pool, the provider
// and the subject; the id of a guest is random. Both carry a check by which
// they are known again, so that an id that nobody was given is not found. Two
// logins are never linked to one identity; the credentials of a guest who has
// signed in are those of the login's own identity.
//
// Tokens do not occur in logs or answers. Reasons are told to the log only.
//
// # Concurrency
//
// Pools are safe for concurrent use. A reload makes new ones.
package identitypool
