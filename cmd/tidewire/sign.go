package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/sigv4"
)

const signHelp = `Sign a request with AWS Signature Version 4 and print the result. Nothing is
sent.

With a URL, sign prints the headers to send with it, or with --presign a URL that
carries the signature (https, http, wss and ws). --show prints another part:

  headers            the headers to send, one on a line (curl -H @- reads them)
  curl               a curl command that sends the request
  url                the presigned URL
  canonical-request  what was hashed, and a line break
  string-to-sign     what was signed, and a line break
  signature          64 hex digits

With --http, sign reads the text of an HTTP/1.1 request, as curl -v prints it or
a proxy saves it, and prints the signed request. Its path, query and host are
signed as they stand there.

Headers given with -H are signed, so they must be sent. -d @FILE signs the bytes
of the file as they are.

` + keysHelp + `

Exit codes: 0 done, 1 failed, 2 wrong usage.`

const signExamples = `  tidewire sign https://abc123.execute-api.eu-west-1.amazonaws.com/prod --profile dev --show curl
  tidewire sign wss://abc123.execute-api.eu-west-1.amazonaws.com/prod --presign --expires 5m
  tidewire sign http://127.0.0.1:4577/dev/@connections/L0SM9cOFvHcCIhw%3D -d hello | curl -H @- -d hello http://127.0.0.1:4577/dev/@connections/L0SM9cOFvHcCIhw%3D
  tidewire sign --http request.txt --service appsync --region us-east-1
  tidewire sign wss://abc.iot.us-east-1.amazonaws.com/mqtt --presign --omit-session-token`

// signFlags are the command line of sign.
type signFlags struct {
	keys    keyFlags
	request requestFlags
	http    string
	at      string
	presign bool
	expires time.Duration
	show    string

	asSent    bool // do not normalise the path
	signBody  bool
	omitToken bool
}

func newSignCommand(sh *shell) *cobra.Command {
	var f signFlags
	cmd := &cobra.Command{
		Use:     "sign URL | sign --http FILE|-",
		Short:   "Sign or presign a request, and print any step of it",
		Long:    signHelp,
		Example: signExamples,
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args) },
	}
	flags := cmd.Flags()
	f.request.add(flags)
	f.keys.add(flags)
	flags.StringVar(&f.http, "http", "", "sign the text of a request in `FILE|-` instead of a URL")
	flags.StringVar(&f.at, "time", "", "sign as of this `TIME` (RFC 3339, default now)")
	flags.BoolVar(&f.presign, "presign", false, "put the signature into the query of the URL")
	flags.DurationVar(&f.expires, "expires", 0, "with --presign: how long the URL holds, 1s to 168h (default: it does not say, which is 5m at API Gateway)")
	flags.StringVar(&f.show, "show", "", "what to print: `headers|curl|url|canonical-request|string-to-sign|signature`")
	flags.BoolVar(&f.asSent, "no-normalize-path", false, "keep dot segments and repeated slashes of the path")
	flags.BoolVar(&f.signBody, "sign-body", false, "send and sign X-Amz-Content-Sha256 (with --presign it has no effect)")
	flags.BoolVar(&f.omitToken, "omit-session-token", false, "append the session token after signing, as AWS IoT wants")
	return cmd
}

func (f *signFlags) run(ctx context.Context, sh *shell, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	if f.http != "" {
		return f.signText(ctx, sh)
	}
	return f.signURL(ctx, sh, args[0])
}

// check finds what is wrong with the command line itself.
func (f *signFlags) check(args []string) error {
	shows := []string{"", "headers", "curl", "url", "canonical-request", "string-to-sign", "signature"}
	switch {
	case len(args) == 0 && f.http == "":
		return usagef("see tidewire sign --help", "there is nothing to sign: give a URL, or --http with the text of a request")
	case len(args) > 0 && f.http != "":
		return usagef("", "--http and a URL exclude each other")
	case f.http != "" && f.request.given():
		return usagef("", "with --http, method, headers and body are those of the text: leave out -X, -H and -d")
	case !slices.Contains(shows, f.show):
		return usagef("", "--show must be one of %s, not %q", strings.Join(shows[1:], ", "), f.show)
	case f.show == "url" && !f.presign:
		return usagef("add --presign", "--show url prints a presigned URL")
	case f.http != "" && (f.show == "url" || f.show == "curl"):
		return usagef("give the URL instead of --http", "--show %s wants a URL, and the text of a request does not say whether it is http or https", f.show)
	case f.expires != 0 && !f.presign:
		return usagef("add --presign", "--expires is for presigned URLs")
	case f.expires < 0 || f.expires > sigv4.MaxExpires || f.expires%time.Second != 0:
		return usagef("", "--expires must be whole seconds from 1s to %s, not %s", sigv4.MaxExpires, f.expires)
	}
	return f.keys.check()
}

// signer is the signer of the flags for target; it says on stderr who signs.
func (f *signFlags) signer(ctx context.Context, sh *shell, target *url.URL) (*sigv4.Signer, error) {
	now, err := parseTime(f.at)
	if err != nil {
		return nil, err
	}
	who, err := f.keys.choose(ctx, sh, target)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(sh.stderr, "tidewire:", visible(who.source))
	s := newSigner(who)
	s.Now = func() time.Time { return now }
	s.NoNormalizePath = s.NoNormalizePath || f.asSent
	s.SignBody = s.SignBody || f.signBody
	s.OmitSessionToken = f.omitToken
	return s, nil
}

// newSigner is a signer with the rules of its service. S3 has its own (Amazon
// S3 API reference, "Authenticating Requests: Using the Authorization Header").
func newSigner(who *signingAs) *sigv4.Signer {
	s := &sigv4.Signer{Credentials: who.credentials, Service: who.service, Region: who.region}
	if who.service == "s3" {
		s.EncodePathOnce, s.NoNormalizePath, s.SignBody = true, true, true
	}
	return s
}

// parseTime is the time of --time, now without it.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usagef("write it as 2024-01-02T03:04:05Z", "--time %q is no time of RFC 3339", text)
	}
	return t, nil
}

func (f *signFlags) signURL(ctx context.Context, sh *shell, rawURL string) error {
	r, err := f.request.build(ctx, sh, rawURL)
	if err != nil {
		return err
	}
	if err := f.unsign(r.URL.RawQuery, r.Header); err != nil {
		return err
	}
	s, err := f.signer(ctx, sh, r.URL)
	if err != nil {
		return err
	}
	out := signedRequest{http: r, data: f.request.data}
	if f.presign {
		out.trace, err = s.PresignTrace(ctx, r, f.expires, payloadOf(r.Header, s.Service, true))
	} else {
		out.trace, err = s.SignTrace(ctx, r, payloadOf(r.Header, s.Service, false))
	}
	if err != nil {
		return ownWords(err)
	}
	text, err := out.show(firstOf(f.show, f.usual()))
	if err != nil {
		return err
	}
	return sh.put([]byte(text))
}

// unsign sees to it that an earlier signature does not stay beside the new one.
// The signer replaces one in the same place.
func (f *signFlags) unsign(query string, h http.Header) error {
	if f.presign {
		for _, name := range []string{"Authorization", "X-Amz-Date", "X-Amz-Security-Token"} {
			h.Del(name)
		}
		return nil
	}
	if isSigned(&url.URL{RawQuery: query}) {
		return usagef("add --presign to sign it anew", "the query carries a signature already")
	}
	return nil
}

// usual is what a person wants to see of a URL.
func (f *signFlags) usual() string {
	if f.presign {
		return "url"
	}
	return "headers"
}

// payloadOf is the payload hash that a header gives, else that of presigned
// URLs for S3, else empty: that of the body.
func payloadOf(h http.Header, service string, presign bool) string {
	given := h.Get("X-Amz-Content-Sha256")
	if given == "" && presign && service == "s3" {
		return sigv4.UnsignedPayload
	}
	return given
}

// signText signs the text of a request.
func (f *signFlags) signText(ctx context.Context, sh *shell) error {
	raw, err := sh.readRaw(f.http)
	if err != nil {
		return err
	}
	if raw.BodyUnknown {
		return hint(fmt.Errorf("the request has a body, and the text does not hold it"),
			"curl -v does not print bodies: add an empty line and the body to the lines that begin with >, and remove the >")
	}
	s, err := f.signer(ctx, sh, targetOf(raw))
	if err != nil {
		return err
	}
	q := raw.Request
	if err := f.unsign(q.RawQuery, q.Header); err != nil {
		return err
	}
	payload := firstOf(payloadOf(q.Header, s.Service, f.presign), sigv4.HashPayload(raw.Body))
	var trace *sigv4.Trace
	if f.presign {
		trace, err = s.PresignRequest(ctx, q, f.expires, payload)
	} else {
		trace, err = s.SignRequest(ctx, q, payload)
	}
	if err != nil {
		return ownWords(err)
	}
	if f.show == "" {
		return sh.put(raw.Bytes())
	}
	out := signedRequest{http: &http.Request{Header: q.Header}, trace: trace}
	text, err := out.show(f.show)
	if err != nil {
		return err
	}
	return sh.put([]byte(text))
}

// ownWords drops the package's name from an error.
func ownWords(err error) error {
	if text, found := strings.CutPrefix(err.Error(), "sigv4: "); found {
		return hint(fmt.Errorf("%s", text), adviceOf(err))
	}
	return err
}
