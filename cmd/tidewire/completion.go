package main

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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

// offerChoices registers, for cmd and what is below it, the values of flags
// that take one of a few words, and of --profile.
func offerChoices(cmd *cobra.Command, sh *shell) {
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		values := choices(flag)
		if values == nil && flag.Name != "profile" {
			return
		}
		_ = cmd.RegisterFlagCompletionFunc(flag.Name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			if flag.Name == "profile" {
				return sh.profiles(), cobra.ShellCompDirectiveNoFileComp
			}
			return values, cobra.ShellCompDirectiveNoFileComp
		}) // fails where a command has its own
	})
	for _, below := range cmd.Commands() {
		offerChoices(below, sh)
	}
}

// choices are the words that a flag takes, as its usage tells them: a|b, or
// "a, or b"; nil for other flags.
func choices(flag *pflag.Flag) []string {
	name, usage := pflag.UnquoteUsage(flag)
	switch {
	case flag.Name == "log-level":
		return []string{"debug", "info", "warn", "error"}
	case strings.Contains(usage, "text, or json"):
		return []string{"text", "json"}
	case strings.Contains(name, "|") && strings.ToLower(name) == name && !strings.ContainsAny(name, "@ "):
		return strings.Split(name, "|")
	}
	return nil
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
