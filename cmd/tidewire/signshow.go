package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/sigv4"
)

// signedRequest is a request with its signature.
type signedRequest struct {
	http  *http.Request
	data  []datum // where its body came from
	trace *sigv4.Trace
}

// show gives the part that --show names.
func (s *signedRequest) show(part string) (string, error) {
	switch part {
	case "headers":
		return s.headers(), nil
	case "curl":
		return s.curl()
	case "url":
		return s.trace.URL + "\n", nil
	case "canonical-request":
		return s.trace.CanonicalRequest + "\n", nil
	case "string-to-sign":
		return s.trace.StringToSign + "\n", nil
	}
	return s.trace.Signature + "\n", nil
}

// lines are the headers to send, each "Name: value".
func (s *signedRequest) lines() []string {
	var out []string
	if r := s.http; r.Host != "" && r.URL != nil && r.Host != r.URL.Host {
		out = append(out, "Host: "+r.Host)
	}
	for _, name := range slices.Sorted(maps.Keys(s.http.Header)) {
		for _, value := range s.http.Header[name] {
			out = append(out, name+": "+value)
		}
	}
	return out
}

func (s *signedRequest) headers() string {
	var b strings.Builder
	for _, line := range s.lines() {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// curl is a command for a POSIX shell that sends exactly this request, with
// curl's own User-Agent and Accept.
func (s *signedRequest) curl() (string, error) {
	words := []string{"curl"}
	switch {
	case s.http.Method == http.MethodHead:
		words = append(words, "--head")
	case s.http.Method != http.MethodGet || len(s.data) > 0:
		words = append(words, "-X "+quoted(s.http.Method))
	}
	target := firstOf(s.trace.URL, s.http.URL.String())
	if path := s.http.URL.EscapedPath(); strings.Contains(path+"/", "/./") || strings.Contains(path+"/", "/../") {
		words = append(words, "--path-as-is")
	}
	if strings.ContainsAny(target, "[]{}") {
		words = append(words, "--globoff")
	}
	words = append(words, quoted(target))
	for _, line := range s.lines() {
		if name, value, _ := strings.Cut(line, ": "); value == "" {
			line = name + ";" // how curl sends an empty header
		}
		words = append(words, "-H "+quoted(line))
	}
	data, err := s.curlData()
	return strings.Join(append(words, data...), " \\\n  ") + "\n", err
}

// curlData are the words for the body.
func (s *signedRequest) curlData() ([]string, error) {
	if len(s.data) == 0 {
		return nil, nil
	}
	var words []string
	if s.http.Header["Content-Type"] == nil {
		words = append(words, "-H 'Content-Type:'") // curl would send one for forms
	}
	if d := s.data[0]; len(s.data) == 1 && !d.literal && strings.HasPrefix(d.text, "@") {
		return append(words, "--data-binary "+quoted(d.text)), nil
	}
	body, err := readBody(s.http)
	if err != nil {
		return nil, err
	}
	if bytes.IndexByte(body, 0) >= 0 {
		return nil, hint(errors.New("the body holds a NUL byte, which no command line can"), "put the whole body into one file and give -d @FILE")
	}
	return append(words, "--data-raw "+quoted(string(body))), nil
}

func readBody(r *http.Request) ([]byte, error) {
	if r.GetBody == nil {
		return nil, nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, fmt.Errorf("read the body again: %w", err)
	}
	return io.ReadAll(body)
}
