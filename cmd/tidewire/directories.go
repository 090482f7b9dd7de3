package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// configDir is where this user's tidewire keeps what belongs to no project,
// such as the local CA: TIDEWIRE_CONFIG_DIR, else "tidewire" in the user's
// config directory. It need not exist.
func configDir() (string, error) {
	if dir := os.Getenv("TIDEWIRE_CONFIG_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", hint(fmt.Errorf("no config directory for this user: %w", err), "set HOME or TIDEWIRE_CONFIG_DIR")
	}
	return filepath.Join(base, "tidewire"), nil
}

// runDir is where running gateways of this user are recorded: "run" in
// configDir. It is made, for this user only, if it does not exist.
func runDir() (string, error) {
	base, err := configDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, "run")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", hint(fmt.Errorf("make the directory of running gateways: %w", withoutPrefix(err)), "set TIDEWIRE_CONFIG_DIR to a directory that you can write")
	}
	return dir, nil
}

// withoutPrefix drops the system call's name from a file error.
func withoutPrefix(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}
