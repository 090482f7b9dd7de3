package login

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

const (
	maxWords = 300 // runes of a server's message that are repeated
	guessed  = 32  // bytes below which a secret could be found by its hash
)

// masked stands for a secret in a text: its length and eight hex digits of
// its SHA-256, enough to compare two and too little to use one.
func masked(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return fmt.Sprintf("[%d bytes, sha256 %s]", len(secret), hex.EncodeToString(sum[:4]))
}

// blanked is masked, without the hash of what may be a password or a code of
// a few digits.
func blanked(secret string) string {
	if len(secret) < guessed {
		return "[hidden]"
	}
	return masked(secret)
}

// tokenPattern finds what looks like a JWT, a JWE, or another long random
// string that a server may repeat.
func tokenPattern() *regexp.Regexp {
	return regexp.MustCompile(`eyJ[A-Za-z0-9_\-]{5,}(\.[A-Za-z0-9_\-]*)*|[A-Za-z0-9_\-+/=~]{40,}`)
}

// cleaned is a server's text for people: one line, bounded, with the secrets
// of the request and whatever looks like a token masked.
func cleaned(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		text = strings.ReplaceAll(text, secret, blanked(secret))
		text = strings.ReplaceAll(text, url.QueryEscape(secret), blanked(secret))
	}
	text = tokenPattern().ReplaceAllStringFunc(text, masked)
	text = strings.Join(strings.Fields(strings.Map(printable, text)), " ")
	if runes := []rune(text); len(runes) > maxWords {
		text = string(runes[:maxWords]) + "…"
	}
	return text
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

// place is an address for people: without user, query and fragment.
func place(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
