package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/smallstep/truststore"
)

// trustStores are the stores of this machine: the system's, and on Linux and
// macOS the databases of browsers that have one of their own.
func trustStores(getenv func(string) string) []trustStore {
	list := []trustStore{{name: "the system's store", change: changeSystem}}
	if hasBrowserDatabase(getenv("HOME")) {
		list = append(list, trustStore{name: "the databases of Firefox and Chromium", change: changeBrowsers})
	}
	return list
}

// changeSystem asks sudo where there is one.
func changeSystem(_ context.Context, c *x509.Certificate, file string, trust bool) error {
	var err error
	if trust {
		err = truststore.Install(c)
	} else {
		err = truststore.Uninstall(c)
	}
	var failed *truststore.CmdError
	switch {
	case errors.As(err, &failed):
		output, _, _ := strings.Cut(strings.TrimSpace(string(failed.Out())), "\n")
		return hint(fmt.Errorf("%w: %s", failed, firstOf(output, "no output")), byHand(failed.Cmd().Args, updateCommand(), file))
	case errors.Is(err, truststore.ErrNotSupported):
		return hint(err, "give the certificate "+file+" to the programs that shall trust it")
	}
	return err
}

// byHand is what somebody who may can type in place of a command that failed.
func byHand(args, update []string, file string) string {
	shown := shellWords(args)
	var sudo []string
	if len(args) > 1 && args[0] == "sudo" && args[1] == "--" {
		sudo, args = args[:2], args[2:]
	}
	if args[0] == "tee" {
		shown += " < " + quoted(file)
	}
	if len(update) > 0 && (args[0] == "tee" || args[0] == "rm") {
		shown += " && " + shellWords(append(sudo[:len(sudo):len(sudo)], update...))
	}
	if len(sudo) == 0 && runtime.GOOS == "linux" {
		return "as root: " + shown
	}
	return "by hand: " + shown
}

func shellWords(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if strings.Trim(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./=") != "" {
			words[i] = quoted(a)
		}
	}
	return strings.Join(words, " ")
}

// hasBrowserDatabase tells whether certutil would find one.
func hasBrowserDatabase(home string) bool {
	if runtime.GOOS == "windows" { // where browsers ask the system
		return false
	}
	profiles, err := filepath.Glob(filepath.Join(truststore.NSSProfile, "cert9.db"))
	if err != nil {
		return false
	}
	shared, err := filepath.Glob(filepath.Join(home, ".pki", "nssdb", "cert9.db"))
	return len(profiles) > 0 || err == nil && len(shared) > 0
}

// changeBrowsers asks certutil, of Mozilla's NSS.
func changeBrowsers(_ context.Context, c *x509.Certificate, file string, trust bool) error {
	nss, err := truststore.NewNSSTrust()
	switch {
	case err != nil:
		return hint(errors.New("certutil is not on PATH"), "install it (Debian, Ubuntu: libnss3-tools; Fedora: nss-tools; macOS: brew install nss), and run this again")
	case !trust:
		return nss.Uninstall(file, c)
	}
	return truststore.Install(c, truststore.WithTrust(nss), truststore.WithNoSystem())
}
