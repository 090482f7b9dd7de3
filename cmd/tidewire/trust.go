package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/internal/localca"
)

const trustHelp = `Trust the certificate authority that signs https and wss of this user's
gateways, so that browsers and other programs of this machine accept them;
--remove takes it back. FILE names one of several authorities, such as ca.pem.

Only authorities in this user's own config directory are taken, never one that
lies in a project. What each may vouch for is shown, and asked about before
anything is changed. The system's store needs sudo; what could not be done is
said with the commands to do it by hand.`

// trustStore is a place where programs of this machine look for authorities.
type trustStore struct {
	name string
	// change puts a certificate, which the file holds, in or takes it out.
	change func(ctx context.Context, c *x509.Certificate, file string, trust bool) error
}

type trustFlags struct {
	remove, yes, print bool
	stores             func() []trustStore
	typed              *bufio.Reader // answers
}

func newTrustCommand(sh *shell, stores func() []trustStore) *cobra.Command {
	f := trustFlags{stores: stores, typed: bufio.NewReader(sh.stdin)}
	cmd := &cobra.Command{
		Use:   "trust [FILE]",
		Short: "Let browsers of this machine trust the gateways' certificates",
		Long:  trustHelp,
		Args:  usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), sh, firstOf(args...))
		},
	}
	cmd.Flags().BoolVar(&f.remove, "remove", false, "take the authority out of the stores again")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&f.print, "print", false, "only show the authority, on stdout")
	return cmd
}

func (f *trustFlags) run(ctx context.Context, sh *shell, file string) error {
	dir, err := authorityDir(sh)
	if err != nil {
		return err
	}
	if !f.remove && !f.print {
		if _, err := localca.Open(dir, nil, nil); err != nil { // makes or renews it
			return err
		}
	}
	list, err := f.authorities(dir, file)
	if err != nil {
		return err
	}
	noted, err := localca.Trusted(dir)
	if err != nil {
		return err
	}
	for _, a := range list {
		text := visible(describeAuthority(a, holds(noted, a.Cert)))
		if f.print {
			fmt.Fprint(sh.stdout, text)
			continue
		}
		fmt.Fprint(sh.stderr, text)
		if err := f.change(ctx, sh, dir, a); err != nil {
			return err
		}
	}
	return nil
}

// authorityDir is where this user's authorities are. A state directory has one
// of its own, which nobody should trust: it lies in a project.
func authorityDir(sh *shell) (string, error) {
	dir, err := sh.configDir()
	if err != nil {
		return "", err
	}
	for _, name := range []string{"sealing-key", "developer.json"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return "", hint(fmt.Errorf("%s is a state directory: an authority of a project is not to be trusted", dir), "unset TIDEWIRE_CONFIG_DIR, or let it name a directory of yours")
		}
	}
	return filepath.Join(dir, "ca"), nil
}

// authorities are those that the command is about.
func (f *trustFlags) authorities(dir, name string) ([]localca.File, error) {
	list, err := localca.List(dir)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(a localca.File) bool { return time.Now().After(a.Cert.NotAfter) })
	if f.remove { // those that were replaced since, too
		noted, err := localca.Trusted(dir)
		if err != nil {
			return nil, err
		}
		for _, a := range noted {
			if !holds(list, a.Cert) {
				list = append(list, a)
			}
		}
	}
	if name != "" {
		list = slices.DeleteFunc(list, func(a localca.File) bool { return filepath.Base(a.Path) != name })
	}
	switch {
	case len(list) == 0 && name != "":
		return nil, usagef("see tidewire trust --print", "%s holds no authority %q", dir, name)
	case len(list) == 0:
		return nil, hint(fmt.Errorf("%s holds no authority yet", dir), "tidewire serve makes one")
	}
	return list, nil
}

func holds(list []localca.File, c *x509.Certificate) bool {
	return slices.ContainsFunc(list, func(a localca.File) bool { return a.Cert.Equal(c) })
}

// change asks, and changes every store.
func (f *trustFlags) change(ctx context.Context, sh *shell, dir string, a localca.File) error {
	stores := f.stores()
	if sure, err := f.sure(sh, stores); !sure || err != nil {
		return err
	}
	changed, failed := 0, 0
	for _, s := range stores {
		if err := s.change(ctx, a.Cert, a.Path, !f.remove); err != nil {
			failed++
			fmt.Fprintf(sh.stderr, "tidewire: %s: nothing was changed: %s\n", s.name, visible(err.Error()))
			if advice := adviceOf(err); advice != "" {
				fmt.Fprintf(sh.stderr, "    hint: %s\n", visible(advice))
			}
			continue
		}
		changed++
		fmt.Fprintf(sh.stderr, "tidewire: %s %s\n", f.done(), s.name)
	}
	if !f.remove && changed > 0 || f.remove && failed == 0 {
		if err := localca.NoteTrusted(dir, a.Cert, !f.remove); err != nil {
			return err
		}
		fmt.Fprintln(sh.stderr, "tidewire: restart browsers that are open")
	}
	if failed > 0 {
		return errors.New("not every store could be changed")
	}
	return nil
}

func (f *trustFlags) done() string {
	if f.remove {
		return "taken out of"
	}
	return "trusted in"
}

// sure asks the person.
func (f *trustFlags) sure(sh *shell, stores []trustStore) (bool, error) {
	if f.yes {
		return true, nil
	}
	if !sh.typing {
		return false, usagef("run it on a terminal, or give --yes", "nothing was changed: stdin is no terminal to ask on")
	}
	var names []string
	for _, s := range stores {
		names = append(names, s.name)
	}
	question := "Trust it in"
	if f.remove {
		question = "Take it out of"
	}
	fmt.Fprintf(sh.stderr, "%s %s? [y/N] ", question, strings.Join(names, " and "))
	line, err := f.typed.ReadString('\n')
	if answer := strings.ToLower(strings.TrimSpace(line)); answer == "y" || answer == "yes" {
		return true, nil
	}
	fmt.Fprintln(sh.stderr, "tidewire: nothing was changed")
	if err != nil && line == "" {
		return false, errGaveUp
	}
	return false, nil
}
