package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/internal/state"
)

func newEnvCommand(sh *shell) *cobra.Command {
	var dir, role, user string
	var duration time.Duration
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print export lines with credentials for a local gateway",
		Long: "env prints the local developer's credentials, or with --role temporary ones of a role of\n" +
			"the template, or with --user those of a user of the template, as lines for a shell:\n" +
			"eval \"$(tidewire env)\"",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return env(sh, dir, role, user, duration) },
	}
	cmd.Flags().StringVar(&dir, "state", ".tidewire", "state `directory` of the gateway")
	cmd.Flags().StringVar(&role, "role", "", "temporary credentials of this role (logical id, name or ARN)")
	cmd.Flags().StringVar(&user, "user", "", "the access key of this user of the template (logical id or name)")
	offer := func(flag string, names func(gateway.Stack) []string) {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return names(servedFrom(dir)), cobra.ShellCompDirectiveNoFileComp
		}) // fails only for a flag that is not there
	}
	offer("role", roleNames)
	offer("user", userNames)
	cmd.Flags().DurationVar(&duration, "duration", time.Hour, "how long a role's hold, at most 12h")
	return cmd
}

// longestSession is the longest life of a role's credentials.
const longestSession = 12 * time.Hour

func env(sh *shell, path, role, user string, duration time.Duration) error {
	if role != "" && user != "" {
		return usagef("give one of them", "--role and --user exclude each other")
	}
	if role != "" && (duration < time.Second || duration > longestSession) {
		return usagef("give 1s to 12h", "--duration %s: a session cannot hold that long", duration)
	}
	dir, err := openState(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	stack, err := readStack(dir)
	if err != nil {
		return unserved(path, err)
	}
	credentials, err := localCredentials(dir, stack, role, user, duration)
	if err != nil {
		return err
	}
	_, err = io.WriteString(sh.stdout, exports(credentials, stack))
	return err
}

// unserved is that a state directory does not say what was served.
func unserved(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("nothing was served from %s yet", path)
	} else {
		err = fmt.Errorf("%s does not say what was served: %w", path, err)
	}
	return hint(err, "start tidewire serve once, or name its directory with --state")
}

// readStack reads what was served last from a state directory.
func readStack(dir *state.Dir) (stack gateway.Stack, err error) {
	data, err := dir.ReadFile(gateway.StackFile)
	if err == nil {
		err = json.Unmarshal(data, &stack)
	}
	return stack, err
}

// stackRegion is the region of what was served last from a state directory,
// empty if that is not known.
func stackRegion(path string) string {
	if path == "" {
		return ""
	}
	return servedFrom(path).Region
}

// servedFrom is what was served last from a state directory, the zero value if
// that is not known.
func servedFrom(path string) gateway.Stack {
	dir, err := openState(path)
	if err != nil {
		return gateway.Stack{} // whoever needs the directory says so
	}
	defer dir.Close()
	stack, _ := readStack(dir)
	return stack
}

func localCredentials(dir *state.Dir, stack gateway.Stack, role, user string, duration time.Duration) (aws.Credentials, error) {
	if user != "" {
		c, err := gateway.UserCredentials(dir, stack, user)
		if err != nil {
			return c, hint(without(err, "identity: "), named("user", userNames(stack)))
		}
		return c, nil
	}
	if role != "" {
		c, err := gateway.AssumeRole(dir, stack, role, duration)
		if err != nil {
			return c, hint(without(err, "identity: "), named("role", roleNames(stack)))
		}
		return c, nil
	}
	d, err := dir.Developer()
	return aws.Credentials{AccessKeyID: d.AccessKeyID, SecretAccessKey: d.SecretAccessKey}, err
}

func roleNames(stack gateway.Stack) (names []string) {
	for _, r := range stack.Roles {
		names = append(names, r.LogicalID)
	}
	return names
}

func userNames(stack gateway.Stack) (names []string) {
	for _, u := range stack.Users {
		names = append(names, u.LogicalID)
	}
	return names
}

// named lists what a template has of something.
func named(what string, names []string) string {
	if len(names) == 0 {
		return "the template has no " + what
	}
	return "its " + what + "s are " + strings.Join(names, ", ")
}

// exports are lines for a shell. Both region variables are set, since SDKs
// differ in which they read; AWS_PROFILE would win over keys in some.
func exports(c aws.Credentials, stack gateway.Stack) string {
	token := "unset AWS_SESSION_TOKEN\n"
	if c.SessionToken != "" {
		token = "export AWS_SESSION_TOKEN=" + quoted(c.SessionToken) + "\n"
	}
	return "export AWS_ACCESS_KEY_ID=" + quoted(c.AccessKeyID) + "\n" +
		"export AWS_SECRET_ACCESS_KEY=" + quoted(c.SecretAccessKey) + "\n" + token +
		"export AWS_REGION=" + quoted(stack.Region) + "\n" +
		"export AWS_DEFAULT_REGION=" + quoted(stack.Region) + "\n" +
		"unset AWS_PROFILE\n" + exportKey(stack)
}

// exportKey is the API key that `connect --api-key env:TIDEWIRE_API_KEY` reads.
func exportKey(stack gateway.Stack) string {
	if len(stack.APIKeys) == 0 {
		return ""
	}
	return "export TIDEWIRE_API_KEY=" + quoted(stack.APIKeys[0]) + "\n"
}

// quoted is s as one word of a POSIX shell.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
