package sigv4

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// hostToSign gives the Host header that r will be sent with: r.Host, else the
// host of the URL, without the default port of its scheme.
func hostToSign(r *http.Request) (string, error) {
	if r.URL == nil || r.URL.Opaque != "" {
		return "", errors.New("sigv4: the request needs a URL with a host")
	}
	if r.URL.User != nil {
		return "", errors.New("sigv4: the URL holds a user name or password; remove them, the signature takes their place")
	}
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	switch r.URL.Scheme {
	case "http", "ws":
		host = strings.TrimSuffix(host, ":80")
	case "https", "wss":
		host = strings.TrimSuffix(host, ":443")
	default:
		return "", fmt.Errorf("sigv4: cannot sign for scheme %q; use http, https, ws or wss", r.URL.Scheme)
	}
	host = strings.TrimSuffix(host, ":")
	if !plainHost(host) {
		return "", fmt.Errorf("sigv4: cannot sign for host %q; write it as host or host:port in ASCII (punycode), without an IPv6 zone", host)
	}
	return host, nil
}

// plainHost reports that a host is sent as it is written.
func plainHost(host string) bool {
	for i := range len(host) {
		if c := host[i]; !unreserved(c) && c != ':' && c != '[' && c != ']' {
			return false
		}
	}
	return host != ""
}

// hashRequest gives the hex SHA-256 of the body of r, which can still be sent
// afterwards.
func hashRequest(r *http.Request) (string, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return EmptyPayload, nil
	}
	if r.GetBody == nil {
		return hashAndKeep(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return "", fmt.Errorf("sigv4: reading the body to sign it: %w", err)
	}
	sum := sha256.New()
	_, err = io.Copy(sum, body)
	if err := errors.Join(err, body.Close()); err != nil {
		return "", fmt.Errorf("sigv4: reading the body to sign it: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// hashAndKeep reads the body into memory.
func hashAndKeep(r *http.Request) (string, error) {
	all, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return "", fmt.Errorf("sigv4: reading the body to sign it: %w", err)
	}
	r.ContentLength = int64(len(all))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(all)), nil }
	r.Body = io.NopCloser(bytes.NewReader(all))
	if len(all) == 0 {
		r.Body = http.NoBody
	}
	return HashPayload(all), nil
}

// HashPayload gives the hex SHA-256 of a body, as Sign and Presign take it.
func HashPayload(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
