// Package identity knows who is calling a gateway, and whether they may.
//
// # What to call first
//
// Make an [Authenticator] with [New] and give it every later [spec.Spec] with
// [Authenticator.Update]. For a request that must be signed call
// [Authenticator.IAM], then [Authenticator.Authorize] with what the request
// wants to do; for one that needs an API key, [Authenticator.APIKey]. All three
// answer with a [*fault.Error] whose public part is what AWS says and whose
// Cause is the reason in full.
//
// An AppSync API has [Modes], made with [NewModes] from the API's authorization
// modes. [Modes.Admit] finds out which of the credentials API key, signature,
// token of a user pool or OpenID Connect provider, or token of a Lambda
// authorizer a request has, verifies it and gives a [Caller];
// [Modes.AuthorizeField] asks policies and the authorizer about one field, and
// [Modes.AuthorizeEvents] about connecting to an Event API, publishing and
// subscribing, for each of which it has modes of its own. Keys
// of issuers come from where ModesOptions.Issuers says, and from nowhere else.
//
// An identity pool has [Logins], made with [NewLogins], which verify the tokens
// of its providers; [Authenticator.AssumePoolRole] makes the credentials.
//
// # Callers
//
//   - the local developer, who owns the machine: every action is allowed;
//   - the users of the template with their access keys, unless inactive;
//   - sessions of the template's roles, made by [Authenticator.AssumeRole] or,
//     with what an identity pool knows of their owner, AssumePoolRole;
//   - foreign keys: AWS credentials that the operator handed to a function,
//     admitted for [Options.ForeignActions] only.
//
// Users and sessions are judged by their policies, permissions boundary and
// session policy (package iam), as the Spec in force has them at that moment:
// a reload changes them, and a role or user that is gone is refused. A key id
// or ARN that the Spec holds twice is refused rather than guessed.
//
// # Services
//
// API Gateway, AppSync and identity pools use the template's roles and
// functions. Whether they may is asked of [MayAssume], a role's trust policy,
// [RoleMay], what the role may do then, and [MayInvoke], a function's own
// policy. All policies know the same condition keys of a call.
//
// # Session tokens
//
// A session token is AES-256-GCM under a key that is used for nothing else,
// with random nonces (NIST SP 800-38D, section 8.2.2: at most 2^32 tokens per
// key). The sealed part has the access key id, its secret, the role's ARN, the
// session's name, issue and end (at most 12 hours apart), the session policy
// and the identity of an identity pool; version and key id in front are authenticated. The sealed access
// key id must be the one that signed. Tokens have at most [MaxToken]
// characters of the URL-safe base64 alphabet, so that a presigned WebSocket
// URL with one stays under API Gateway's 4,096.
//
// # What is promised
//
// No secret, token, signature or API key appears in an error, public or
// private. In the canonical request that a signature mismatch quotes, as AWS
// does, the session token and other credentials are replaced by length and
// hash. Secrets are compared in constant time. What is not understood is
// refused.
//
// # Concurrency
//
// An Authenticator is safe for concurrent use and starts no goroutine. Update
// takes effect for calls that start after it; a call sees one Spec throughout.
// An [Identity] is immutable. The counts of API keys survive Update, and begin
// anew with a new Authenticator.
package identity
