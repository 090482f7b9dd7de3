// Command tidewire serves AWS's real-time APIs from a SAM or CloudFormation
// template, and calls them, local or in AWS.
//
// stdout is data, stderr is talk. Exit codes: 0 done, 1 failed, 2 wrong usage,
// 3 refused, by the server or by what explain and iam check find, 4 answered
// with GraphQL errors (query --fail-on-errors). Every error says what to do
// about it after "hint:" where that is known.
//
// main.go maps errors to exit codes and is the only place besides
// directories.go that looks at the process's environment; each command is in
// the file of its name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/login"
)

// shell is what a command may use of the process that it runs in.
type shell struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	getenv         func(string) string
	configDir      func() (string, error) // see configDir
	runDir         func() (string, error) // see runDir

	typing bool      // stdin is a terminal
	screen *terminal // nil: stdout is no terminal
}

// newCommands is every command, in the order of the help.
func newCommands(sh *shell) []*cobra.Command {
	return []*cobra.Command{
		newServeCommand(sh),
		newCheckCommand(sh),
		newEnvCommand(sh),
		newRuntimeCommand(sh),
		newTrustCommand(sh, func() []trustStore { return trustStores(sh.getenv) }),
		newConnectCommand(sh),
		newConnectionsCommand(sh),
		newQueryCommand(sh),
		newSubscribeCommand(sh),
		newSchemaCommand(sh),
		newEventsCommand(sh),
		newCurlCommand(sh),
		newLoginCommand(sh),
		newTokenCommand(sh),
		newLogoutCommand(sh),
		newSignCommand(sh),
		newEvaluateCommand(sh),
		newExplainCommand(sh),
		newIAMCommand(sh),
		newVersionCommand(sh),
		newAuthTopic(),
	}
}

func main() {
	sh := &shell{
		stdin:     os.Stdin,
		stdout:    os.Stdout,
		stderr:    os.Stderr,
		getenv:    os.Getenv,
		configDir: configDir,
		runDir:    runDir,
		typing:    term.IsTerminal(int(os.Stdin.Fd())),
		screen:    openTerminal(os.Stdin, os.Stdout),
	}
	os.Exit(run(sh, os.Args[1:]))
}

// run runs one command line and gives the exit code.
func run(sh *shell, args []string) int {
	ctx, stop := untilInterrupted(context.Background())
	defer stop()
	sh.stdin = &interruptible{ctx: ctx, from: sh.stdin}
	err := newRootCommand(sh, args).ExecuteContext(ctx)
	if ctx.Err() != nil {
		err = interrupted(err)
	}
	if err != nil && !silent(err) {
		fmt.Fprint(sh.stderr, describe(err))
	}
	return exitCode(err)
}

// untilInterrupted is a context that the first interrupt ends; the second
// ends the process with exit code 1. stop ends and waits for the goroutine.
func untilInterrupted(ctx context.Context) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var watch sync.WaitGroup
	watch.Go(func() {
		if _, open := <-signals; open {
			cancel()
		}
		if _, open := <-signals; open {
			os.Exit(1)
		}
	})
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		watch.Wait()
		cancel()
	}
}

func newRootCommand(sh *shell, args []string) *cobra.Command {
	root := &cobra.Command{
		Use:           "tidewire",
		Short:         "Serve and call AWS's real-time APIs, with every credential checked",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usageArgs(unknownCommand),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.AddCommand(newCommands(sh)...)
	offerChoices(root, sh)
	root.SetArgs(args)
	root.SetIn(sh.stdin)
	root.SetOut(sh.stdout)
	root.SetErr(sh.stderr)
	root.SuggestionsMinimumDistance = typos
	strict(root, args)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return hint(&usageError{err}, guessFlag(cmd, err)+"see "+cmd.CommandPath()+" --help")
	})
	return root
}

// typos are how many letters may be wrong in a command's name for a guess at
// what was meant.
const typos = 2

// guessFlag asks whether another flag was meant than one that is not there.
func guessFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	flags := &cobra.Command{SuggestionsMinimumDistance: typos} // cobra guesses commands only
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		flags.AddCommand(&cobra.Command{Use: "--" + f.Name, Run: func(*cobra.Command, []string) {}})
	})
	meant := flags.SuggestionsFor("--" + unknown.GetSpecifiedName())
	if len(meant) == 0 || len(meant) > 3 {
		return ""
	}
	return "did you mean " + strings.Join(meant, " or ") + "? "
}

// strict makes mistakes in the arguments of cobra's own commands errors:
// otherwise they print a help text that was not asked for and exit 0.
func strict(root *cobra.Command, args []string) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	for _, own := range root.Commands() {
		switch own.Name() {
		case "help":
			own.Args = usageArgs(func(_ *cobra.Command, args []string) error {
				topic, rest, _ := root.Find(args)
				return unknownCommand(topic, rest)
			})
		case "completion":
			own.Args = usageArgs(unknownCommand)
			own.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
}

// newGroupCommand is a command that has only others below it.
func newGroupCommand(use, short string, commands ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  usageArgs(unknownCommand),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.SuggestionsMinimumDistance = typos
	group.AddCommand(commands...)
	return group
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	advice := "see " + cmd.CommandPath() + " --help"
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		advice = "did you mean " + strings.Join(meant, " or ") + "? " + advice
	}
	return hint(fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath()), advice)
}

// usageArgs makes a mistake in the arguments a usage error.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return hint(&usageError{err}, "it is "+cmd.UseLine()+"; see "+cmd.CommandPath()+" --help")
		}
		return nil
	}
}

// verdictError is a refusal that stands on stdout already: exit code 3.
type verdictError struct{ verdict string }

func (e *verdictError) Error() string { return e.verdict }

// silent says whether err stands on stdout or stderr already.
func silent(err error) bool {
	var verdict *verdictError
	var failed *failedAnswerError
	return errors.As(err, &verdict) || errors.As(err, &failed)
}

// exitCode is what a script learns of err.
func exitCode(err error) int {
	var usage *usageError
	var handshake *apigateway.RefusedError
	var response *apigateway.ResponseError
	var verdict *verdictError
	var failed *failedAnswerError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		return 2
	case errors.As(err, &handshake), errors.As(err, &response), errors.As(err, &verdict),
		errors.Is(err, login.ErrDenied), errors.Is(err, appsync.ErrUnauthorized):
		return 3
	case errors.As(err, &failed):
		return 4
	}
	return 1
}
