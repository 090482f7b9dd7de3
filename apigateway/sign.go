package apigateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/sigv4"
)

// RegionOf is the region in a host name of an API in AWS,
// {api}.execute-api.{region}.amazonaws.com or .com.cn, with or without a port;
// "" for any other host.
func RegionOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	name, found := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	labels := strings.Split(name, ".")
	if !found || len(labels) != 3 || labels[0] == "" || labels[1] != "execute-api" || !isRegion(labels[2]) {
		return ""
	}
	return labels[2]
}

func isRegion(label string) bool {
	return label != "" && strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// signing is what a signature needs beside the request.
type signing struct {
	credentials aws.CredentialsProvider
	source      string // where credentials come from, for people
	region      string
	service     string
	now         func() time.Time
}

// check finds what is missing before anything is sent.
func (s *signing) check(host string) error {
	if s.credentials == nil {
		return &NoCredentialsError{LookedFor: s.source, Cause: errors.New("it is nil")}
	}
	if s.region == "" {
		return &NoRegionError{Host: host}
	}
	return nil
}

func (s *signing) signer() *sigv4.Signer {
	return &sigv4.Signer{Credentials: s.credentials, Service: s.service, Region: s.region, Now: s.now}
}

// failed is an error of the signer, typed if there were no credentials.
func (s *signing) failed(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("sign: %w", ctx.Err())
	case errors.Is(err, sigv4.ErrNoCredentials):
		return &NoCredentialsError{LookedFor: s.source, Cause: err}
	}
	return fmt.Errorf("sign: %w", err)
}

func (d *dialer) signing() *signing {
	o := &d.options
	return &signing{
		credentials: o.Credentials,
		source:      "DialOptions.Credentials",
		region:      orDefault(o.Region, RegionOf(d.host())),
		service:     o.Service,
		now:         o.Now,
	}
}

// host is the host that the request names: Header's, or the URL's.
func (d *dialer) host() string {
	return orDefault(d.options.Header.Get("Host"), d.target.Host)
}

// checkSigning refuses options that cannot work, before anything is sent.
func (d *dialer) checkSigning() error {
	switch o := &d.options; o.Auth {
	case None:
		return nil
	case Presigned, Headers:
		if o.Auth == Headers && o.Token != nil && strings.EqualFold(o.TokenHeader, "Authorization") {
			return errors.New("Auth Headers and Token both want the Authorization header: set TokenHeader")
		}
		return d.signing().check(d.host())
	default:
		return fmt.Errorf("unknown Auth %d", o.Auth)
	}
}

// handshake is what one attempt sends.
type handshake struct {
	address string
	host    string // for the Host header, "" for that of address
	header  http.Header
	secrets []string // what is secret in it, so that no error repeats it
}

// prepare makes one handshake, with a signature of its own.
func (d *dialer) prepare(ctx context.Context) (*handshake, error) {
	h := &handshake{address: d.target.String(), header: d.options.Header.Clone()}
	if h.header == nil {
		h.header = http.Header{}
	}
	h.host = h.header.Get("Host")
	h.header.Del("Host")
	if err := d.addOwn(ctx, h); err != nil {
		return nil, err
	}
	if d.options.Auth == None {
		return h, nil
	}
	return h, d.sign(ctx, h)
}

// sign adds the signature to h. Of the headers only host is signed, because
// proxies may change the others.
func (d *dialer) sign(ctx context.Context, h *handshake) error {
	signing := d.signing()
	r := &http.Request{Method: http.MethodGet, URL: d.target, Host: d.host(), Header: http.Header{}}
	if d.options.Auth == Presigned {
		signed, err := signing.signer().Presign(ctx, r, d.options.Expires, sigv4.EmptyPayload)
		if err != nil {
			return signing.failed(ctx, err)
		}
		return h.use(signed)
	}
	if err := signing.signer().Sign(ctx, r, sigv4.EmptyPayload); err != nil {
		return signing.failed(ctx, err)
	}
	maps.Copy(h.header, r.Header)
	h.host = r.Host
	h.secrets = append(h.secrets, r.Header.Get("X-Amz-Security-Token"))
	return nil
}

// use makes a presigned URL the handshake's.
func (h *handshake) use(signed string) error {
	u, err := url.Parse(signed)
	if err != nil {
		return errors.New("sign: the presigned URL cannot be read")
	}
	if len(signed) > maxURL {
		return fmt.Errorf("the signed URL has %d characters and API Gateway takes %d: use Auth Headers", len(signed), maxURL)
	}
	h.address = signed
	h.secrets = append(h.secrets, u.Query().Get("X-Amz-Security-Token"))
	return nil
}

// addOwn adds API key and token to h.
func (d *dialer) addOwn(ctx context.Context, h *handshake) error {
	if key := d.options.APIKey; key != "" {
		h.header.Set("X-Api-Key", key)
		h.secrets = append(h.secrets, key)
	}
	if d.options.Token == nil {
		return nil
	}
	token, err := d.options.Token(ctx)
	if err != nil {
		return fmt.Errorf("ask for the token of header %s: %w", d.options.TokenHeader, err)
	}
	h.header.Set(d.options.TokenHeader, token)
	h.secrets = append(h.secrets, token)
	return nil
}
