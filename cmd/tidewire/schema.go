package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/appsync"
)

const schemaHelp = `Print the schema of a GraphQL API in the schema definition language, as the API tells it by
introspection: definitions in the order of their names, with descriptions, directives,
default values and deprecations. Introspection does not tell which directives (such as
@aws_iam) stand on types and fields.

` + reachHelp + `

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the server.`

// schemaFlags are the command line of schema.
type schemaFlags struct {
	appsyncFlags
	timeout time.Duration
}

func newSchemaCommand(sh *shell) *cobra.Command {
	var f schemaFlags
	cmd := &cobra.Command{
		Use:     "schema URL",
		Short:   "Print the schema of a GraphQL API",
		Long:    fmt.Sprintf(schemaHelp, "graphql"),
		Example: "  tidewire schema https://abc.appsync-api.eu-west-1.amazonaws.com/graphql --api-key @key > schema.graphql",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), sh, args[0]) },
	}
	cmd.Flags().DurationVar(&f.timeout, "timeout", 0, "give up after this long (default: 35s for each attempt)")
	f.add(cmd, sh)
	return cmd
}

func (f *schemaFlags) run(ctx context.Context, sh *shell, rawURL string) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.timeout < 0 {
		return usagef("", "--timeout must not be negative")
	}
	target, err := f.target(rawURL, graphqlPath)
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
		return c.showQuery(ctx, sh, &appsync.Request{Query: introspectionQuery(true)})
	}
	data, err := c.introspect(ctx)
	if err != nil {
		return lateError(ctx, f.timeout, err)
	}
	text, err := schemaFrom(data)
	if err != nil {
		return hint(err, "look at the answer with tidewire query")
	}
	return sh.put([]byte(text))
}

// introspect asks for the schema; a server that does not know the newer fields
// is asked again without them.
func (c *call) introspect(ctx context.Context) (json.RawMessage, error) {
	o := c.options()
	o.MaxAnswer = 64 << 20
	client, err := c.client(o)
	if err != nil {
		return nil, err
	}
	response, err := client.Query(ctx, &appsync.Request{Query: introspectionQuery(true)})
	if unknown := (appsync.Errors)(nil); errors.As(err, &unknown) && !errors.Is(err, appsync.ErrUnauthorized) {
		response, err = client.Query(ctx, &appsync.Request{Query: introspectionQuery(false)})
	}
	if list := (appsync.Errors)(nil); errors.As(err, &list) && !errors.Is(err, appsync.ErrUnauthorized) {
		return nil, hint(fmt.Errorf("the API does not tell its schema: %w", err), "introspection may be disabled for it (introspectionConfig)")
	}
	if err != nil {
		return nil, appsyncError(err)
	}
	return response.Data, nil
}
