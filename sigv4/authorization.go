package sigv4

import "strings"

// parts are the parts of an Authorization header; "" if absent.
type parts struct{ credential, signedHeaders, signature string }

// parseAuthorization takes an Authorization header apart. Parts may come in
// any order, with or without blanks around commas; of repeated parts the last
// counts, and unknown ones are passed over, as at AWS.
func parseAuthorization(header string) (parts, *RefusedError) {
	scheme, rest, _ := strings.Cut(strings.Trim(header, " \t"), " ")
	var p parts
	if scheme != algorithm {
		return p, refuseScheme(header, scheme)
	}
	rest = strings.Trim(rest, " \t")
	for rest != "" {
		var part string
		var more bool
		part, rest, more = strings.Cut(rest, ",")
		name, value, ok := strings.Cut(strings.Trim(part, " \t"), "=")
		if !ok || more && strings.Trim(rest, " \t") == "" {
			return p, refusePair(header)
		}
		switch name {
		case "Credential":
			p.credential = value
		case "SignedHeaders":
			p.signedHeaders = value
		case "Signature":
			p.signature = value
		}
	}
	return p, nil
}

// refuseScheme refuses an Authorization header of another scheme. Its name is
// repeated only if it is one of AWS's, since a header without a scheme begins
// with a secret. API Gateway treats others as AWS4-HMAC-SHA256 gone wrong.
func refuseScheme(header, scheme string) *RefusedError {
	if strings.HasPrefix(scheme, "AWS4-") && len(scheme) <= 40 && isToken(scheme) {
		return refuse(incompleteSignature, "Unsupported AWS 'algorithm': '"+scheme+"'.",
			"the Authorization header does not use %s but another AWS algorithm", algorithm)
	}
	e := refusePair(header)
	e.Reason = "the Authorization header is not an AWS signature (its scheme is not " + algorithm + ")"
	return e
}

// refusePair refuses a part without "=". The header is hashed, not repeated,
// as API Gateway does now.
func refusePair(header string) *RefusedError {
	return refuse(incompleteSignature,
		"Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '"+hashed(header)+"'.",
		"a part of the Authorization header has no equal-sign")
}

// refuseParts names what an Authorization header lacks.
func refuseParts(header string, p parts, dated bool) *RefusedError {
	var text, missing []string
	need := func(ok bool, name, message string) {
		if !ok {
			text, missing = append(text, message), append(missing, name)
		}
	}
	need(p.credential != "", "Credential", "Authorization header requires 'Credential' parameter.")
	need(p.signature != "", "Signature", "Authorization header requires 'Signature' parameter.")
	need(p.signedHeaders != "", "SignedHeaders", "Authorization header requires 'SignedHeaders' parameter.")
	need(dated, "X-Amz-Date", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	return refuse(incompleteSignature,
		strings.Join(text, " ")+" (Hashed with SHA-256 and encoded with Base64) Authorization="+hashed(header),
		"the signature in the headers lacks %s", strings.Join(missing, ", "))
}

// refuseParams names what a signed query lacks.
func refuseParams(a *claim, signedHeaders string) *RefusedError {
	var text strings.Builder
	var missing []string
	need := func(value, name string) {
		if value == "" {
			text.WriteString("AWS query-string parameters must include '" + name + "'. ")
			missing = append(missing, name)
		}
	}
	need(a.credential, credentialParam)
	need(a.signature, signatureParam)
	need(signedHeaders, signedHeadersParam)
	need(a.date, dateParam)
	text.WriteString("Re-examine the query-string parameters.")
	return refuse(incompleteSignature, text.String(), "the signature in the query lacks %s", strings.Join(missing, ", "))
}
