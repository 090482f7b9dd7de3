package apigateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"regexp"
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
	pattern := regexp.MustCompile(`^[a-z0-9-]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\.?$`)
	match := pattern.FindStringSubmatch(strings.ToLower(host))
	if match == nil {
		return ""
	}
	return match[1]
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

// signer is a signer for one request, and the secrets it signs with.
func (s *signing) signer(ctx context.Context) (*sigv4.Signer, []string, error) {
	creds, err := s.credentials.Retrieve(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, nil, fmt.Errorf("ask for AWS credentials: %w", ctx.Err())
	case err != nil:
		return nil, nil, &NoCredentialsError{LookedFor: s.source, Cause: err}
	case !creds.HasKeys():
		return nil, nil, &NoCredentialsError{LookedFor: s.source, Cause: errors.New("it has no keys")}
	}
	fixed := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return creds, nil })
	signer := &sigv4.Signer{Credentials: fixed, Service: s.service, Region: s.region, Now: s.now}
	return signer, []string{creds.SecretAccessKey, creds.SessionToken}, nil
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
	signer, keys, err := d.signing().signer(ctx)
	if err != nil {
		return err
	}
	h.secrets = append(h.secrets, keys...)
	r := &http.Request{Method: http.MethodGet, URL: d.target, Host: d.host(), Header: http.Header{}}
	if d.options.Auth == Presigned {
		h.address, err = d.presign(ctx, signer, r)
		return err
	}
	if err := signer.Sign(ctx, r, sigv4.EmptyPayload); err != nil {
		return fmt.Errorf("sign: %w", withoutURL(err))
	}
	maps.Copy(h.header, r.Header)
	h.host = r.Host
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

// presign is the target with a signature in its query.
func (d *dialer) presign(ctx context.Context, signer *sigv4.Signer, r *http.Request) (string, error) {
	u, err := signer.Presign(ctx, r, d.options.Expires, sigv4.EmptyPayload)
	if err != nil {
		return "", fmt.Errorf("sign: %w", withoutURL(err))
	}
	if len(u) > maxURL {
		return "", fmt.Errorf("the signed URL has %d characters and API Gateway takes %d: use Auth Headers", len(u), maxURL)
	}
	return u, nil
}
