package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/sigv4"
)

const (
	maxBody    = sigv4.DefaultMaxBody
	maxRequest = maxBody + 1<<20 // bytes of a raw request
)

// datum is one value of -d or a flag like it.
type datum struct {
	text    string
	literal bool // "@" names no file
}

// dataFlag is a flag that appends to the data of a request, as curl's do.
type dataFlag struct {
	all     *[]datum
	literal bool
}

func (d *dataFlag) Set(text string) error {
	*d.all = append(*d.all, datum{text, d.literal})
	return nil
}
func (d *dataFlag) Type() string   { return "DATA|@FILE" }
func (d *dataFlag) String() string { return "" }

// requestFlags say what request to make of a URL.
type requestFlags struct {
	method  string
	data    []datum
	headers []string
}

func (f *requestFlags) add(flags *pflag.FlagSet) {
	flags.StringVarP(&f.method, "request", "X", "", "`METHOD` (default GET, or POST with data)")
	flags.VarP(&dataFlag{all: &f.data}, "data", "d", "body, or with @FILE or @- the bytes of a file or stdin; several are joined with &")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header to send and sign, as `'Name: value'` (repeatable)")
}

func (f *requestFlags) given() bool { return f.method != "" || len(f.data) > 0 || len(f.headers) > 0 }

// body reads the data.
func (f *requestFlags) body(sh *shell) ([]byte, error) {
	var parts [][]byte
	for _, d := range f.data {
		path, isFile := strings.CutPrefix(d.text, "@")
		if !isFile || d.literal {
			parts = append(parts, []byte(d.text))
			continue
		}
		part, err := sh.readInput(path, maxBody)
		if err != nil {
			return nil, fmt.Errorf("read the body: %w", err)
		}
		parts = append(parts, part)
	}
	return bytes.Join(parts, []byte("&")), nil
}

// build makes the request. Its errors do not repeat the URL, which may be a
// signed one.
func (f *requestFlags) build(ctx context.Context, sh *shell, rawURL string) (*http.Request, error) {
	body, err := f.body(sh)
	if err != nil {
		return nil, err
	}
	target, err := parseTarget(rawURL)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, f.methodOf(), target.String(), nil)
	if err != nil {
		return nil, usagef("", "--request %q is no HTTP method", f.method)
	}
	r.URL = target
	if len(f.data) > 0 {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		if len(body) == 0 {
			r.Body = http.NoBody
		}
	}
	return r, f.setHeaders(r)
}

func (f *requestFlags) methodOf() string {
	if f.method == "" && len(f.data) > 0 {
		return http.MethodPost
	}
	return firstOf(f.method, http.MethodGet)
}

// parseTarget parses the URL of a request.
func parseTarget(rawURL string) (*url.URL, error) {
	const advice = "it looks like https://{api}.execute-api.{region}.amazonaws.com/{stage} or http://127.0.0.1:4577/dev"
	target, err := url.Parse(rawURL)
	switch {
	case err != nil || target.Host == "" || target.Opaque != "":
		return nil, usagef(advice, "the address is not a URL with a host")
	case target.Scheme != "http" && target.Scheme != "https" && target.Scheme != "ws" && target.Scheme != "wss":
		return nil, usagef(advice, "the URL must begin with https://, http://, wss:// or ws://")
	case target.User != nil:
		return nil, usagef("", "the URL must hold no user name or password")
	case strings.Contains(target.RawQuery, " "):
		return nil, usagef("write a blank as %20", "the query of the URL has a blank in it")
	}
	target.Fragment, target.RawFragment = "", ""
	return target, nil
}

// setHeaders reads -H as curl does: "Name: value", "Name;" for an empty value,
// "Name:" for none at all.
func (f *requestFlags) setHeaders(r *http.Request) error {
	for _, line := range f.headers {
		name, value, found := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if bare, isEmpty := strings.CutSuffix(line, ";"); !found && isEmpty {
			name, found = bare, true
		} else if found && value == "" {
			r.Header.Del(name)
			continue
		}
		switch {
		case !found || !validName(name):
			return usagef("write it as -H 'Name: value'", "a header is not of the form 'Name: value'")
		case !validValue(value):
			return usagef("", "the value of header %s has characters that no header may have", name)
		case strings.EqualFold(name, "Host"):
			r.Host = value
		case strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding"):
			return usagef("", "header %s follows from the body and cannot be set", name)
		default:
			r.Header.Add(name, value)
		}
	}
	return nil
}

// readInput reads a whole file, or stdin for "-".
func (sh *shell) readInput(path string, limit int64) (text []byte, err error) {
	from := sh.stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, withoutPrefix(err)
		}
		defer func() { _ = f.Close() }() // it was only read
		from = f
	}
	text, err = io.ReadAll(io.LimitReader(from, limit+1))
	switch {
	case err != nil && path == "-":
		return nil, fmt.Errorf("stdin: %w", err)
	case err != nil:
		return nil, withoutPrefix(err)
	case int64(len(text)) > limit:
		return nil, fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return text, nil
}

// readRaw reads the text of a request.
func (sh *shell) readRaw(path string) (*sigv4.RawRequest, error) {
	text, err := sh.readInput(path, maxRequest)
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	raw, err := sigv4.ParseRawRequest(text)
	if err != nil {
		return nil, hint(errors.New(strings.TrimPrefix(err.Error(), "sigv4: ")),
			"--http wants the text of an HTTP/1.1 request: a request line, headers, an empty line, the body; or what curl -v prints")
	}
	return raw, nil
}

// targetOf is where a raw request goes, as far as its text says.
func targetOf(raw *sigv4.RawRequest) *url.URL {
	return &url.URL{Scheme: "http", Host: raw.Request.Host}
}

// put writes data to stdout: as it is, or on a terminal so that it cannot
// control that.
func (sh *shell) put(text []byte) error {
	if sh.screen != nil {
		text = []byte(visible(strings.ReplaceAll(string(text), "\r\n", "\n")))
	}
	if _, err := sh.stdout.Write(text); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}
