package graphqlapi

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxShown bounds the texts in records of fields, in bytes.
const maxShown = 2 << 10

// cut bounds a text, and says how long it was.
func cut(text string) string { return cutOf(text, len(text)) }

func cutOf(text string, length int) string {
	if len(text) <= maxShown {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:maxShown], ""), length)
}

// shown is a document as the log has it: without what may be a secret, and cut.
func shown(document []byte) string {
	m := masking{src: document}
	m.value(false)
	if m.left() > 0 {
		return string(m.dst)
	}
	return cutOf(string(m.dst), len(document))
}

// masking copies a document without its secrets: the values of members that are
// named like one, all headers, and texts that look like one. It stops where the
// log is cut, so that it goes as deep as that at most.
type masking struct {
	src []byte
	i   int // what comes next
	dst []byte
}

// left is how many bytes are still copied; 0 or less: what follows is cut.
func (m *masking) left() int { return maxShown - len(m.dst) + 1 }

// value copies a value. hide says that nothing in it may be shown but the names
// of members.
func (m *masking) value(hide bool) {
	m.i = blank(m.src, m.i)
	if m.i >= len(m.src) || m.left() <= 0 {
		return
	}
	if c := m.src[m.i]; c == '{' || c == '[' {
		m.nested(c, hide)
		return
	}
	raw := m.src[m.i:skipValue(m.src, m.i)]
	m.i += len(raw)
	switch {
	case len(raw) == 0: // not JSON
		m.i = len(m.src)
	case raw[0] == '"':
		m.text(raw, hide)
	case hide && !isNull(raw):
		m.dst = appendString(m.dst, masked(string(raw)))
	default:
		m.copy(raw)
	}
}

// nested copies an object or an array, which open begins.
func (m *masking) nested(open byte, hide bool) {
	m.dst = append(m.dst, open)
	m.i++
	for n := 0; m.left() > 0 && m.more(); n++ {
		if n > 0 {
			m.dst = append(m.dst, ',')
		}
		secret := hide
		if open == '{' {
			secret = secretName(m.name()) || hide
		}
		m.value(secret)
	}
	m.i++
	m.dst = append(m.dst, open+2) // } or ]
}

// more goes to the next member or item, and says whether there is one.
func (m *masking) more() bool {
	m.i = blank(m.src, m.i)
	if m.i < len(m.src) && m.src[m.i] == ',' {
		m.i = blank(m.src, m.i+1)
	}
	return m.i < len(m.src) && m.src[m.i] != '}' && m.src[m.i] != ']'
}

// name copies the name of a member, with its colon.
func (m *masking) name() string {
	raw := m.src[m.i:skipValue(m.src, m.i)]
	m.i = blank(m.src, m.i+len(raw))
	if m.i < len(m.src) && m.src[m.i] == ':' {
		m.i++
	}
	m.copy(raw)
	m.dst = append(m.dst, ':')
	return unquote(raw)
}

// text copies a string. One that holds a document, such as the body of a
// request, is masked like one.
func (m *masking) text(raw []byte, hide bool) {
	text := unquote(raw)
	inner := trim([]byte(text))
	switch {
	case hide:
		m.dst = appendString(m.dst, masked(text))
	case len(inner) > 1 && (inner[0] == '{' || inner[0] == '[') && json.Valid(inner):
		within := masking{src: inner}
		within.value(false)
		m.dst = appendString(m.dst, string(within.dst))
	case secretText.MatchString(head(text)):
		m.dst = appendString(m.dst, unsecret(text))
	default:
		m.copy(raw)
	}
}

// copy copies what is shown of a text.
func (m *masking) copy(raw []byte) { m.dst = append(m.dst, raw[:max(0, min(len(raw), m.left()))]...) }

// maskKey is of this process: who has a log cannot try passwords against it.
var maskKey = []byte(rand.Text())

// masked stands for a secret, so that two of them can be told apart.
func masked(secret string) string {
	sum := hmac.New(sha256.New, maskKey)
	sum.Write([]byte(secret))
	return fmt.Sprintf("(%d bytes, %x…)", len(secret), sum.Sum(nil)[:4])
}

// secretNames are members whose values are not shown, in small letters and
// without "-" and "_". "headers" are those of requests and answers.
var secretNames = []string{
	"headers", "authorization", "proxyauthorization", "cookie", "setcookie", "apikey", "xapikey", "password", "passphrase", "secret", "clientsecret",
	"secretkey", "secretaccesskey", "privatekey", "credentials", "token", "accesstoken", "idtoken", "refreshtoken", "authtoken", "sessiontoken",
	"securitytoken", "xamzsecuritytoken", "signature", "xamzsignature", "jwt",
}

func secretName(name string) bool {
	if len(name) > 40 {
		return false
	}
	return slices.Contains(secretNames, strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(name)))
}

// secretText is what admits somebody, wherever it stands in a text: a token, an
// API key, what makes a URL a signed one, the value of an Authorization header.
var secretText = regexp.MustCompile(`(?i)^\s*(bearer|basic)\s+\S+\s*$|\beyJ[\w-]{8,}(\.[\w-]*)*|aws4-hmac-sha256 credential=.*|` +
	`\b(x-amz-signature|x-amz-security-token|x-amz-credential|signature|sig|token|access_token|id_token|api_key|apikey)=[^&\s"]+|\bda2-[a-z0-9]{26}\b`)

// unsecret is a text without what may admit somebody.
func unsecret(text string) string {
	shown := secretText.ReplaceAllStringFunc(head(text), masked)
	if len(text) > len(head(text)) {
		shown += "…"
	}
	return shown
}

// prose is a message as the log has it.
func prose(text string) string { return cutOf(unsecret(text), len(text)) }

// head is more of a text than is shown. A secret that is cut by it is one all
// the same.
func head(text string) string { return text[:min(len(text), 2*maxShown)] }
