package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/gateway"
)

func newCheckCommand(sh *shell) *cobra.Command {
	var f templateFlags
	cmd := &cobra.Command{
		Use:   "check [TEMPLATE]",
		Short: "Check a template as serve would, and start nothing",
		Long: "check reads a template and prints every problem with file, line, resource and a hint.\n" +
			"It exits 1 when there is one, and lists what would not be run. TEMPLATE is a file, or a\n" +
			"directory with template.yaml, .yml or .json; default: here.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return check(sh, &f, templateArg(args)) },
	}
	f.add(cmd.Flags())
	return cmd
}

func check(sh *shell, f *templateFlags, path string) error {
	o, err := f.options(sh)
	if err != nil {
		return err
	}
	s, err := gateway.Load(path, o)
	if err != nil {
		return withProblems("", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s holds: %s, %s, %s, %s\n", s.File, counted(len(s.WebSocketAPIs), "WebSocket API"), counted(len(s.GraphQLAPIs), "GraphQL API"), counted(len(s.EventsAPIs), "Event API"), counted(len(s.Functions), "function"))
	writeOutputs(&b, s)
	b.WriteString(remarks(s))
	_, err = io.WriteString(sh.stderr, visible(b.String()))
	return err
}
