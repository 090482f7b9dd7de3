package apigateway

import "time"

// Pause shows a back-off's pause before an attempt to the tests.
func Pause(b *Backoff, attempt int) time.Duration { return b.withDefaults().pause(attempt) }

// Redacted shows what becomes of a text with secrets.
func Redacted(text string, secrets ...string) string { return redacted(text, secrets...) }

// ErrorMessage shows what is read from the body of a refusal.
func ErrorMessage(body []byte) string { return errorMessage(body) }

// CheckTarget shows which URLs Dial takes.
func CheckTarget(rawURL string) error {
	_, err := parseTarget(rawURL)
	return err
}
