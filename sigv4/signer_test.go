package sigv4

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
)

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	broken := errors.New("no such profile")
	give := func(c aws.Credentials, err error) aws.CredentialsProvider {
		return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, err })
	}
	for name, p := range map[string]aws.CredentialsProvider{
		"no provider": nil,
		"anonymous":   aws.AnonymousCredentials{},
		"failing":     give(aws.Credentials{}, broken),
		"empty":       give(aws.Credentials{Source: "env"}, nil),
		"no secret":   give(aws.Credentials{AccessKeyID: testKeyID}, nil),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := testSigner("")
			s.Credentials = p
			r := newRequest(t, http.MethodGet, testStage, "")
			if err := s.Sign(t.Context(), r, ""); !errors.Is(err, ErrNoCredentials) {
				t.Errorf("sign: %v", err)
			}
			if len(r.Header) != 0 {
				t.Errorf("headers are changed: %v", r.Header)
			}
			_, err := s.Presign(t.Context(), r, 0, "")
			if !errors.Is(err, ErrNoCredentials) {
				t.Errorf("presign: %v", err)
			}
			if name == "failing" && !errors.Is(err, broken) {
				t.Errorf("the cause is lost: %v", err)
			}
		})
	}
}

func TestCannotSign(t *testing.T) {
	t.Parallel()
	at := func(u string) *http.Request {
		parsed, err := url.Parse(u)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{URL: parsed}
	}
	for want, r := range map[string]*http.Request{
		"needs a URL with a host":  {},
		"cannot sign for host":     at("https:///path"),
		"cannot sign for scheme":   at("ftp://h/"),
		"user name or password":    at("https://a:b@h/"),
		"malformed percent escape": at("https://h/?a=%zz"),
		"punycode":                 at("https://bücher.example/"),
		"without an IPv6 zone":     at("https://[fe80::1%25eth0]/"),
		"reading the body to sign": {URL: at("https://h/").URL, Body: io.NopCloser(failingReader{})},
	} {
		if err := testSigner("").Sign(t.Context(), r, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		if r.Header != nil || r.Host != "" {
			t.Errorf("%s: request is changed", want)
		}
	}
	for _, d := range []time.Duration{-1, 1, time.Second - 1, MaxExpires + 1} {
		if _, err := testSigner("").Presign(t.Context(), at("https://h/"), d, ""); err == nil || !strings.Contains(err.Error(), "presigned URL may live") {
			t.Errorf("%v: %v", d, err)
		}
	}
	s := testSigner("")
	s.Region = ""
	if err := s.Sign(t.Context(), at("https://h/"), ""); err == nil || !strings.Contains(err.Error(), "needs a service and a region") {
		t.Error(err)
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("gone") }

// A signer reads the body for its hash and leaves it to be sent.
func TestBodyIsKept(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"with GetBody":    func(*http.Request) {},
		"without GetBody": func(r *http.Request) { r.GetBody, r.ContentLength = nil, -1 },
	} {
		r := newRequest(t, http.MethodPost, testPost, "hello")
		change(r)
		if err := testSigner("").Sign(t.Context(), r, ""); err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != "hello" || r.ContentLength != 5 {
			t.Errorf("%s: body %q, length %d, %v", name, body, r.ContentLength, err)
		}
		if _, err := testVerifier().Verify(t.Context(), FromHTTP(r), body); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := newRequest(t, http.MethodPost, testPost, "")
	r.Body = io.NopCloser(strings.NewReader(""))
	if err := testSigner("").Sign(t.Context(), r, ""); err != nil || r.Body != http.NoBody {
		t.Errorf("empty body: %v", err)
	}
}

func TestDefaultPort(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://h:443/": "h", "wss://h:443/": "h", "http://h:80/": "h", "ws://h:80/": "h",
		"https://h:80/": "h:80", "ws://h:443/": "h:443", "http://h:/": "h", "http://[::1]:80/": "[::1]", "wss://h:4577/": "h:4577",
	} {
		r := newRequest(t, http.MethodGet, in, "")
		trace, err := testSigner("").SignTrace(t.Context(), r, "")
		if err != nil {
			t.Fatal(err)
		}
		if r.Host != want || !strings.Contains(trace.CanonicalRequest, "\nhost:"+want+"\n") {
			t.Errorf("%s: host %q\n%s", in, r.Host, trace.CanonicalRequest)
		}
		u, err := testSigner("").Presign(t.Context(), newRequest(t, http.MethodGet, in, ""), 0, "")
		if err != nil {
			t.Fatal(err)
		}
		scheme, _, _ := strings.Cut(in, ":")
		if !strings.HasPrefix(u, scheme+"://"+want+"/?X-Amz-Algorithm=") {
			t.Errorf("%s becomes %s", in, u)
		}
	}
}

// A Host header of its own is signed and leaves the address in the URL.
func TestHostHeader(t *testing.T) {
	t.Parallel()
	r := newRequest(t, http.MethodGet, "ws://127.0.0.1:4577/dev", "")
	r.Host = "api.example"
	trace, err := testSigner("").PresignTrace(t.Context(), r, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(trace.URL, "ws://127.0.0.1:4577/dev?") || !strings.Contains(trace.CanonicalRequest, "\nhost:api.example\n") {
		t.Errorf("%s\n%s", trace.URL, trace.CanonicalRequest)
	}
}

func TestPresignReplaces(t *testing.T) {
	t.Parallel()
	r := newRequest(t, http.MethodGet, "wss://h/p?a=1&X-Amz-Signature=old&X-Amz-Date=old&X-Amz-Security-Token=old&X-Amz-Expires=60&X-Amz-Algorithm=x&X-Amz-Credential=x&X-Amz-SignedHeaders=x#part", "")
	r.Header.Set("X-Amz-Date", "stale")
	r.Header.Set("X-Room", "1")
	before := r.Header.Clone()
	u, err := testSigner("").Presign(t.Context(), r, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := url.Parse(u)
	if err != nil {
		t.Fatal(err)
	}
	q := got.Query()
	q.Del("X-Amz-Signature")
	want := url.Values{
		"a": {"1"}, "X-Amz-Algorithm": {algorithm}, "X-Amz-Credential": {"AKIDEXAMPLE/20240102/us-east-1/execute-api/aws4_request"},
		"X-Amz-Date": {"20240102T030405Z"}, "X-Amz-Expires": {"60"}, "X-Amz-SignedHeaders": {"host;x-room"},
	}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(before, r.Header); diff != "" || got.Fragment != "" || !strings.HasSuffix(r.URL.String(), "#part") {
		t.Errorf("request is changed: %s %s", diff, r.URL)
	}
	if u, err = testSigner("").Presign(t.Context(), r, time.Hour, ""); err != nil || !strings.Contains(u, "X-Amz-Expires=3600&") || strings.Contains(u, "Expires=60&") {
		t.Error(u, err)
	}
}

func TestSignBody(t *testing.T) {
	t.Parallel()
	s := testSigner("")
	s.SignBody = true
	r := newRequest(t, http.MethodPost, testPost, "hello")
	trace, err := s.SignTrace(t.Context(), r, "")
	if err != nil {
		t.Fatal(err)
	}
	hash := HashPayload([]byte("hello"))
	if r.Header.Get("X-Amz-Content-Sha256") != hash || !strings.Contains(trace.CanonicalRequest, "\nx-amz-content-sha256:"+hash+"\n") {
		t.Errorf("%v\n%s", r.Header, trace.CanonicalRequest)
	}
	if !trace.Time.Equal(testTime()) || trace.URL != "" || !strings.HasSuffix(r.Header.Get("Authorization"), "Signature="+trace.Signature) {
		t.Errorf("%+v", trace)
	}
}

// An S3-like service: the path encoded once and not normalised.
func TestEncodePathOnce(t *testing.T) {
	t.Parallel()
	s, v := testSigner(""), testVerifier()
	s.Service, s.EncodePathOnce, s.NoNormalizePath = "s3", true, true
	v.Service, v.EncodePathOnce = "s3", true
	r := newRequest(t, http.MethodGet, "https://h/a//b%20c/@", "")
	trace, err := s.SignTrace(t.Context(), r, "")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(trace.CanonicalRequest, "GET\n/a//b%20c/%40\n") {
		t.Error(trace.CanonicalRequest)
	}
	if _, err := v.Verify(t.Context(), FromHTTP(r), nil); err != nil {
		t.Error(err)
	}
}

// Without Now the wall clock counts, on both sides.
func TestWallClock(t *testing.T) {
	t.Parallel()
	s, v := testSigner(""), testVerifier()
	s.Now, v.Now = nil, nil
	r := newRequest(t, http.MethodGet, testStage, "")
	if err := s.Sign(t.Context(), r, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), FromHTTP(r), nil); err != nil {
		t.Error(err)
	}
}
