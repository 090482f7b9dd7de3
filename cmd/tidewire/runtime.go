package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/lambda"
)

func newRuntimeCommand(sh *shell) *cobra.Command {
	install := &cobra.Command{
		Use:       "install nodejs|python",
		Short:     "Install the AWS SDK that Lambda's runtimes bring, for this user",
		Long:      "install fills a folder of this user's with the AWS SDK for JavaScript (through npm) or boto3 (through\npip). Functions find it when they do not ship their own, as they do on Lambda.",
		Args:      usageArgs(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		ValidArgs: []string{"nodejs", "python"},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := sh.configDir()
			if err != nil {
				return err
			}
			return lambda.RuntimeInstall(cmd.Context(), args[0], filepath.Join(dir, "runtime"), sh.stderr)
		},
	}
	return newGroupCommand("runtime", "The SDKs that functions find on Lambda", install)
}
