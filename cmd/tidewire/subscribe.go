package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/appsync"
)

const subscribeHelp = `Subscribe to a GraphQL API and print every event as one JSON object on one line:
{"data":…}, with "errors" if AppSync sent some.

` + documentHelp + `

` + streamHelp + `

` + reachHelp + `

Exit codes: 0 done, 1 failed or too few events, 2 wrong usage, 3 refused by the server.`

const subscribeExamples = `  tidewire subscribe https://abc.appsync-api.eu-west-1.amazonaws.com/graphql 'subscription { onCreatePost { id title } }' --api-key @key
  tidewire subscribe http://127.0.0.1:4577/graphql @onpost.graphql --var author=ann --count 1 --wait 30s
  tidewire subscribe https://abc.appsync-api.eu-west-1.amazonaws.com/graphql @onpost.graphql --login work --exec ./notify -- --verbose`

// subscribeFlags are the command line of subscribe.
type subscribeFlags struct {
	appsyncFlags
	documentFlags
	streamFlags
}

func newSubscribeCommand(sh *shell) *cobra.Command {
	var f subscribeFlags
	cmd := &cobra.Command{
		Use:     "subscribe URL DOCUMENT|@FILE|- [-- ARG…]",
		Short:   "Subscribe to a GraphQL API, one JSON object a line",
		Long:    fmt.Sprintf(subscribeHelp, "graphql"),
		Example: subscribeExamples,
		Args:    f.args(cobra.ExactArgs(2)),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args[0], args[1]) },
	}
	f.documentFlags.add(cmd.Flags())
	f.streamFlags.add(cmd.Flags())
	f.appsyncFlags.add(cmd, sh)
	return cmd
}

func (f *subscribeFlags) run(ctx context.Context, sh *shell, rawURL, document string) error {
	target, request, err := f.read(sh, rawURL, document)
	if err != nil {
		return err
	}
	c, err := f.prepare(ctx, sh, target)
	if err != nil {
		return err
	}
	if f.show != "" {
		return c.showSubscribe(ctx, sh, request)
	}
	s := f.stream(sh)
	o := c.options()
	o.HTTPClient = s.watching(c.http)
	client, err := c.client(o)
	if err != nil {
		return err
	}
	defer client.Close()
	defer func() { s.ignored(client.Counts()) }()
	return s.run(ctx, func(ctx context.Context) error { return s.subscribe(ctx, client, request) })
}

// read finds what is wrong with the command line itself, and what to send.
func (f *subscribeFlags) read(sh *shell, rawURL, document string) (*url.URL, *appsync.Request, error) {
	if err := errors.Join(f.appsyncFlags.check(), f.streamFlags.check(), stdinOnce(document, f.allVars, f.auth.token)); err != nil {
		return nil, nil, err
	}
	target, err := f.target(rawURL, graphqlPath)
	if err != nil {
		return nil, nil, err
	}
	request, err := f.request(sh, document)
	if err != nil {
		return nil, nil, err
	}
	if kind := kindOf(request.Query, request.OperationName); kind == ast.Query || kind == ast.Mutation {
		err = usagef("use tidewire query", "the document is a %s", kind)
	}
	return target, request, err
}

// subscribe takes the events of one subscription until ctx or they end.
func (s *stream) subscribe(ctx context.Context, client *appsync.Client, r *appsync.Request) error {
	sub, err := client.Subscribe(ctx, r)
	if err != nil {
		return unparsed(appsyncError(err), r.Query)
	}
	defer func() {
		ctx, cancel := s.leaving(ctx)
		defer cancel()
		sub.Close(ctx)
	}()
	s.accepted()
	for {
		e, err := sub.Next(ctx)
		switch {
		case errors.Is(err, appsync.ErrCompleted):
			s.say("the server has ended the subscription")
			return nil
		case err != nil:
			return appsyncError(err)
		}
		if gap := e.Reconnected; gap != nil {
			s.gap(gap.From, gap.To, gap.Attempts, gap.Cause)
			continue
		}
		s.missed(e.Dropped)
		if e.Data == nil && len(e.Errors) == 0 {
			continue
		}
		if err := s.take(ctx, payloadOfEvent(e)); err != nil {
			return err
		}
	}
}

// payloadOfEvent is an event as AppSync sent it.
func payloadOfEvent(e appsync.Event) any {
	p := graphqlPayload{Data: e.Data}
	for i := range e.Errors {
		p.Errors = append(p.Errors, graphqlError(e.Errors[i]))
	}
	return p
}

type graphqlPayload struct {
	Data   json.RawMessage `json:"data"`
	Errors []graphqlError  `json:"errors,omitempty"`
}

// graphqlError is an error with the names that AppSync writes.
type graphqlError struct {
	Message   string             `json:"message"`
	ErrorType string             `json:"errorType,omitempty"`
	ErrorInfo json.RawMessage    `json:"errorInfo,omitempty"`
	Data      json.RawMessage    `json:"data,omitempty"`
	Path      []any              `json:"path,omitempty"`
	Locations []appsync.Location `json:"locations,omitempty"`
	ErrorCode int                `json:"errorCode,omitempty"`
}
