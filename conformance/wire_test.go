//go:build conformance

package conformance

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/sigv4"
)

// job is a request for outside.mjs and outside.py to sign.
type job struct {
	Signer       string      `json:"signer"`
	Form         string      `json:"form"` // query or headers
	Method       string      `json:"method"`
	Scheme       string      `json:"scheme"`
	Host         string      `json:"host"`
	Path         string      `json:"path"`  // escaped
	Query        string      `json:"query"` // text
	Pairs        [][2]string `json:"pairs"` // the same, decoded
	Headers      [][2]string `json:"headers"`
	Body         []byte      `json:"body,omitempty"`
	Service      string      `json:"service"`
	Region       string      `json:"region"`
	AccessKeyID  string      `json:"accessKeyId"`
	Secret       string      `json:"secretAccessKey"`
	SessionToken string      `json:"sessionToken,omitempty"`
	Expires      int         `json:"expires,omitempty"`
	At           string      `json:"at,omitempty"` // RFC 3339
	How          object      `json:"how,omitempty"`
}

// wire is a request as a client sends it.
type wire struct {
	Method  string
	Host    string
	Target  string      `json:"target"`
	Headers [][2]string `json:"headers"`
	Body    []byte
	Error   string `json:"error"`
}

// signAll has one client program sign jobs.
func signAll(t testing.TB, jobs []job) []wire {
	t.Helper()
	var input strings.Builder
	for _, j := range jobs {
		input.WriteString(marshal(t, j) + "\n")
	}
	argv := []string{"node", suite.clients + "/outside.mjs"}
	if jobs[0].Signer == "botocore" {
		argv = []string{"/usr/bin/python3", suite.clients + "/outside.py"}
	}
	wires := decodeLines[wire](t, succeeded(t, command{argv: argv, stdin: strings.NewReader(input.String())}))
	if len(wires) != len(jobs) {
		t.Fatalf("%d jobs, %d answers", len(jobs), len(wires))
	}
	for i, j := range jobs {
		w := &wires[i]
		w.Method, w.Host, w.Body = j.Method, j.Host, j.Body
	}
	return wires
}

// text is the request in HTTP/1.1. Content-Length is added where it is needed
// and the signer did not set it.
func (w wire) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", w.Method, w.Target, w.Host)
	for _, h := range w.Headers {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	if len(w.Body) > 0 && w.header("Content-Length") < 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(w.Body))
	}
	b.WriteString("\r\n")
	b.Write(w.Body)
	return b.Bytes()
}

// header is the index of a header, or -1.
func (w wire) header(name string) int {
	for i, h := range w.Headers {
		if strings.EqualFold(h[0], name) {
			return i
		}
	}
	return -1
}

// set replaces a header or adds it.
func (w *wire) set(name, value string) {
	if i := w.header(name); i >= 0 {
		w.Headers[i][1] = value
		return
	}
	w.Headers = append(w.Headers, [2]string{name, value})
}

// read reads the request as a server does.
func (w wire) read() (*sigv4.Request, []byte, error) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(w.text())))
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(r.Body)
	return sigv4.FromHTTP(r), body, err
}
