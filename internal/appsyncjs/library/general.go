package library

import (
	"encoding/base64"
	"strings"

	"github.com/dop251/goja"
	"github.com/google/uuid"
	"github.com/oklog/ulid/v2"
	"github.com/segmentio/ksuid"
)

// utilFunctions are those of util itself.
var utilFunctions = []function{
	{"escapeJavaScript", 1, escapeJavaScript},
	{"urlEncode", 1, urlEncode},
	{"urlDecode", 1, urlDecode},
	{"base64Encode", 1, base64Encode},
	{"base64Decode", 1, base64Decode},
	{"autoId", 0, autoID},
	{"autoUlid", 0, autoULID},
	{"autoKsuid", 0, autoKSUID},
	{"unauthorized", 0, unauthorized},
	{"error", 4, fail},
	{"appendError", 4, appendError},
	{"matches", 2, matches},
	{"authType", 0, authType},
}

func failure(a arguments) Failure {
	l := a.l
	return Failure{Message: a.text(0), Type: a.text(1), Data: l.optional(a.at(2)), Info: l.optional(a.at(3))}
}

func fail(l *library, a arguments) goja.Value {
	l.stop(failure(a))
	return goja.Undefined()
}

func (l *library) stop(f Failure) {
	if l.host.Stop != nil {
		l.host.Stop(f)
	}
}

func appendError(l *library, a arguments) goja.Value {
	l.append(failure(a))
	return goja.Undefined()
}

func (l *library) append(f Failure) {
	if l.host.Append != nil {
		l.host.Append(f)
	}
}

func unauthorized(l *library, _ arguments) goja.Value {
	l.stop(Failure{Message: "Unauthorized", Type: TypeUnauthorized})
	return goja.Undefined()
}

func authType(l *library, _ arguments) goja.Value {
	if l.host.AuthType == nil {
		return l.string("API Key Authorization")
	}
	return l.string(l.host.AuthType())
}

func autoID(l *library, _ arguments) goja.Value {
	id, err := uuid.NewRandomFromReader(l)
	if err != nil {
		l.throw("no random numbers: %v", err)
	}
	return l.string(id.String())
}

func autoULID(l *library, _ arguments) goja.Value {
	id, err := ulid.New(ulid.Timestamp(l.now()), l)
	if err != nil {
		l.throw("no ULID: %v", err)
	}
	return l.string(id.String())
}

func autoKSUID(l *library, _ arguments) goja.Value {
	payload := make([]byte, 16)
	l.fill(payload)
	id, err := ksuid.FromParts(l.now(), payload)
	if err != nil {
		l.throw("no KSUID: %v", err)
	}
	return l.string(id.String())
}

// base64Encode takes a string's bytes in UTF-8.
func base64Encode(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	s := a.text(0)
	l.grow(base64.StdEncoding.EncodedLen(len(s)))
	return l.string(base64.StdEncoding.EncodeToString([]byte(s)))
}

// base64Decode is lenient: padding may be missing, the URL alphabet and line
// breaks are taken too. Bytes that are no UTF-8 become U+FFFD.
func base64Decode(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	text := a.text(0)
	l.grow(3 * len(text))
	raw, err := base64.RawStdEncoding.DecodeString(strings.Map(standardBase64, text))
	if err != nil {
		l.throw("the string is not base64")
	}
	return l.string(strings.ToValidUTF8(string(raw), "\uFFFD"))
}

func standardBase64(r rune) rune {
	switch r {
	case '-':
		return '+'
	case '_':
		return '/'
	case '=', '\r', '\n':
		return -1
	}
	return r
}

// Read fills p from the host's random numbers, so that the library is an
// io.Reader for those who make identifiers.
func (l *library) Read(p []byte) (int, error) {
	l.fill(p)
	return len(p), nil
}
