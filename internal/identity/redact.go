package identity

import (
	"strings"

	"github.com/tidewire/tidewire/sigv4"
)

// redacted is the public message with the credentials in the canonical
// request that it may quote replaced by length and hash: clients print what
// they are answered, and terminals and log files keep it.
func redacted(e *sigv4.RefusedError) string {
	if e.CanonicalRequest == "" {
		return e.Message
	}
	return strings.ReplaceAll(e.Message, e.CanonicalRequest, redactCanonical(e.CanonicalRequest))
}

// redactCanonical goes through the lines of a canonical request: method,
// path, query, headers, an empty line, the names of the signed headers, the
// payload hash.
func redactCanonical(canonical string) string {
	lines := strings.Split(canonical, "\n")
	for i, line := range lines {
		switch {
		case i == 2:
			lines[i] = redactQuery(line)
		case i > 2:
			lines[i] = redactHeader(line)
		}
	}
	return strings.Join(lines, "\n")
}

func redactQuery(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		switch strings.ToLower(name) {
		case "x-amz-security-token", "x-amz-signature", "x-api-key", "authorization", "token", "access_token":
			pairs[i] = name + "=" + sigv4.Fingerprint(value)
		}
	}
	return strings.Join(pairs, "&")
}

func redactHeader(line string) string {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return line
	}
	switch name {
	case "x-amz-security-token", "x-api-key", "authorization", "proxy-authorization", "cookie":
		return name + ":" + sigv4.Fingerprint(value)
	}
	return line
}
