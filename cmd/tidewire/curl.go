package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/apigateway"
)

const curlHelp = `Send a signed HTTP request and print the answer's body, with the flags of curl.

The method is GET, or POST with data. Data is sent as a form unless -H says
otherwise; --json sends it as JSON. Redirects are not followed. A URL that is signed
already is sent as it is.

-v shows the request and the headers of the answer on stderr, with credentials as
length and 8 digits of SHA-256; to see a signature in full, use tidewire sign.

` + keysHelp + `

Exit codes: 0 answered, 1 failed, 2 wrong usage, 3 answered with status 400 or above
(the body is printed nevertheless).`

const curlExamples = `  tidewire curl http://127.0.0.1:4577/dev/@connections/L0SM9cOFvHcCIhw%3D -d hello
  tidewire curl -i -X DELETE https://abc123.execute-api.eu-west-1.amazonaws.com/prod/items/1 --profile dev
  tidewire curl https://xyz.appsync-api.eu-west-1.amazonaws.com/graphql --json '{"query":"{ rooms { id } }"}'`

// curlFlags are the command line of curl.
type curlFlags struct {
	keys    keyFlags
	request requestFlags
	json    []datum
	include bool
	head    bool
	silent  bool
	verbose bool
	output  string
	maxTime float64
}

func newCurlCommand(sh *shell) *cobra.Command {
	var f curlFlags
	cmd := &cobra.Command{
		Use:     "curl URL",
		Short:   "Send a signed HTTP request",
		Long:    curlHelp,
		Example: curlExamples,
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args[0]) },
	}
	flags := cmd.Flags()
	f.request.add(flags)
	flags.Var(&dataFlag{all: &f.request.data}, "data-binary", "the same as --data")
	flags.Var(&dataFlag{all: &f.request.data, literal: true}, "data-raw", "body, `DATA`, in which @ names no file")
	flags.Var(&dataFlag{all: &f.json}, "json", "body, sent as application/json")
	flags.BoolVarP(&f.include, "include", "i", false, "print status and headers of the answer before its body")
	flags.BoolVarP(&f.head, "head", "I", false, "send HEAD and print status and headers")
	flags.BoolVarP(&f.silent, "silent", "s", false, "nothing on stderr about who signs and about refusals")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "show request and answer on stderr, without credentials")
	flags.StringVarP(&f.output, "output", "o", "", "write the answer to `FILE`")
	flags.Float64VarP(&f.maxTime, "max-time", "m", 0, "give up after this many `SECONDS`")
	f.keys.add(flags)
	return cmd
}

func (f *curlFlags) run(ctx context.Context, sh *shell, rawURL string) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.maxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(f.maxTime*float64(time.Second)))
		defer cancel()
	}
	r, err := f.build(ctx, sh, rawURL)
	if err != nil {
		return err
	}
	client, signed, err := f.sign(ctx, sh, r)
	if err != nil {
		return err
	}
	f.showRequest(sh, r)
	answer, err := client.Do(r)
	if err != nil {
		return f.failed(ctx, r, err)
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	f.showAnswer(sh, answer)
	beginning, err := f.write(sh, answer)
	if err != nil {
		return f.failed(ctx, r, err)
	}
	return f.judge(r, answer, beginning, signed)
}

func (f *curlFlags) check() error {
	switch {
	case f.maxTime < 0 || f.maxTime > 1e9:
		return usagef("", "--max-time must be a number of seconds, not %g", f.maxTime)
	case len(f.json) > 0 && len(f.request.data) > 0:
		return usagef("", "--json and --data exclude each other")
	case f.head && len(f.json)+len(f.request.data) > 0:
		return usagef("", "a HEAD request has no body: leave out --head or the data")
	}
	return f.keys.check()
}

// build makes the request, with curl's headers where -H gives none.
func (f *curlFlags) build(ctx context.Context, sh *shell, rawURL string) (*http.Request, error) {
	q := f.request
	q.data = append(q.data, f.json...)
	if f.head {
		q.method = firstOf(q.method, http.MethodHead)
	}
	r, err := q.build(ctx, sh, rawURL)
	if err != nil {
		return nil, err
	}
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return nil, usagef("for a WebSocket, see tidewire connect", "the URL must begin with https:// or http://")
	}
	preset := func(name, value string) {
		if r.Header[name] == nil {
			r.Header.Set(name, value)
		}
	}
	switch {
	case len(f.json) > 0:
		preset("Content-Type", "application/json")
		preset("Accept", "application/json")
	case len(q.data) > 0:
		preset("Content-Type", "application/x-www-form-urlencoded")
	}
	preset("User-Agent", "tidewire")
	return r, nil
}

// sign signs the request and gives the client that sends it.
func (f *curlFlags) sign(ctx context.Context, sh *shell, r *http.Request) (client *http.Client, signed bool, err error) {
	who, err := f.choose(ctx, sh, r)
	if err != nil {
		return nil, false, err
	}
	if !f.silent {
		fmt.Fprintln(sh.stderr, "tidewire:", visible(who.source))
	}
	client = who.client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if who.credentials == nil {
		return client, false, nil
	}
	if err := newSigner(who).Sign(ctx, r, payloadOf(r.Header, who.service, false)); err != nil {
		return nil, false, ownWords(err)
	}
	return client, true, nil
}

// choose finds who signs; nobody does for a URL that is signed.
func (f *curlFlags) choose(ctx context.Context, sh *shell, r *http.Request) (*signingAs, error) {
	if _, inAWS := awsLabels(r.URL.Host); inAWS && r.URL.Scheme == "http" {
		return nil, usagef("write https://", "http://%s would send a signature in clear text", r.URL.Host)
	}
	if !isSigned(r.URL) {
		return f.keys.choose(ctx, sh, r.URL)
	}
	who := &signingAs{caller: *unsigned("not signing: the URL carries a signature")}
	gateway, err := (&identityFlags{}).running(sh, r.URL)
	if err != nil {
		return nil, err
	}
	return who, who.reach(gateway)
}

// failed is an error on the way, which must not repeat a signed URL.
func (f *curlFlags) failed(ctx context.Context, r *http.Request, err error) error {
	what := r.Method + " " + r.URL.Scheme + "://" + r.URL.Host + r.URL.EscapedPath()
	if f.maxTime > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return hint(fmt.Errorf("%s: no answer in %gs", what, f.maxTime), "give more time with --max-time")
	}
	return adviseOn(fmt.Errorf("%s: %w", what, withoutURL(err)), true)
}

// judge makes a refusal an error.
func (f *curlFlags) judge(r *http.Request, answer *http.Response, beginning []byte, signed bool) error {
	if answer.StatusCode < 400 {
		return nil
	}
	refused := &apigateway.ResponseError{
		Op:        r.Method + " " + r.URL.Scheme + "://" + r.URL.Host + r.URL.EscapedPath(),
		Status:    answer.StatusCode,
		Type:      answer.Header.Get("X-Amzn-Errortype"),
		RequestID: firstOf(answer.Header.Get("X-Amzn-Requestid"), answer.Header.Get("Apigw-Requestid")),
	}
	if f.silent {
		return &verdictError{refused.Error()}
	}
	advice := exceptionAdvice(refused.Type, messageIn(beginning), signed)
	if answer.StatusCode == http.StatusUpgradeRequired {
		advice = "a WebSocket answers there: see tidewire connect"
	}
	if strings.Contains(r.URL.Path, "/@connections/") {
		advice = firstOf(advice, responseAdvice(answer.StatusCode))
	}
	return hint(refused, firstOf(advice, "the answer's body says why"))
}

// write writes the answer to stdout or to --output. It gives the beginning of
// the body.
func (f *curlFlags) write(sh *shell, answer *http.Response) (beginning []byte, err error) {
	out := &sink{to: sh.stdout, visible: sh.screen != nil}
	if f.output != "" && f.output != "-" {
		file, err := os.Create(f.output)
		if err != nil {
			return nil, withoutPrefix(err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = &sink{to: file}
	}
	if f.include || f.head {
		if _, err := io.WriteString(out, headOf(answer)); err != nil {
			return nil, err
		}
	}
	out.start = nil
	_, err = io.Copy(out, answer.Body)
	return out.start, errors.Join(err, out.flush())
}
