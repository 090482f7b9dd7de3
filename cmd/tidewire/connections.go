package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/apigateway"
)

const connectionsHelp = `Call the @connections API of a stage: post to, look at and close connections.

ENDPOINT is https://{api}.execute-api.{region}.amazonaws.com/{stage}, that of a
local gateway, or the ws:// or wss:// URL that clients connect to. Credentials
are found as by connect; see tidewire connect --help.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the server.`

// connectionsFlags are the command line of each of the three commands.
type connectionsFlags struct {
	identity identityFlags
	output   string
}

func newConnectionsCommand(sh *shell) *cobra.Command {
	group := newGroupCommand("connections", "Post to, look at and close connections of others",
		newPostCommand(sh), newGetCommand(sh), newDeleteCommand(sh))
	group.Long = connectionsHelp
	return group
}

// newConnectionsPart is one of the three commands; act does its work.
func newConnectionsPart(sh *shell, use, short string, arity cobra.PositionalArgs,
	act func(ctx context.Context, c *apigateway.Connections, output string, args []string) error) *cobra.Command {
	var f connectionsFlags
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long:  short + ".\n\n" + connectionsHelp,
		Args:  usageArgs(arity),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := f.client(cmd.Context(), sh, args[0])
			if err != nil {
				return err
			}
			return adviseOn(act(cmd.Context(), client, f.output, args[1:]), !client.Unsigned)
		},
	}
	f.identity.add(cmd.Flags(), "auto|iam|none")
	cmd.Flags().StringVar(&f.output, "output", "text", "text, or json: one object on one line")
	return cmd
}

func newPostCommand(sh *shell) *cobra.Command {
	return newConnectionsPart(sh, "post ENDPOINT ID [DATA|-]", "Send DATA, or stdin, as one message to a connection", cobra.RangeArgs(2, 3),
		func(ctx context.Context, c *apigateway.Connections, output string, args []string) error {
			data, err := sh.dataOf(args[1:])
			if err != nil {
				return err
			}
			if err := c.Post(ctx, args[0], data); err != nil {
				return err
			}
			return sh.report(output, "posted", args[0])
		})
}

func newGetCommand(sh *shell) *cobra.Command {
	return newConnectionsPart(sh, "get ENDPOINT ID", "Print what the gateway knows of a connection, as JSON", cobra.ExactArgs(2),
		func(ctx context.Context, c *apigateway.Connections, output string, args []string) error {
			info, err := c.Get(ctx, args[0])
			if err != nil {
				return err
			}
			text, err := json.MarshalIndent(info, "", "  ")
			if output == "json" {
				text, err = json.Marshal(info)
			}
			if err != nil {
				return err
			}
			if sh.screen != nil { // userAgent is whatever the client sent
				text = []byte(visible(string(text)))
			}
			return newPrinter(&shell{stdout: sh.stdout}, output).line(text)
		})
}

func newDeleteCommand(sh *shell) *cobra.Command {
	return newConnectionsPart(sh, "delete ENDPOINT ID", "Close a connection", cobra.ExactArgs(2),
		func(ctx context.Context, c *apigateway.Connections, output string, args []string) error {
			if err := c.Delete(ctx, args[0]); err != nil {
				return err
			}
			return sh.report(output, "deleted", args[0])
		})
}

// report says in JSON what was done; in text, silence says it.
func (sh *shell) report(output, event, id string) error {
	if output != "json" {
		return nil
	}
	return json.NewEncoder(sh.stdout).Encode(map[string]string{"event": event, "connectionId": id})
}

// dataOf is the argument DATA, or stdin for "-" or without it.
func (sh *shell) dataOf(args []string) ([]byte, error) {
	if len(args) == 1 && args[0] != "-" {
		return []byte(args[0]), nil
	}
	if len(args) == 0 && sh.typing {
		return nil, usagef("give DATA, or - to type it", "there is no message to post")
	}
	data, err := io.ReadAll(io.LimitReader(sh.stdin, maxLine+1))
	if err != nil {
		return nil, fmt.Errorf("read stdin: %w", err)
	}
	if len(data) > maxLine {
		return nil, fmt.Errorf("stdin has more than %d bytes; a message may have 128 KB", maxLine)
	}
	return data, nil
}

// client is the client for an endpoint.
func (f *connectionsFlags) client(ctx context.Context, sh *shell, endpoint string) (*apigateway.Connections, error) {
	target, err := url.Parse(endpoint)
	if err != nil || target.Host == "" {
		return nil, usagef("it looks like https://{api}.execute-api.{region}.amazonaws.com/{stage} or http://127.0.0.1:4577/dev",
			"the endpoint is not a URL with a host")
	}
	if err := errors.Join(checkOutput(f.output), f.identity.check()); err != nil {
		return nil, err
	}
	who, err := f.identity.choose(ctx, sh, target)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(sh.stderr, "tidewire:", who.source)
	return &apigateway.Connections{
		Endpoint:    endpoint,
		Credentials: who.credentials,
		Unsigned:    who.credentials == nil,
		Region:      who.region,
		Service:     f.identity.service,
		HTTPClient:  who.client(),
	}, nil
}
