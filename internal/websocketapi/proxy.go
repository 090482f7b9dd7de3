package websocketapi

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
)

// A proxyResponse is what a function of an AWS_PROXY integration returned
// (developer guide, "Output format of a Lambda function for proxy
// integration").
type proxyResponse struct {
	status      int
	body        []byte // nil if absent
	base64      bool   // isBase64Encoded
	subprotocol string // Sec-WebSocket-Protocol, empty if not returned
}

// replacement stands for bytes that are not UTF-8: U+FFFD.
const replacement = "\uFFFD"

// A malformedError says why a function's answer is not a proxy response.
// API Gateway logs it in these words.
type malformedError struct{ reason string }

func (e *malformedError) Error() string {
	return "Malformed Lambda proxy response: " + e.reason
}

func malformed(format string, args ...any) error {
	return &malformedError{reason: fmt.Sprintf(format, args...)}
}

// parseProxy is the strict check: a JSON object with no members but
// statusCode, headers, multiValueHeaders, body and isBase64Encoded, each of
// its type. statusCode is required; null stands for an absent member.
func parseProxy(payload []byte) (proxyResponse, error) {
	root, ok := parseJSON(payload)
	if !ok {
		return proxyResponse{}, malformed("the function did not return JSON")
	}
	if !root.IsObject() {
		return proxyResponse{}, malformed("the function returned %s, not an object with a statusCode", kindOf(root))
	}
	p := proxyParser{}
	root.ForEach(func(name, v gjson.Result) bool {
		p.err = p.member(value{name}.str(), value{v})
		return p.err == nil
	})
	if p.err != nil {
		return proxyResponse{}, p.err
	}
	return p.finish()
}

// A proxyParser collects the members of a response.
type proxyParser struct {
	out  proxyResponse
	body value
	err  error
}

// member takes one member.
func (p *proxyParser) member(name string, v value) (err error) {
	switch name {
	case "statusCode":
		p.out.status, err = statusCode(v)
	case "headers":
		err = p.headers(v, false)
	case "multiValueHeaders":
		err = p.headers(v, true)
	case "body":
		p.body = v
		if v.Type != gjson.String && v.Type != gjson.Null {
			err = malformed("body is %s, not a string", kindOf(v))
		}
	case "isBase64Encoded":
		p.out.base64 = v.Type == gjson.True
		if !v.IsBool() && v.Type != gjson.Null {
			err = malformed("isBase64Encoded is %s, not a boolean", kindOf(v))
		}
	default:
		err = malformed("a member %q does not belong in it", clip(name))
	}
	return err
}

// statusCode reads an integer, or a string of one, of a final HTTP status.
func statusCode(v value) (int, error) {
	text := v.Raw
	if v.Type == gjson.String {
		text = v.str()
	}
	n, err := strconv.Atoi(text)
	if err != nil || v.Type != gjson.String && v.Type != gjson.Number {
		return 0, malformed("statusCode is %s, not an integer", kindOf(v))
	}
	if n < 200 || n > 599 {
		return 0, malformed("statusCode %d is not between 200 and 599", n)
	}
	return n, nil
}

// headers checks headers or multiValueHeaders and keeps the subprotocol.
func (p *proxyParser) headers(v value, multi bool) error {
	if v.Type == gjson.Null {
		return nil
	}
	if !v.IsObject() {
		return malformed("headers are %s, not an object", kindOf(v))
	}
	var err error
	v.ForEach(func(name, item gjson.Result) bool {
		if err = checkHeader(value{item}, multi); err == nil && strings.EqualFold(value{name}.str(), "Sec-WebSocket-Protocol") {
			p.out.subprotocol, err = subprotocol(value{item}.joined())
		}
		return err == nil
	})
	return err
}

// checkHeader says whether v can be a header's value.
func checkHeader(v value, multi bool) error {
	if !multi {
		if v.IsObject() || v.IsArray() {
			return malformed("a header's value is %s", kindOf(v))
		}
		return nil
	}
	if !v.IsArray() {
		return malformed("a value of multiValueHeaders is %s, not an array", kindOf(v))
	}
	var err error
	v.ForEach(func(_, item gjson.Result) bool {
		err = checkHeader(value{item}, false)
		return err == nil
	})
	return err
}

// joined is a header's text; several values are joined with ", ".
func (v value) joined() string {
	if !v.IsArray() {
		return v.text()
	}
	var all []string
	v.ForEach(func(_, item gjson.Result) bool {
		all = append(all, value{item}.text())
		return true
	})
	return strings.Join(all, ", ")
}

// subprotocol is text if it can stand in a header (RFC 9110, 5.5).
func subprotocol(text string) (string, error) {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return "", malformed("Sec-WebSocket-Protocol holds a character that no header may hold")
		}
	}
	return strings.TrimSpace(text), nil
}

// finish checks what needs all members.
func (p *proxyParser) finish() (proxyResponse, error) {
	if p.out.status == 0 {
		return proxyResponse{}, malformed("statusCode is missing")
	}
	if p.body.Type == gjson.String {
		p.out.body = []byte(p.body.str())
	}
	return p.out, nil
}

// text is the body as one text message: unchanged, or decoded if the
// function set isBase64Encoded.
func (r *proxyResponse) text() ([]byte, error) {
	if !r.base64 {
		return bytes.ToValidUTF8(r.body, []byte(replacement)), nil
	}
	raw, err := base64.StdEncoding.AppendDecode(nil, r.body)
	if err != nil {
		return nil, malformed("isBase64Encoded is true but body is not base64")
	}
	if !utf8.Valid(raw) {
		return nil, malformed("the decoded body is not UTF-8 and cannot be sent as text")
	}
	return raw, nil
}

// kindOf names the type of a JSON value.
func kindOf(v value) string {
	switch {
	case v.IsObject():
		return "an object"
	case v.IsArray():
		return "an array"
	case v.IsBool():
		return "a boolean"
	case v.Type == gjson.String:
		return "a string"
	case v.Type == gjson.Number:
		return "a number"
	default:
		return "null"
	}
}

// clip bounds a name that stands in a message.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}
