package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/login"
)

const loginHelp = `Log in as NAME, and keep the tokens for tidewire token and for the commands that
take --login NAME. Without a name, login lists what is saved, never a token.

With --issuer, at an OpenID Connect provider: in a browser on this machine, or
with --device in any browser, or with --client-credentials as the client itself.
A browser comes back to http://127.0.0.1:PORT/callback with any free port; a
provider that wants one registered address gets it by --port or --redirect.

With --user-pool, at an Amazon Cognito user pool by its API, with user name and
password. SRP proves the password without sending it; --password-auth sends it.
Codes, choices and new passwords are asked for on the terminal. (The pool's
hosted pages are an OpenID Connect provider: --issuer
https://cognito-idp.REGION.amazonaws.com/POOL --redirect http://localhost:PORT/callback.)

With --identity-pool the login also gives AWS credentials: see tidewire token --aws.

Secrets are read from files, variables, stdin or the terminal, never from the
command line. Of the client's secret only the place is kept. NAME alone logs in
again with the settings that were saved; other flags change them, and --issuer
or --user-pool replace them all.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the provider or the person said no.`

const loginExamples = `  tidewire login work --issuer https://login.example.com --client-id cli
  tidewire login ci --issuer https://login.example.com --client-id ci --client-secret env:CI_SECRET --client-credentials --scope api/read
  tidewire login app --user-pool eu-west-1_AbCdEfGhI --client-id 1h57kf5cpq17m0eml12EXAMPLE --user ana
  tidewire login app --identity-pool eu-west-1:11111111-2222-3333-4444-555555555555
  tidewire login`

// loginFlags are the command line of login.
type loginFlags struct {
	settings loginSettings
	params   []string

	browser, device, service, passwordAuth bool

	port     int
	password string // where it is
	noOpen   bool
	wait     time.Duration
	list     bool
	output   string
}

func newLoginCommand(sh *shell) *cobra.Command {
	var f loginFlags
	cmd := &cobra.Command{
		Use:               "login [NAME]",
		Short:             "Log in at an OpenID Connect provider or a Cognito user pool",
		Long:              loginHelp,
		Example:           loginExamples,
		Args:              usageArgs(cobra.MaximumNArgs(1)),
		ValidArgsFunction: sh.completeLogin,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd.Flags(), args); err != nil {
				return err
			}
			if len(args) == 0 {
				return listLogins(sh, f.output)
			}
			return f.run(cmd.Context(), sh, cmd.Flags(), args[0])
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func (f *loginFlags) add(flags *pflag.FlagSet) {
	s := &f.settings
	flags.StringVar(&s.Issuer, "issuer", "", "`URL` of an OpenID Connect provider, exactly as it names itself")
	flags.StringVar(&s.UserPool, "user-pool", "", "`ID` of a Cognito user pool, such as eu-west-1_AbCdEfGhI")
	flags.StringVar(&s.ClientID, "client-id", "", "the client, or app client, to log in at")
	flags.StringVar(&s.ClientSecret, "client-secret", "", "where its secret is, if it has one: `@FILE|env:NAME`")
	flags.BoolVar(&s.SecretInBody, "secret-in-body", false, "send the client's secret in the form, not as HTTP Basic")
	flags.StringArrayVar(&s.Scopes, "scope", nil, "a `SCOPE` to ask for; may be repeated (default openid, and offline_access where it exists)")
	flags.StringArrayVar(&f.params, "param", nil, "`NAME=VALUE` to send when logging in, such as audience=https://api; may be repeated")
	flags.BoolVar(&f.browser, "browser", false, "log in in a browser on this machine (the default with --issuer)")
	flags.BoolVar(&f.device, "device", false, "log in in any browser, by a code to type there")
	flags.BoolVar(&f.service, "client-credentials", false, "log in as the client itself, by its secret")
	flags.IntVar(&f.port, "port", 0, "port on 127.0.0.1 that the browser comes back to (default: a free one)")
	flags.StringVar(&s.Redirect, "redirect", "", "address that the browser comes back to, as it is registered: http://localhost:PORT/PATH")
	flags.BoolVar(&f.noOpen, "no-open", false, "only print the address, open no browser")
	flags.StringVar(&s.User, "user", "", "user name at the user pool (default: the one before, or it is asked for)")
	flags.StringVar(&f.password, "password", "", "where the password is: `@FILE|-|env:NAME` (default: it is asked for)")
	flags.BoolVar(&f.passwordAuth, "password-auth", false, "send the password to the user pool (USER_PASSWORD_AUTH) instead of SRP")
	flags.BoolVar(&f.passwordAuth, "no-srp", false, "the same as --password-auth")
	flags.BoolVar(&s.IDToken, "id-token", false, "give ID tokens where nothing else is said, instead of access tokens")
	flags.StringVar(&s.IdentityPool, "identity-pool", "", "`ID` of a Cognito identity pool that gives AWS credentials, such as eu-west-1:1111…")
	flags.StringVar(&s.Endpoint, "endpoint", "", "`URL` of Cognito's services (default: AWS)")
	flags.DurationVar(&f.wait, "wait", 0, "give up when the login is not done after this time (default 5m, with --device what the provider says)")
	flags.BoolVar(&f.list, "list", false, "list the saved logins")
	flags.StringVar(&f.output, "output", "text", "of the list: text, or json: one object on one line")
}

// completeLogin completes the name of a saved login.
func (sh *shell) completeLogin(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return sh.loginNames(), cobra.ShellCompDirectiveNoFileComp
}

// run logs in and saves what came of it.
func (f *loginFlags) run(ctx context.Context, sh *shell, flags *pflag.FlagSet, name string) (err error) {
	store, err := sh.logins(true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	settings, err := f.choose(store, flags, name)
	if err != nil {
		return err
	}
	if err := settings.check(); err != nil {
		return err
	}
	secret, err := clientSecretFlag().read(sh, settings.ClientSecret)
	if err != nil {
		return err
	}
	l := &savedLogin{name: name, store: store, settings: *settings, secret: secret}
	source, err := l.source(settings.IDToken) // before anybody is asked anything
	if err != nil {
		return loginError(name, err)
	}
	before := placeOf(store, name)
	token, err := f.enter(ctx, sh, l)
	if err != nil {
		return loginError(name, err)
	}
	if err := l.save(ctx, source, token); err != nil {
		return loginError(name, err)
	}
	if before != "" && before != settings.where() {
		fmt.Fprintf(sh.stderr, "tidewire: the login at %s that was %s before is replaced; it was not revoked there\n", visible(before), name)
	}
	fmt.Fprintf(sh.stderr, "tidewire: logged in as %s at %s; %s\n", name, visible(l.settings.where()), lasting(token, l.settings.Flow))
	return l.tryCredentials(ctx, sh)
}

// placeOf is the provider of a login that is saved, "" if there is none.
func placeOf(store *login.Store, name string) string {
	s, err := loadSettings(store, name)
	if err != nil {
		return ""
	}
	return s.where()
}

// save keeps the token with the settings.
func (l *savedLogin) save(ctx context.Context, source *login.Source, token *oauth2.Token) error {
	if (l.settings.IDToken || l.settings.IdentityPool != "") && login.IDToken(token) == "" {
		return hint(errors.New("the provider gave no ID token, and nothing was saved"), "ask for --scope openid, or leave out --id-token and --identity-pool")
	}
	settings, err := json.Marshal(l.settings)
	if err != nil {
		return err
	}
	return source.Save(ctx, token, settings)
}

// tryCredentials finds out now whether the identity pool takes the login.
func (l *savedLogin) tryCredentials(ctx context.Context, sh *shell) error {
	if l.settings.IdentityPool == "" {
		return nil
	}
	provider, err := l.credentials()
	if err != nil {
		return err
	}
	got, err := provider.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("the login is saved, but: %w", loginError(l.name, err))
	}
	fmt.Fprintf(sh.stderr, "tidewire: identity pool %s gives AWS credentials, key %s until %s\n", l.settings.IdentityPool, visible(got.AccessKeyID), stamp(got.Expires))
	return nil
}

// where is the provider of a login.
func (s *loginSettings) where() string {
	if s.Issuer != "" {
		return s.Issuer
	}
	return "user pool " + s.UserPool
}

// lasting says how long a login holds.
func lasting(t *oauth2.Token, flow string) string {
	until := "the access token does not say when it expires"
	if !t.Expiry.IsZero() {
		until = "the access token holds until " + stamp(t.Expiry)
	}
	switch {
	case t.RefreshToken != "":
		return until + " and is renewed when it is used"
	case flow == flowService:
		return until + ", then the next is fetched"
	}
	return until + ", then log in again: there is no refresh token (see --scope offline_access)"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
