package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/sigv4"
)

const explainHelp = `Verify the signature of a request, and find out which mistake was made if it does
not hold. Nothing is sent to the API.

The request is a presigned URL, or with --http the text of an HTTP/1.1 request, as
a proxy saves it or curl -v prints it (curl does not print the body: give it with
-d). It is verified with the credentials below; the static keys of all other
profiles are tried too, as the signer may have used one of those.

The clock is that of this machine: a request that was recorded some time ago has
expired, unless --time says when it arrived. --against takes AWS's own error body,
which often holds the canonical request that AWS expected, and compares with
that; the clock is then not judged.

Every explanation that fits is listed, with what to change, and both canonical
requests with the lines that differ: - as it was signed, + as it should be.
Credentials of the request appear as length and 8 digits of SHA-256 unless
--reveal is given; secrets never appear.

--output json prints {"holds":false,"mistakes":[{"kind","signed","expected"}]}.
Kinds are service, region, host-port, host-name, scheme, path-slash, path-stage,
path-encoding, query-order, query-encoding, query-changed, body-empty,
body-changed, body-encoding, header-changed, header-missing, token-unsigned,
token-missing, secret-whitespace, secret, date-skew, expired, scope-date and
access-key.

--last prints which signature a local gateway refused and why: the last request,
or with --last N the last N, out of --state (default .tidewire). Nothing else is
needed for that, and the exit code is 0. What a policy, an API key or a token was
refused for stands in the log of serve.

Where neither the host name, nor a running gateway, nor --state tells the service
or the region, it is judged only if --service or --region is given.

` + keysHelp + `

Exit codes: 0 the signature holds, 1 failed, 2 wrong usage, 3 it does not hold.`

const explainExamples = `  tidewire explain --http refused.txt --profile dev
  tidewire explain "$SIGNED_URL" --output json
  curl -v … 2>&1 | tidewire explain --http - -d @body.json
  tidewire explain --http refused.txt --against error.json
  tidewire explain --last`

// explainFlags are the command line of explain.
type explainFlags struct {
	keys    keyFlags
	request requestFlags
	http    string
	against string
	at      string
	output  string
	reveal  bool
	last    string
}

func newExplainCommand(sh *shell) *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:     "explain URL | explain --http FILE|- | explain --last [N]",
		Short:   "Verify a signature and say which mistake was made",
		Long:    explainHelp,
		Example: explainExamples,
		Args:    usageArgs(cobra.MaximumNArgs(1)),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args) },
	}
	flags := cmd.Flags()
	f.request.add(flags)
	f.keys.add(flags)
	flags.StringVar(&f.http, "http", "", "explain the text of a request in `FILE|-`")
	flags.StringVar(&f.against, "against", "", "compare with the canonical request in AWS's error body in `FILE|-`")
	flags.StringVar(&f.at, "time", "", "when the request arrived, as `TIME` of RFC 3339 (default now)")
	flags.StringVar(&f.output, "output", "text", "text, or json: one object on one line")
	flags.BoolVar(&f.reveal, "reveal", false, "show credentials of the request in full, secrets excepted")
	flags.StringVar(&f.last, "last", "", "print the last `N` refusals of a local gateway")
	flags.Lookup("last").NoOptDefVal = "1"
	return cmd
}

func (f *explainFlags) run(ctx context.Context, sh *shell, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	if f.last != "" {
		return f.printLast(sh, args)
	}
	q, err := f.question(ctx, sh, args)
	if err != nil {
		return err
	}
	report := sigv4.Explain(ctx, q)
	if q.Against != nil && !knows(q) {
		fmt.Fprintln(sh.stderr, "tidewire: the secret of the access key is not at hand, so only AWS's text is compared")
		report.Mistakes = slices.DeleteFunc(report.Mistakes, isAboutKey) // AWS knew it
	}
	if err := f.print(sh, report); err != nil || report.Holds {
		return err
	}
	return &verdictError{"the signature does not hold"}
}

// knows says whether the secret of the request's access key is at hand.
func knows(q *sigv4.Question) bool {
	key, _, _ := claimedScope(q.Request)
	return slices.ContainsFunc(q.Candidates, func(c sigv4.Candidate) bool { return c.AccessKeyID == key })
}

func isAboutKey(m sigv4.Mistake) bool { return m.Kind == sigv4.KindAccessKey }

// check finds what is wrong with the command line itself.
func (f *explainFlags) check(args []string) error {
	inputs := 0
	for _, given := range []bool{f.http != "", f.last != "", len(args) > 0 && f.last == ""} {
		if given {
			inputs++
		}
	}
	switch {
	case inputs == 0:
		return usagef("see tidewire explain --help", "there is nothing to explain: give a presigned URL, --http or --last")
	case inputs > 1:
		return usagef("", "a URL, --http and --last exclude each other")
	case f.http == "-" && f.against == "-":
		return usagef("", "--http and --against cannot both read stdin")
	case f.http != "" && (f.request.method != "" || len(f.request.headers) > 0):
		return usagef("", "with --http, method and headers are those of the text: leave out -X and -H")
	}
	return errors.Join(checkOutput(f.output), f.keys.check())
}

// question is what to explain.
func (f *explainFlags) question(ctx context.Context, sh *shell, args []string) (*sigv4.Question, error) {
	q, err := f.asked(ctx, sh, args)
	if err != nil {
		return nil, err
	}
	if q.At, err = parseTime(f.at); err != nil {
		return nil, err
	}
	if f.against != "" {
		if q.Against, err = sh.readAgainst(f.against); err != nil {
			return nil, err
		}
		if f.at == "" {
			q.At = time.Time{}
		}
	}
	q.Thorough, q.Reveal = true, f.reveal
	return q, f.inform(ctx, sh, q)
}

// asked reads the request.
func (f *explainFlags) asked(ctx context.Context, sh *shell, args []string) (*sigv4.Question, error) {
	if f.http == "" {
		return f.askedURL(ctx, sh, args[0])
	}
	raw, err := sh.readRaw(f.http)
	if err != nil {
		return nil, err
	}
	q := &sigv4.Question{Request: raw.Request, Body: raw.Body, BodyUnknown: raw.BodyUnknown}
	if len(f.request.data) > 0 {
		q.Body, err = f.request.body(sh)
		q.BodyUnknown = false
	}
	return q, err
}

func (f *explainFlags) askedURL(ctx context.Context, sh *shell, rawURL string) (*sigv4.Question, error) {
	r, err := f.request.build(ctx, sh, rawURL)
	if err != nil {
		return nil, err
	}
	if !isSigned(r.URL) && r.Header.Get("Authorization") == "" {
		return nil, usagef("give the request itself with --http FILE, or its headers with -H", "the URL carries no signature")
	}
	body, err := readBody(r)
	return &sigv4.Question{Request: sigv4.FromHTTP(r), Body: body}, err
}

// readAgainst reads AWS's error.
func (sh *shell) readAgainst(path string) (*sigv4.Canonical, error) {
	text, err := sh.readInput(path, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("read AWS's error: %w", err)
	}
	request, toSign, ok := sigv4.ParseAWSError(text)
	if !ok {
		return nil, hint(errors.New("the error body holds no canonical request"),
			`only "The request signature we calculated does not match" has one; without --against, explain finds mistakes from the request alone`)
	}
	return &sigv4.Canonical{Request: request, StringToSign: toSign}, nil
}

// print writes the report to stdout.
func (f *explainFlags) print(sh *shell, report *sigv4.Report) error {
	if f.output == "json" {
		return sh.putJSON(report)
	}
	_, err := io.WriteString(sh.stdout, visible(report.String()))
	return err
}

// claimedScope is for which key, service and region a request says that it was
// signed; all are empty if that cannot be read.
func claimedScope(r *sigv4.Request) (key, service, region string) {
	_, credential, _ := strings.Cut(strings.Join(r.Header.Values("Authorization"), ","), "Credential=")
	if i := strings.IndexAny(credential, ", \t"); i >= 0 {
		credential = credential[:i]
	}
	if credential == "" {
		values, _ := url.ParseQuery(r.RawQuery) // what is readable of it
		credential = values.Get("X-Amz-Credential")
	}
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return "", "", ""
	}
	return parts[0], parts[3], parts[2]
}
