package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/appsync"
)

const queryHelp = `Send a GraphQL query or mutation to AppSync and print the response.

` + documentHelp + `

The whole response is printed: indented on a terminal, else exactly as it came. GraphQL
errors are part of it, and stderr says how many there are; --fail-on-errors makes them exit
code 4. What is safe is tried again: queries after 429 and 5xx, and what was never sent.

` + reachHelp + `

Exit codes: 0 answered, 1 failed, 2 wrong usage, 3 refused by the server, 4 answered with
errors and --fail-on-errors.`

const queryExamples = `  tidewire query https://abc.appsync-api.eu-west-1.amazonaws.com/graphql '{ listPosts { id } }' --api-key @key
  tidewire query https://abc.appsync-api.eu-west-1.amazonaws.com/graphql @create.graphql --var title=Hello --login work
  tidewire query http://127.0.0.1:4577/graphql 'query Get($id: ID!) { getPost(id: $id) { title } }' --var id=7 | jq .data`

// queryFlags are the command line of query.
type queryFlags struct {
	appsyncFlags
	documentFlags
	timeout      time.Duration
	failOnErrors bool
}

func newQueryCommand(sh *shell) *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:     "query URL DOCUMENT|@FILE|-",
		Short:   "Send a GraphQL query or mutation to AppSync",
		Long:    fmt.Sprintf(queryHelp, "graphql"),
		Example: queryExamples,
		Args:    usageArgs(cobra.ExactArgs(2)),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args[0], args[1]) },
	}
	flags := cmd.Flags()
	f.documentFlags.add(flags)
	flags.DurationVar(&f.timeout, "timeout", 0, "give up after this long (default: 35s for each attempt)")
	flags.BoolVar(&f.failOnErrors, "fail-on-errors", false, "exit code 4 if the response has errors")
	f.appsyncFlags.add(cmd, sh)
	return cmd
}

func (f *queryFlags) run(ctx context.Context, sh *shell, rawURL, document string) error {
	target, request, err := f.read(sh, rawURL, document)
	if err != nil {
		return err
	}
	ctx, cancel := within(ctx, f.timeout)
	defer cancel()
	c, err := f.prepare(ctx, sh, target)
	if err != nil {
		return err
	}
	if f.show != "" {
		return c.showQuery(ctx, sh, request)
	}
	answer, err := c.query(ctx, request)
	if err != nil {
		return lateError(ctx, f.timeout, unparsed(err, request.Query))
	}
	if err := sh.putResponse(answer.text); err != nil {
		return err
	}
	return answer.judge(sh, f.failOnErrors)
}

// read finds what is wrong with the command line itself, and what to send.
func (f *queryFlags) read(sh *shell, rawURL, document string) (*url.URL, *appsync.Request, error) {
	if err := errors.Join(f.check(), stdinOnce(document, f.allVars, f.auth.token)); err != nil {
		return nil, nil, err
	}
	if f.timeout < 0 {
		return nil, nil, usagef("", "--timeout must not be negative")
	}
	target, err := f.target(rawURL, graphqlPath)
	if err != nil {
		return nil, nil, err
	}
	request, err := f.request(sh, document)
	if err == nil && kindOf(request.Query, request.OperationName) == ast.Subscription {
		err = usagef("use tidewire subscribe", "the document is a subscription")
	}
	return target, request, err
}

// within is a context that ends after d; 0: never.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// lateError says that --timeout is over if that is why.
func lateError(ctx context.Context, timeout time.Duration, err error) error {
	if timeout > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return hint(fmt.Errorf("no answer in %s: %w", timeout, err), "give more time with --timeout")
	}
	return err
}

// gqlAnswer is a GraphQL response.
type gqlAnswer struct {
	text   []byte // as it came
	errors appsync.Errors
}

// query sends a query or a mutation.
func (c *call) query(ctx context.Context, r *appsync.Request) (*gqlAnswer, error) {
	record := &recorder{next: c.http.Transport}
	o := c.options()
	o.HTTPClient = &http.Client{Transport: record}
	client, err := c.client(o)
	if err != nil {
		return nil, err
	}
	response, err := client.Query(ctx, r)
	if errors.Is(err, appsync.ErrOperation) {
		response, err = client.Mutate(ctx, r)
	}
	if err != nil && response == nil {
		return nil, appsyncError(err)
	}
	return &gqlAnswer{text: record.text.Bytes(), errors: response.Errors}, nil
}

// judge says on stderr that there are errors.
func (a *gqlAnswer) judge(sh *shell, fail bool) error {
	if len(a.errors) == 0 {
		return nil
	}
	fmt.Fprintf(sh.stderr, "tidewire: the response has %s: %s\n", counted(len(a.errors), "error"), visible(a.errors.Error()))
	if errors.Is(a.errors, appsync.ErrUnauthorized) {
		fmt.Fprintln(sh.stderr, "    hint: the caller, or the mode of authorization, may not use this field; see tidewire help auth")
	}
	if fail {
		return &failedAnswerError{len(a.errors)}
	}
	return nil
}

// failedAnswerError is a response with errors that stand on stdout already:
// exit code 4.
type failedAnswerError struct{ count int }

func (e *failedAnswerError) Error() string { return "the response has " + counted(e.count, "error") }

// counted is a number of things.
func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// recorder keeps the body of the last answer.
type recorder struct {
	next http.RoundTripper
	text bytes.Buffer
}

// RoundTrip sends r.
func (k *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := k.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	k.text.Reset()
	response.Body = &recorded{Reader: io.TeeReader(response.Body, &k.text), Closer: response.Body}
	return response, nil
}

type recorded struct {
	io.Reader
	io.Closer
}

// putResponse writes JSON: indented for a person, else as it is, with a line
// break after it.
func (sh *shell) putResponse(text []byte) error {
	if sh.screen != nil {
		var pretty bytes.Buffer
		if json.Indent(&pretty, text, "", "  ") == nil {
			text = pretty.Bytes()
		}
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text[:len(text):len(text)], '\n')
	}
	return sh.put(text)
}
