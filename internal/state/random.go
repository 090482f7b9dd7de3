package state

import (
	"fmt"
	"io"
)

// Alphabets of AWS-shaped credentials (IAM user guide, "IAM identifiers",
// and what the service is seen to issue).
const (
	base32Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	alnumAlphabet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	lowerAlphabet  = "abcdefghijklmnopqrstuvwxyz0123456789"
)

// NewKeyID makes an access key id: prefix ("AKIA" for a long-term key, "ASIA"
// for a session's) and 16 characters of 5 random bits each.
func NewKeyID(r io.Reader, prefix string) (string, error) {
	id, err := randomText(r, base32Alphabet, 16)
	return prefix + id, err
}

// NewSecretKey makes a secret access key: 40 characters, 240 random bits.
func NewSecretKey(r io.Reader) (string, error) { return randomText(r, base64Alphabet, 40) }

// randomText draws n characters of the alphabet, each as likely as the other.
func randomText(r io.Reader, alphabet string, n int) (string, error) {
	text := make([]byte, 0, n)
	buf := make([]byte, n)
	limit := 256 - 256%len(alphabet) // bytes from here on would favour the first characters
	for len(text) < n {
		if _, err := io.ReadFull(r, buf); err != nil {
			return "", fmt.Errorf("state: no random numbers: %w", err)
		}
		for _, b := range buf {
			if int(b) < limit && len(text) < n {
				text = append(text, alphabet[int(b)%len(alphabet)])
			}
		}
	}
	return string(text), nil
}

// shaped says whether text is prefix and n characters of the alphabet.
func shaped(text, prefix, alphabet string, n int) bool {
	if len(text) != len(prefix)+n || text[:len(prefix)] != prefix {
		return false
	}
	for i := len(prefix); i < len(text); i++ {
		if !contains(alphabet, text[i]) {
			return false
		}
	}
	return true
}

func contains(alphabet string, c byte) bool {
	for i := range len(alphabet) {
		if alphabet[i] == c {
			return true
		}
	}
	return false
}
