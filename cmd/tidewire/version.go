package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand(sh *shell) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of tidewire and of the Go that built it",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			build, _ := debug.ReadBuildInfo()
			_, err := fmt.Fprintln(sh.stdout, versionLine(build))
			return err
		},
	}
}

// versionLine describes a build, nil if nothing is known of it.
func versionLine(build *debug.BuildInfo) string {
	version, revision, changed := "(unknown)", "", ""
	if build != nil {
		version = build.Main.Version
		for _, s := range build.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = " " + s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " (changed)"
			}
		}
	}
	return fmt.Sprintf("tidewire %s%s%s %s %s/%s", version, revision, changed, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
