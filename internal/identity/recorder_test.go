package identity_test

import (
	"bytes"
	"io"
	"net/http"
)

// recorder makes an HTTP response without a server.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (w *recorder) response(status int, r *http.Request) *http.Response {
	return &http.Response{StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), Request: r}
}
