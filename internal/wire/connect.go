package wire

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Bounds of what authorizes a connection or a message.
const (
	maxAuthorization = 32 << 10 // bytes of the object
	maxHeaders       = 64       // its members
)

// Authorization is what authorizes a connection or one message of it: the
// headers that an HTTP request would have.
type Authorization struct {
	Header http.Header // canonical names, one value each
	Host   string      // the object's host, which stands in no header; empty if it has none
}

// Way is how the authorization of a connection came.
type Way int

// The three ways (AppSync developer guide, "Building a real-time WebSocket
// client", "Header parameter format"), in the order in which they count.
const (
	InSubprotocol Way = iota // header-… in Sec-WebSocket-Protocol
	InQuery                  // ?header=…&payload=…
	InHeaders                // those of the upgrade request itself
)

// String is a few words, for a log.
func (w Way) String() string {
	switch w {
	case InSubprotocol:
		return "subprotocol"
	case InQuery:
		return "query"
	}
	return "headers"
}

// ReadConnect finds the authorization of a connection in its upgrade request.
// Base64 may be of the standard alphabet or the URL-safe one, padded or not. For
// InHeaders, Header is r's own. The error says what cannot be read, and repeats
// nothing of it.
func ReadConnect(r *http.Request) (Authorization, Way, error) {
	if text, found, err := subprotocolHeader(r.Header); found || err != nil {
		return readEncoded(text, InSubprotocol, err)
	}
	text, found, err := queryValue(r.URL.RawQuery, "header")
	if !found && err == nil {
		return Authorization{Header: r.Header, Host: r.Host}, InHeaders, nil
	}
	if err == nil {
		err = checkPayload(r.URL.RawQuery)
	}
	return readEncoded(text, InQuery, err)
}

func readEncoded(text string, way Way, err error) (Authorization, Way, error) {
	if err != nil {
		return Authorization{}, way, err
	}
	object, err := decodeBase64(text)
	if err != nil {
		return Authorization{}, way, err
	}
	a, err := ReadAuthorization(object)
	return a, way, err
}

// Offers says whether an upgrade request offers a subprotocol, in whichever
// place.
func Offers(h http.Header, protocol string) bool {
	for token := range protocols(h) {
		if token == protocol {
			return true
		}
	}
	return false
}

// protocols are the subprotocols of an upgrade request, in their order.
func protocols(h http.Header) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range h["Sec-Websocket-Protocol"] {
			for token := range strings.SplitSeq(line, ",") {
				if !yield(strings.Trim(token, " \t")) {
					return
				}
			}
		}
	}
}

// subprotocolHeader is what follows header- in the list of subprotocols.
func subprotocolHeader(h http.Header) (text string, found bool, err error) {
	for token := range protocols(h) {
		rest, ok := strings.CutPrefix(token, "header-")
		switch {
		case ok && found:
			return "", true, errors.New("Sec-WebSocket-Protocol has header-… twice")
		case ok:
			text, found = rest, true
		}
	}
	return text, found, nil
}

// queryValue finds a parameter and undoes its percent-encoding, but leaves "+":
// clients send base64 as it is. A blank was one once.
func queryValue(query, name string) (text string, found bool, err error) {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if key != name {
			continue
		}
		if found {
			return "", true, fmt.Errorf("the query has %s twice", name)
		}
		if len(value) > 3*encodedSize(maxAuthorization) {
			return "", true, fmt.Errorf("%s in the query is longer than an authorization may be", name)
		}
		found = true
		if text, err = unescape(value); err != nil {
			return "", true, fmt.Errorf("%s in the query: %w", name, err)
		}
	}
	return strings.ReplaceAll(text, " ", "+"), found, nil
}

// unescape undoes percent-encoding (RFC 3986, 2.1).
func unescape(s string) (string, error) {
	if !strings.Contains(s, "%") {
		return s, nil
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b = append(b, s[i])
			continue
		}
		if i+2 >= len(s) {
			return "", errors.New("a percent sign without two hexadecimal digits")
		}
		high, ok1 := nibble(s[i+1])
		low, ok2 := nibble(s[i+2])
		if !ok1 || !ok2 {
			return "", errors.New("a percent sign without two hexadecimal digits")
		}
		b = append(b, high<<4|low)
		i += 2
	}
	return string(b), nil
}

func nibble(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// checkPayload wants the payload, if there is one, to be an empty object: it
// is what a signature is made over.
func checkPayload(query string) error {
	text, found, err := queryValue(query, "payload")
	if err != nil || !found || text == "" {
		return err
	}
	payload, err := decodeBase64(text)
	if err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	members := 0
	if !Object(payload, func(_, _ []byte) { members++ }) || members > 0 {
		return errors.New("payload is not {}")
	}
	return nil
}

// encodedSize is the length of n bytes in base64.
func encodedSize(n int) int { return base64.StdEncoding.EncodedLen(n) }

// decodeBase64 takes both alphabets, also mixed, with or without padding.
func decodeBase64(text string) ([]byte, error) {
	if len(text) > encodedSize(maxAuthorization) {
		return nil, fmt.Errorf("the authorization has more than %d bytes", maxAuthorization)
	}
	for range 2 {
		text = strings.TrimSuffix(text, "=")
	}
	plain := []byte(text)
	for i, c := range plain {
		switch c {
		case '-':
			plain[i] = '+'
		case '_':
			plain[i] = '/'
		case '\r', '\n': // encoding/base64 would skip them
			return nil, errors.New("the authorization is not base64")
		}
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(plain)))
	n, err := base64.RawStdEncoding.Decode(out, plain)
	if err != nil {
		return nil, errors.New("the authorization is not base64")
	}
	return out[:n], nil
}

// ReadAuthorization reads the object that authorizes a connection or a message:
// names of headers in any case, with strings; null is like absent. A name that
// occurs twice is an error, as two readers might take one each. It keeps nothing
// of object.
func ReadAuthorization(object json.RawMessage) (Authorization, error) {
	a := Authorization{Header: make(http.Header, 8)}
	if len(object) > maxAuthorization {
		return Authorization{}, fmt.Errorf("the authorization has more than %d bytes", maxAuthorization)
	}
	var bad error
	host := false
	ok := Object(object, func(name, value []byte) {
		if bad == nil {
			bad = a.member(name, value, &host)
		}
	})
	if !ok {
		return Authorization{}, errors.New("the authorization is not a JSON object")
	}
	if bad != nil {
		return Authorization{}, bad
	}
	return a, nil
}

// member takes one header.
func (a *Authorization) member(name, raw []byte, host *bool) error {
	if !isToken(name) {
		return errors.New("the authorization has a name that is no header's")
	}
	if string(raw) == "null" {
		return nil
	}
	value, ok := plainString(raw)
	if !ok {
		return fmt.Errorf("the authorization's %.40s is not a string", name)
	}
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			return fmt.Errorf("the authorization's %.40s has a control character", name)
		}
	}
	key := http.CanonicalHeaderKey(string(name))
	if key == "Host" {
		if *host {
			return errors.New("the authorization has host twice")
		}
		*host, a.Host = true, strings.TrimSpace(string(value))
		return nil
	}
	if _, twice := a.Header[key]; twice {
		return fmt.Errorf("the authorization has %.40s twice", key)
	}
	if len(a.Header) >= maxHeaders {
		return fmt.Errorf("the authorization has more than %d headers", maxHeaders)
	}
	a.Header[key] = []string{string(value)}
	return nil
}

// isToken is RFC 9110, 5.6.2.
func isToken(s []byte) bool {
	for _, c := range s {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return len(s) > 0
}
