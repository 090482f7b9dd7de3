package sigv4

// Kind names a mistake that [Explain] can find.
type Kind string

// The kinds of mistakes. "Recomputed" ones are named because the received
// signature is that of the request with this difference, made with the secret;
// "claimed" ones stand in the request itself.
const (
	KindService Kind = "service" // claimed: the credential scope names another service
	KindRegion  Kind = "region"  // claimed: the credential scope names another region

	KindHostPort Kind = "host-port" // recomputed: signed for the same host with another port, or none
	KindHostName Kind = "host-name" // recomputed: signed for another host name
	KindScheme   Kind = "scheme"    // recomputed: signed for port 443 and sent to 80 or the reverse; or a scheme was signed with host or path

	KindPathSlash    Kind = "path-slash"    // recomputed: a slash at the end of the path too many or too few
	KindPathStage    Kind = "path-stage"    // recomputed: signed without the stage, or with a prefix that is not there
	KindPathEncoding Kind = "path-encoding" // recomputed: percent-encoded another number of times or with other characters; claimed: a malformed escape

	KindQueryOrder    Kind = "query-order"    // recomputed: parameters not sorted by encoded name, then value
	KindQueryEncoding Kind = "query-encoding" // recomputed: parameters encoded otherwise ("+" for a blank, a bare "/"…); claimed: a malformed escape
	KindQueryChanged  Kind = "query-changed"  // recomputed: parameters added after signing, or left out of the signature

	KindBodyEmpty    Kind = "body-empty"    // recomputed: signed as empty (or {}, null…) and received with content, or the reverse
	KindBodyChanged  Kind = "body-changed"  // recomputed, from X-Amz-Content-Sha256 or a body that was given to try: another body was signed
	KindBodyEncoding Kind = "body-encoding" // recomputed: the same content in other bytes was signed, or something else than its hash

	KindHeaderChanged Kind = "header-changed" // recomputed: a signed header had another value; also its spelling in SignedHeaders
	KindHeaderMissing Kind = "header-missing" // claimed: a header in SignedHeaders did not arrive; recomputed if its value can be guessed

	KindTokenUnsigned Kind = "token-unsigned" // claimed in headers, recomputed in a query: the session token was added after signing
	KindTokenMissing  Kind = "token-missing"  // claimed: the credentials are temporary and no session token arrived

	KindSecretWhitespace Kind = "secret-whitespace" // recomputed: signed with stray white space around the secret
	KindSecret           Kind = "secret"            // recomputed: signed with the secret of another access key, or a misread one

	KindDateSkew  Kind = "date-skew"  // claimed: the clocks of client and verifier differ
	KindExpired   Kind = "expired"    // claimed: signed too long ago; or the session token has expired
	KindScopeDate Kind = "scope-date" // claimed: the day in the credential scope is not that of X-Amz-Date; recomputed: the key is of another day
	KindAccessKey Kind = "access-key" // claimed: no such access key, or the session token is not its
)

// Mistake is one difference between what was signed and what should have been.
// Its texts hold no secrets unless [Question.Reveal] was set.
type Mistake struct {
	Kind     Kind   `json:"kind"`
	Signed   string `json:"signed,omitempty"`   // what the signer had
	Expected string `json:"expected,omitempty"` // what the verifier has
	Detail   string `json:"detail,omitempty"`   // which header or parameter, how far, …

	// Unproven is set on what the request itself says, if the signature could
	// not be recomputed: it is wrong, but perhaps not all that is.
	Unproven bool `json:"unproven,omitempty"`
}

// String says in one line what is wrong.
func (m Mistake) String() string {
	text := m.sentence()
	if m.Detail != "" {
		text += " (" + m.Detail + ")"
	}
	if m.Unproven {
		text += "; the signature differs beyond that or could not be recomputed"
	}
	return printable(text)
}

func (m Mistake) sentence() string {
	signed, expected := orNothing(m.Signed), orNothing(m.Expected)
	switch m.Kind {
	case KindService:
		return "signed for service " + signed + ", this API is " + expected
	case KindRegion:
		return "signed for region " + signed + ", this API is in " + expected
	case KindHostPort, KindHostName, KindScheme:
		return "signed for " + signed + ", received for " + expected
	case KindPathSlash, KindPathStage, KindPathEncoding:
		return "signed path " + signed + ", should be " + expected
	case KindAccessKey:
		return "access key " + signed + " is " + expected
	case KindDateSkew, KindExpired:
		return "dated " + signed + ", the time was " + expected
	case KindScopeDate:
		return "the key is of day " + signed + ", the request is of " + expected
	}
	return "signed " + signed + ", should be " + expected
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// Fix says what to change.
func (m Mistake) Fix() string {
	switch m.Kind {
	case KindService:
		return "sign for service " + printable(m.Expected)
	case KindRegion:
		return "sign for region " + printable(m.Expected)
	case KindHostPort, KindHostName:
		return "sign the Host header that is sent (" + printable(m.Expected) + "); a proxy must pass it on unchanged"
	case KindScheme:
		return "sign the bare host as it is sent, with its port unless that is the default of the scheme in use"
	case KindDateSkew:
		return "set the clock of the client; X-Amz-Date is in UTC"
	}
	return fixes(m.Kind)
}

func fixes(k Kind) string {
	switch k {
	case KindPathSlash:
		return "sign exactly the path that is sent, with or without a slash at its end"
	case KindPathStage:
		return "sign the whole path of the URL, stage included; a proxy must not add or remove a prefix"
	case KindPathEncoding:
		return "take the path as it is sent and percent-encode every byte but A-Z a-z 0-9 - . _ ~ / once more"
	case KindQueryOrder:
		return "sort the parameters by encoded name, then by encoded value, in byte order"
	case KindQueryEncoding:
		return "percent-encode names and values, a blank as %20; end a name without a value with ="
	case KindQueryChanged:
		return "sign every parameter that is sent but X-Amz-Signature, and change none after signing"
	case KindBodyEmpty, KindBodyChanged, KindBodyEncoding:
		return "hash the very bytes that are sent, in lower-case hex"
	case KindHeaderChanged, KindHeaderMissing:
		return "sign only headers that arrive as they were sent; keep proxies and HTTP libraries from changing this one"
	}
	return credentialFixes(k)
}

func credentialFixes(k Kind) string {
	switch k {
	case KindTokenUnsigned:
		return "add the session token before signing"
	case KindTokenMissing:
		return "send the session token that came with these temporary credentials as X-Amz-Security-Token"
	case KindSecretWhitespace:
		return "remove white space and line breaks around the secret access key"
	case KindSecret:
		return "use access key id and secret of one and the same key"
	case KindExpired:
		return "sign again shortly before sending, with fresh credentials"
	case KindScopeDate:
		return "take the day of credential scope and signing key from X-Amz-Date (UTC); drop cached keys at midnight"
	case KindAccessKey:
		return "use the credentials of this API's environment"
	}
	return ""
}
