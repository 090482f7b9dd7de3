package apigateway

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxAnswer  = 64 << 10        // bytes of an error's body that are read
	answerTime = 5 * time.Second // for which a slow body is read
)

// answer is a transport that keeps what a server said when it refused. The
// WebSocket library shows only the first KB of it, and the text of a
// signature mismatch is longer. It is used for one request.
type answer struct {
	base http.RoundTripper

	status int // 0: no answer
	header http.Header
	body   []byte
}

// RoundTrip does the request and reads the bounded body of a refusal.
func (a *answer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	a.status, a.header = resp.StatusCode, resp.Header
	if resp.StatusCode != http.StatusSwitchingProtocols {
		a.body = readBounded(resp.Body)
		resp.Body = io.NopCloser(bytes.NewReader(a.body))
	}
	return resp, nil
}

// readBounded reads at most maxAnswer bytes for at most answerTime, and
// closes body. An error ends it early; what came until then is the text.
func readBounded(body io.ReadCloser) []byte {
	timer := time.AfterFunc(answerTime, func() { _ = body.Close() })
	defer timer.Stop()
	text, _ := io.ReadAll(io.LimitReader(body, maxAnswer))
	_ = body.Close()
	return text
}

// errorType is the exception's name in x-amzn-ErrorType, without the
// namespace after a colon that some services add.
func errorType(h http.Header) string {
	name, _, _ := strings.Cut(h.Get("X-Amzn-Errortype"), ":")
	return name
}

// errorMessage is the member message or Message of a JSON body, or the body
// itself when it is short text.
func errorMessage(body []byte) string {
	var m struct{ Message string } // encoding/json accepts both spellings
	if json.Unmarshal(body, &m) == nil {
		return m.Message
	}
	text := strings.TrimSpace(string(body))
	if len(text) > 200 || !utf8.ValidString(text) || strings.HasPrefix(text, "<") {
		return ""
	}
	return text
}

// redactedHeader is h with secrets masked in its values.
func redactedHeader(h http.Header, secrets []string) http.Header {
	clean := make(http.Header, len(h))
	for name, values := range h {
		for _, v := range values {
			clean[name] = append(clean[name], redacted(v, secrets...))
		}
	}
	return clean
}
