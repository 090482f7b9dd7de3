package login

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	maxAnswer   = 1 << 20          // bytes of an answer that are read
	requestTime = 30 * time.Second // for one request with its answer
)

// client is base (nil: a new one without idle connections) with a deadline,
// bounded answers, and no redirects, which would carry secrets elsewhere.
func client(base *http.Client) *http.Client {
	c := http.Client{}
	if base != nil {
		c = *base
	}
	if c.Timeout <= 0 || c.Timeout > requestTime {
		c.Timeout = requestTime
	}
	c.Transport = bounded{transport(c.Transport)}
	c.CheckRedirect = refuseRedirect
	return &c
}

// transport is base, or a transport whose connections end with the answer, so
// that nobody has to close it.
func transport(base http.RoundTripper) http.RoundTripper {
	if base != nil {
		return base
	}
	standard, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	own := standard.Clone()
	own.DisableKeepAlives = true
	return own
}

func refuseRedirect(r *http.Request, _ []*http.Request) error {
	return &Error{Op: "redirect", Kind: ErrBadAnswer,
		Message: "the server redirects to " + cleaned(r.URL.Host) + ", which is not followed",
		Hint:    "give the final address, or look for a proxy that wants a login of its own"}
}

// bounded is a transport whose answers fail beyond maxAnswer bytes.
type bounded struct{ base http.RoundTripper }

// RoundTrip does the request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.base.RoundTrip(r)
	if err == nil {
		resp.Body = http.MaxBytesReader(nil, resp.Body, maxAnswer)
	}
	return resp, err
}

// confidential refuses an address that secrets must not be sent to: anything
// but https, and http to this machine. name says which setting it is.
func confidential(op, name, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return misconfigured(op, name+" is not an address", "give one like https://login.example.com")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return misconfigured(op, name+" "+cleaned(place(address))+" is neither https nor on this machine",
		"use https; plain http is for localhost, 127.0.0.1 and [::1]")
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
