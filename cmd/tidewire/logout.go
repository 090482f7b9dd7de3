package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/login"
)

const logoutHelp = `Forget a saved login: delete its tokens here, and tell the provider to forget
them too. What was done is said on stderr. If the provider cannot be told, the
tokens are deleted here nevertheless, and the exit code is 1.

Who only checks a token's signature takes an access token until it expires,
whatever the provider has forgotten.`

func newLogoutCommand(sh *shell) *cobra.Command {
	var local bool
	cmd := &cobra.Command{
		Use:               "logout NAME",
		Short:             "Forget a saved login, here and at the provider",
		Long:              logoutHelp,
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: sh.completeLogin,
		RunE: func(cmd *cobra.Command, args []string) error {
			return logout(cmd.Context(), sh, args[0], local)
		},
	}
	cmd.Flags().BoolVar(&local, "local", false, "do not tell the provider")
	return cmd
}

func logout(ctx context.Context, sh *shell, name string, local bool) (err error) {
	store, err := sh.logins(false)
	if err != nil {
		return loginError(name, err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	record, err := store.Take(ctx, name)
	if errors.Is(err, login.ErrStore) {
		fmt.Fprintf(sh.stderr, "tidewire: %s is deleted here; the provider was not told, as the file could not be read\n", name)
		return nil
	}
	if errors.Is(err, login.ErrLoginRequired) {
		return advisedLogin(err, "tidewire login lists the saved logins")
	}
	if err != nil {
		return loginError(name, err)
	}
	if local || record.Token == nil {
		fmt.Fprintf(sh.stderr, "tidewire: %s is deleted here; the provider was not told\n", name)
		return nil
	}
	where, err := sh.revoke(ctx, record)
	switch {
	case errors.Is(err, login.ErrUnsupported):
		fmt.Fprintf(sh.stderr, "tidewire: %s is deleted here; %s has no way to be told\n", name, visible(where))
		return nil
	case err != nil:
		return fmt.Errorf("%s is deleted here, but the provider was not told: %w", name, loginError(name, err))
	}
	fmt.Fprintf(sh.stderr, "tidewire: %s is deleted here, and revoked at %s\n", name, visible(where))
	return nil
}

// revoke tells the provider of a record to forget its tokens.
func (sh *shell) revoke(ctx context.Context, record *login.Record) (where string, err error) {
	l := &savedLogin{}
	if err := json.Unmarshal(record.Settings, &l.settings); err != nil {
		return "", errors.New("the saved settings are not tidewire's")
	}
	if l.secret, err = clientSecretFlag().read(sh, l.settings.ClientSecret); err != nil {
		return "", err
	}
	if l.settings.UserPool != "" {
		return l.settings.where(), l.pool().Revoke(ctx, record.Token)
	}
	return l.settings.where(), l.oidc().Revoke(ctx, record.Token)
}
