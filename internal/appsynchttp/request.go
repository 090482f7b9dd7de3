package appsynchttp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/wire"
)

// ErrTooLarge is in the errors of Body when there is more of it than allowed.
var ErrTooLarge = errors.New("the body is too large")

// Body reads the whole body once, at most so many bytes: signatures are made
// over its bytes. The error is ErrTooLarge, wrapped, or of the connection.
func (x *Exchange) Body(most int) ([]byte, error) {
	if x.r.ContentLength > int64(most) {
		return nil, fmt.Errorf("%w: it has %d bytes, %d are allowed", ErrTooLarge, x.r.ContentLength, most)
	}
	var buf bytes.Buffer // grows as bytes come, not as the header promises
	if n := x.r.ContentLength; n > 0 {
		const firstRead = 32 << 10
		buf.Grow(int(min(n, firstRead)) + bytes.MinRead)
	}
	if _, err := buf.ReadFrom(io.LimitReader(x.r.Body, int64(most)+1)); err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrTooLarge, tooLong.Limit)
		}
		return nil, fmt.Errorf("reading the body: %w", err)
	}
	if buf.Len() > most {
		return nil, fmt.Errorf("%w: it is longer than %d bytes", ErrTooLarge, most)
	}
	return buf.Bytes(), nil
}

// RequestHeaders are those of the request.
func (x *Exchange) RequestHeaders() json.RawMessage { return RequestHeaders(x.r.Header, x.r.Host) }

// RequestHeaders is ctx.request.headers, an object: lower-case names, a list
// where a header was sent more than once, no cookies. What is not UTF-8 becomes
// U+FFFD.
func RequestHeaders(header http.Header, host string) json.RawMessage {
	names := make([]string, 0, len(header))
	for name := range header {
		if name != "Cookie" && name != "Host" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	dst := wire.AppendString(append(make([]byte, 0, 512), `{"host":`...), host)
	for _, name := range names {
		dst = append(wire.AppendString(append(dst, ','), strings.ToLower(name)), ':')
		dst = appendHeader(dst, header[name])
	}
	return append(dst, '}')
}

func appendHeader(dst []byte, list []string) []byte {
	if len(list) == 1 {
		return wire.AppendString(dst, list[0])
	}
	dst = append(dst, '[')
	for i, value := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = wire.AppendString(dst, value)
	}
	return append(dst, ']')
}
