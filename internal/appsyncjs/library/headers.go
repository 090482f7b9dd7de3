package library

import (
	"fmt"
	"strings"

	"github.com/dop251/goja"
)

var httpFunctions = []function{
	{"copyHeaders", 1, copyHeaders},
	{"addResponseHeader", 2, addResponseHeader},
	{"addResponseHeaders", 1, addResponseHeaders},
}

// mostHeaderBytes bounds names and values of the headers that one GraphQL
// operation sets.
const mostHeaderBytes = 4096

// copyHeaders leaves out the headers that belong to a connection (AppSync's page
// on util.http lists them).
func copyHeaders(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	o := a.plain(0)
	if o == nil {
		l.throw("util.http.copyHeaders takes an object, not %s", kindOf(a.at(0)))
	}
	result := l.vm.NewObject()
	for _, m := range l.entries(o) {
		if !ofConnection(strings.ToLower(m.key)) {
			l.put(result, m.key, m.value)
		}
	}
	return result
}

func ofConnection(name string) bool {
	switch name {
	case "transfer-encoding", "connection", "host", "expect", "keep-alive", "upgrade",
		"proxy-authenticate", "proxy-authorization", "te", "content-length":
		return true
	}
	return false
}

// reserved tells the names that AppSync sets itself.
func reserved(name string) bool {
	switch name {
	case "access-control-allow-credentials", "access-control-allow-origin", "access-control-expose-headers",
		"access-control-max-age", "access-control-allow-methods", "access-control-allow-headers", "vary", "content-type":
		return true
	}
	return ofConnection(name) || strings.HasPrefix(name, "x-amz-") || strings.HasPrefix(name, "x-amzn-")
}

func addResponseHeader(l *library, a arguments) goja.Value {
	l.header(a.text(0), a.at(1))
	return goja.Undefined()
}

func addResponseHeaders(l *library, a arguments) goja.Value {
	o := a.plain(0)
	if o == nil {
		l.throw("util.http.addResponseHeaders takes an object, not %s", kindOf(a.at(0)))
	}
	for _, m := range l.entries(o) {
		l.header(m.key, m.value)
	}
	return goja.Undefined()
}

// header sets one header. AppSync ignores one that it cannot set, and adds an
// error to the response.
func (l *library) header(name string, v goja.Value) {
	value := ""
	if !isNull(v) {
		value = l.text(v)
	}
	if reason := l.refuse(name, value, isNull(v)); reason != "" {
		l.append(Failure{Type: TypeResponseHeader, Message: reason})
		return
	}
	l.host.HeaderBytes += len(name) + len(value)
	if l.host.Header != nil {
		l.host.Header(name, value)
	}
}

// refuse says why a header cannot be set.
func (l *library) refuse(name, value string, null bool) string {
	switch {
	case name == "":
		return "A response header needs a name"
	case len(name) > mostHeaderBytes:
		return "A response header's name is too long"
	case null:
		return fmt.Sprintf("Response header %s has no value", name)
	case reserved(strings.ToLower(name)):
		return fmt.Sprintf("Response header %s is restricted", name)
	case !token(name):
		return fmt.Sprintf("Response header name %q has characters that a header name cannot have", name)
	case strings.ContainsFunc(value, control):
		return fmt.Sprintf("Response header %s has control characters in its value", name)
	case l.host.HeaderBytes+len(name)+len(value) > mostHeaderBytes:
		return fmt.Sprintf("Response header %s exceeds the %d bytes that all headers together may have", name, mostHeaderBytes)
	}
	return ""
}

func control(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// token is RFC 9110, section 5.6.2.
func token(name string) bool {
	for i := 0; i < len(name); i++ {
		c := name[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return name != ""
}
