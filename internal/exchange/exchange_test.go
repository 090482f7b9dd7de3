package exchange_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/exchange"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func post() *http.Request {
	return &http.Request{Method: "POST", URL: &url.URL{Scheme: "http", Host: "test"}, Header: http.Header{}}
}

func TestDo(t *testing.T) {
	t.Parallel()
	c := exchange.Client(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		return &http.Response{StatusCode: 302, Header: http.Header{"Location": {"http://else"}}, Body: io.NopCloser(strings.NewReader(string(body)))}, err
	})})
	a, sent, err := exchange.Do(t.Context(), c, post(), []byte("12345"), 5)
	if err != nil || !sent || a.Status != 302 || string(a.Body) != "12345" {
		t.Errorf("%+v %v %v", a, sent, err)
	}
	if _, sent, err = exchange.Do(t.Context(), c, post(), []byte("123456"), 5); !errors.Is(err, exchange.ErrTooLarge) || !sent {
		t.Error(sent, err)
	}
	c = exchange.Client(&http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	})})
	if _, sent, err = exchange.Do(t.Context(), c, post(), nil, 5); sent || !exchange.Undialled(err) || strings.Contains(err.Error(), "http:") {
		t.Error(sent, err)
	}
}

// Whoever has read the body may have passed it on, whatever transport it is.
func TestDoSaysWhetherItWasSent(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "read", Err: errors.New("reset")}
	for want, transport := range map[bool]roundTrip{
		true: func(r *http.Request) (*http.Response, error) {
			_, _ = io.CopyN(io.Discard, r.Body, 1)
			return nil, refused
		},
		false: func(*http.Request) (*http.Response, error) { return nil, refused },
	} {
		if _, sent, err := exchange.Do(t.Context(), exchange.Client(&http.Client{Transport: transport}), post(), []byte("x"), 5); sent != want || err == nil {
			t.Errorf("sent: %v, %v", sent, err)
		}
	}
	again := roundTrip(func(r *http.Request) (*http.Response, error) { // as net/http does on a new connection
		body, err := r.GetBody()
		if err == nil {
			_, err = io.ReadAll(body)
		}
		return nil, errors.Join(err, refused)
	})
	if _, sent, _ := exchange.Do(t.Context(), exchange.Client(&http.Client{Transport: again}), post(), []byte("x"), 5); !sent {
		t.Error("sent at the second try, and nobody knows")
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	const secret = "s3cret/with+more=="
	for _, text := range []string{
		"key " + secret, "q=" + url.QueryEscape(secret), "x-api-key:" + secret + "\nnext", `{"access_token":"` + secret + `"}`,
		"Authorization: Bearer " + secret, "Signature=" + secret, "a eyJhbGciOi.eyJzdWIi." + "c2ln",
		"header-" + strings.Repeat("abcd", 9),
	} {
		got := exchange.Redacted(text, secret)
		if strings.Contains(got, "s3cret") || strings.Contains(got, "eyJ") || strings.Contains(got, "abcdabcd") || strings.ContainsAny(got, "\r\n") || !strings.Contains(got, "sha256") {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := exchange.Redacted("the header is missing, token is 7 bytes"); got != "the header is missing, token is 7 bytes" {
		t.Error(got)
	}
	if got := exchange.OneLine(strings.Repeat("é", 1000)); len(got) > 510 {
		t.Error(len(got))
	}
}
