package gateway

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRawHeaderKeepsTheClientsSpelling(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, head string
		want       [][2]string
	}{
		{"as sent", "GET /dev HTTP/1.1\r\nhost: a:1\r\nX-api-KEY: k\r\nSec-WebSocket-Key:  x \r\nx-Two: 1\r\nX-TWO: 2\r\n\r\n",
			[][2]string{{"host", "a:1"}, {"X-api-KEY", "k"}, {"Sec-WebSocket-Key", "x"}, {"x-Two", "1"}, {"X-TWO", "2"}}},
		{"other request's bytes", "GET /other HTTP/1.1\r\nHost: a:1\r\n\r\n", nil},
		{"cut off", "GET /dev HTTP/1.1\r\nHost: a:1\r\n", nil},
	} {
		read := c.head
		if !strings.HasPrefix(read, "GET /dev") || !strings.HasSuffix(read, "\r\n\r\n") {
			read = "GET /dev HTTP/1.1\r\nHost: a:1\r\n\r\n"
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(read)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, rawHeader([]byte(c.head), r)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func FuzzRawHeader(f *testing.F) {
	f.Add("GET /dev HTTP/1.1\r\nHost: a:1\r\nx: y\r\n\r\n")
	f.Add("GET /dev HTTP/1.1\r\nHost: a:1\r\nx: y\r\n z\r\n\r\n")
	f.Fuzz(func(t *testing.T, head string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
		if err != nil {
			return
		}
		pairs := rawHeader([]byte(head), r)
		if pairs != nil && !sameHeader(pairs, r) {
			t.Fatalf("%q gives other headers than net/http read", head)
		}
	})
}
