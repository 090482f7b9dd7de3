package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
)

// complete registers what a shell offers as values of the flags.
func (f *appsyncFlags) complete(cmd *cobra.Command, sh *shell) {
	offer := func(flag string, values func() []string) {
		_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveNoFileComp
		}) // fails only for a flag that is not there
	}
	offer("auth", authModes)
	offer("profile", sh.profiles)
	offer("login", sh.loginNames)
	offer("show", func() []string { return []string{"headers"} })
}

// profiles are the names of the profiles in the AWS config files, none if they
// cannot be read.
func (sh *shell) profiles() []string {
	names := profilesIn([]string{
		firstOf(sh.getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()),
		firstOf(sh.getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename()),
	})
	other := func(name string) bool { return strings.Contains(name, " ") } // sso-session and services
	return slices.Sorted(slices.Values(slices.DeleteFunc(names, other)))
}
