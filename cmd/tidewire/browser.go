package main

import (
	"context"
	"os/exec"
	"runtime"
)

// browser opens an address in the person's browser, nil if there is no screen
// to open it on. No shell sees the address.
func browser(getenv func(string) string) func(ctx context.Context, address string) error {
	var argv []string
	switch {
	case runtime.GOOS == "darwin":
		argv = []string{"/usr/bin/open"}
	case runtime.GOOS == "windows":
		argv = []string{"rundll32", "url.dll,FileProtocolHandler"}
	case firstOf(getenv("DISPLAY"), getenv("WAYLAND_DISPLAY"), getenv("BROWSER")) != "":
		argv = []string{"xdg-open"}
	default:
		return nil
	}
	return func(_ context.Context, address string) error {
		cmd := exec.Command(argv[0], append(argv[1:], address)...) // outlives us, as the browser may
		if err := cmd.Start(); err != nil {
			return err
		}
		return cmd.Process.Release()
	}
}
