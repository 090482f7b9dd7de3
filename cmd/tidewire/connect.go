package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/apigateway"
)

const connectHelp = `Connect to a WebSocket API and exchange messages with it.

On a terminal there is a prompt with history; /help tells what it knows.
Otherwise every line of stdin is a message, unless --send gives the messages,
and every message received is one line on stdout (binary ones as base64; line
breaks in JSON are left out, in other text they become \n: use --output json to
have every byte).

After the last message was sent, connect stays until --count messages have come
altogether, or else until --wait has passed without one. Fewer than --count
within 30 s (or --wait, if that is longer) is a failure.

Credentials: with --profile, the SDK's; else for a gateway that you are running,
or with --state, those of its local developer; else for AWS host names the
SDK's (environment, profiles, SSO, roles, instance). Other hosts get no
signature unless --auth iam says so. A URL that is signed already is sent as
it is. Which one was used stands on stderr.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the server.`

const connectExamples = `  tidewire connect ws://127.0.0.1:4577/dev
  tidewire connect wss://abc123.execute-api.eu-west-1.amazonaws.com/prod --profile dev
  tidewire connect ws://127.0.0.1:4577/dev --send '{"message":"send","body":"hi"}' --count 1`

// countLimit is the time in which --count messages must have come.
const countLimit = 30 * time.Second

// connectFlags are the command line of connect.
type connectFlags struct {
	identity     identityFlags
	apiKey       string
	headers      []string
	subprotocols []string
	send         []string
	count        int
	wait         time.Duration
	output       string
}

func newConnectCommand(sh *shell) *cobra.Command {
	var f connectFlags
	cmd := &cobra.Command{
		Use:     "connect URL",
		Short:   "Connect to a WebSocket API and exchange messages with it",
		Long:    connectHelp,
		Example: connectExamples,
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args[0]) },
	}
	flags := cmd.Flags()
	f.identity.add(flags, "auto|iam|iam-headers|none")
	flags.StringVar(&f.apiKey, "api-key", "", "API key to send, as `@FILE|env:NAME`")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header to send, as `'Name: value'` (repeatable)")
	flags.StringArrayVar(&f.subprotocols, "subprotocol", nil, "subprotocol `NAME` to offer (repeatable)")
	flags.StringArrayVar(&f.send, "send", nil, "message `TEXT` to send; stdin is not read then (repeatable)")
	flags.IntVar(&f.count, "count", 0, "leave when `N` messages have come")
	flags.DurationVar(&f.wait, "wait", time.Second, "without --count, leave when no message has come for this long")
	flags.StringVar(&f.output, "output", "text", "text, or json: one object per line for every event")
	return cmd
}

func (f *connectFlags) run(ctx context.Context, sh *shell, rawURL string) error {
	target, err := f.check(rawURL)
	if err != nil {
		return err
	}
	options, err := f.dialOptions(ctx, sh, target)
	if err != nil {
		return err
	}
	conn, err := apigateway.Dial(ctx, rawURL, options)
	if err != nil {
		return adviseOn(err, options.Auth != apigateway.None)
	}
	if sh.typing && sh.screen != nil && len(f.send) == 0 && f.output == "text" {
		return f.converse(ctx, sh, conn)
	}
	return f.exchange(ctx, sh, conn)
}

// check finds what is wrong with the command line itself. Its errors do not
// repeat the URL, which may be a signed one.
func (f *connectFlags) check(rawURL string) (*url.URL, error) {
	target, err := url.Parse(rawURL)
	if err != nil || target.Host == "" || target.Scheme != "ws" && target.Scheme != "wss" {
		return nil, usagef("it looks like ws://127.0.0.1:4577/dev or wss://{api}.execute-api.{region}.amazonaws.com/{stage}",
			"the URL must begin with ws:// or wss:// and a host")
	}
	switch {
	case f.count < 0:
		return nil, usagef("", "--count must not be negative")
	case f.wait < 0:
		return nil, usagef("", "--wait must not be negative")
	}
	if err := checkOutput(f.output); err != nil {
		return nil, err
	}
	return target, f.identity.check()
}

func checkOutput(output string) error {
	if output != "text" && output != "json" {
		return usagef("", "--output must be text or json, not %q", output)
	}
	return nil
}

func (f *connectFlags) dialOptions(ctx context.Context, sh *shell, target *url.URL) (*apigateway.DialOptions, error) {
	header, err := parseHeaders(f.headers)
	if err != nil {
		return nil, err
	}
	key, err := readAPIKey(sh, f.apiKey)
	if err != nil {
		return nil, err
	}
	who, err := f.identity.choose(ctx, sh, target)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(sh.stderr, "tidewire:", who.source)
	return &apigateway.DialOptions{
		Auth:         who.auth,
		Credentials:  who.credentials,
		Region:       who.region,
		Service:      f.identity.service,
		APIKey:       key,
		Header:       header,
		Subprotocols: f.subprotocols,
		HTTPClient:   who.client(),
	}, nil
}
