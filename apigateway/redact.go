package apigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// masked stands for a secret in a text: its length and eight hex digits of
// its SHA-256, enough to compare two and too little to use one.
func masked(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return fmt.Sprintf("[%d bytes, sha256 %s]", len(secret), hex.EncodeToString(sum[:4]))
}

// place is u for people: without user, query and fragment.
func place(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// credentialPattern finds what a server may repeat of a signed request: the
// text of a signature mismatch holds the canonical request.
func credentialPattern() *regexp.Regexp {
	const words = `(?i)(?:(?:X-Amz-Security-Token|X-Amz-Signature|Signature)=|x-amz-security-token:|x-api-key:)[^&\s'",]+`
	const lines = `(?i)\bauthorization:[^\n']+`
	return regexp.MustCompile(words + "|" + lines)
}

// redacted is text with secrets masked: those given, in every spelling that a
// URL or a canonical request has for them, and whatever looks like a token
// or a signature.
func redacted(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < 8 { // too short to be one, and would mask innocent text
			continue
		}
		for _, spelling := range spellings(secret) {
			text = strings.ReplaceAll(text, spelling, masked(secret))
		}
	}
	return credentialPattern().ReplaceAllStringFunc(text, maskValue)
}

func spellings(secret string) []string {
	query := url.QueryEscape(secret)
	twice := strings.ReplaceAll(query, "%", "%25")
	return []string{secret, query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(secret), twice}
}

func maskValue(found string) string {
	at := strings.IndexAny(found, "=:") + 1
	if strings.HasPrefix(found[at:], "[") { // masked already
		return found
	}
	return found[:at] + masked(found[at:])
}
