package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// parseHeaders reads the values of -H. Errors name the header, never its
// value.
func parseHeaders(lines []string) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, found := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !found || !validName(name):
			return nil, usagef("write it as -H 'Name: value'", "a header is not of the form 'Name: value'")
		case !validValue(value):
			return nil, usagef("", "the value of header %s has characters that no header may have", name)
		case ownedByHandshake(name):
			return nil, usagef("", "header %s belongs to the handshake and cannot be set", name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// ownedByHandshake says which headers the WebSocket handshake sets (RFC 6455
// section 4.1).
func ownedByHandshake(name string) bool {
	switch name = http.CanonicalHeaderKey(name); name {
	case "Connection", "Upgrade", "Content-Length", "Transfer-Encoding":
		return true
	}
	return strings.HasPrefix(name, "Sec-Websocket-")
}

// validName is a token of RFC 9110 section 5.6.2.
func validName(name string) bool {
	const others = "!#$%&'*+-.^_`|~"
	for _, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		if !letter && !strings.ContainsRune(others, r) {
			return false
		}
	}
	return name != ""
}

// validValue is a field value of RFC 9110 section 5.5.
func validValue(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// readSmall reads a file of at most 64 KB.
func readSmall(path string) ([]byte, error) {
	const limit = 64 << 10
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && len(text) > limit {
		err = fmt.Errorf("%s: larger than %d bytes", path, limit)
	}
	return text, err
}
