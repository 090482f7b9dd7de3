package exchange

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/tidewire/tidewire/sigv4"
)

const maxText = 500 // bytes of a foreign text in an error

// Place is u for people: without user, query and fragment.
func Place(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}

// WithoutURL strips what net/http wraps around an error, because the wrapping
// shows the whole URL.
func WithoutURL(err error) error {
	var wrapped *url.Error
	for errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return err
}

// credentialPattern finds what a foreign text may repeat of a request: the
// text of a signature mismatch holds the canonical request, an OAuth server's
// its tokens.
func credentialPattern() *regexp.Regexp {
	const words = `(?i)(?:(?:X-Amz-Security-Token|X-Amz-Signature|Signature|header|token|secret|code|assertion|password)=|x-amz-security-token:|x-api-key:)[^&\s'",]+`
	const lines = `(?i)\bauthorization:[^\n']+`
	const json = `(?i)"(?:access_token|refresh_token|id_token|client_secret|authorization|x-api-key|x-amz-security-token)"\s*:\s*"[^"]*"`
	const jwt = `\beyJ[\w-]+\.[\w-]+\.[\w-]*`
	const protocol = `\bheader-[\w-]{16,}`
	return regexp.MustCompile(jwt + "|" + protocol + "|" + words + "|" + lines + "|" + json)
}

// Redacted is text on one line, shortened, with secrets masked: those given,
// in their usual spellings, and whatever looks like a token or a signature.
func Redacted(text string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < 8 { // too short to be one, and would mask innocent text
			continue
		}
		query := url.QueryEscape(secret)
		for _, spelled := range []string{secret, query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(secret)} {
			text = strings.ReplaceAll(text, spelled, sigv4.Fingerprint(secret))
		}
	}
	if strings.ContainsAny(text, "=:") || strings.Contains(text, "eyJ") || strings.Contains(text, "header-") {
		text = credentialPattern().ReplaceAllStringFunc(text, maskValue)
	}
	return OneLine(text)
}

func maskValue(found string) string {
	at := strings.IndexAny(found, "=:") + 1
	value := strings.Trim(found[at:], ` "`)
	if strings.Contains(value, "sha256") { // masked already
		return found
	}
	return found[:at] + sigv4.Fingerprint(value)
}

// OneLine is text without control characters, shortened.
func OneLine(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
