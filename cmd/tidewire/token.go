package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/login"
)

const tokenHelp = `Print a token of a saved login that is good for now, renewed if it is about to
expire: the token and a line break on stdout, nothing else. Processes that do so
at the same time renew it once.

--renew is for a token that a server refused before its expiry: it is renewed
unless another process did so since.

--aws prints AWS credentials of the login's identity pool as the AWS config's
credential_process wants them:

  [profile app]
  credential_process = tidewire token app --aws

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the provider said no.`

// tokenFlags are the command line of token.
type tokenFlags struct {
	id, access, aws bool
	renew           bool
	output          string
}

func newTokenCommand(sh *shell) *cobra.Command {
	var f tokenFlags
	cmd := &cobra.Command{
		Use:               "token NAME",
		Short:             "Print a fresh token of a saved login",
		Long:              tokenHelp,
		Example:           "  curl -H \"Authorization: Bearer $(tidewire token work)\" https://api.example.com/",
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: sh.completeLogin,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return f.run(cmd.Context(), sh, args[0])
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.id, "id", false, "the ID token")
	flags.BoolVar(&f.access, "access", false, "the access token (the default, unless the login was made with --id-token)")
	flags.BoolVar(&f.aws, "aws", false, "AWS credentials, in the form of credential_process")
	flags.BoolVar(&f.renew, "renew", false, "renew it although it has not expired")
	flags.StringVar(&f.output, "output", "text", "text, or json: one object on one line, with the expiry")
	return cmd
}

func (f *tokenFlags) check() error {
	if f.id && f.access || f.aws && (f.id || f.access || f.renew) {
		return usagef("give one of them", "--id, --access and --aws exclude each other, and --aws and --renew too")
	}
	return checkOutput(f.output)
}

func (f *tokenFlags) run(ctx context.Context, sh *shell, name string) (err error) {
	l, err := sh.savedLogin(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.store.Close()) }()
	if f.aws {
		return l.putCredentials(ctx, sh)
	}
	idToken := f.id || l.settings.IDToken && !f.access
	if idToken && l.settings.Flow == flowService {
		return usagef("", "with --client-credentials there are no ID tokens")
	}
	source, err := l.source(idToken)
	if err != nil {
		return loginError(name, err)
	}
	token, err := f.fetch(ctx, source)
	if err != nil {
		return loginError(name, err)
	}
	return f.put(sh, token, idToken)
}

func (f *tokenFlags) fetch(ctx context.Context, source *login.Source) (*oauth2.Token, error) {
	token, err := source.Fetch(ctx)
	if err != nil || !f.renew {
		return token, err
	}
	return source.Rejected(ctx, token.AccessToken)
}

// tokenLine is the token of --output json.
type tokenLine struct {
	Token   string     `json:"token"`
	Kind    string     `json:"kind"` // "access" or "id"
	Expires *time.Time `json:"expires,omitempty"`
}

func (f *tokenFlags) put(sh *shell, token *oauth2.Token, idToken bool) error {
	if f.output != "json" {
		return sh.put([]byte(token.AccessToken + "\n"))
	}
	line := tokenLine{Token: token.AccessToken, Kind: "access"}
	if idToken {
		line.Kind = "id"
	}
	if expires := token.Expiry.UTC(); !token.Expiry.IsZero() {
		line.Expires = &expires
	}
	return sh.putJSON(line)
}

// putCredentials prints what credential_process of the AWS config files wants
// (AWS SDKs and Tools Reference Guide, "Process credential provider").
func (l *savedLogin) putCredentials(ctx context.Context, sh *shell) error {
	provider, err := l.credentials()
	if err != nil {
		return err
	}
	got, err := provider.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("AWS credentials of login %s: %w", l.name, loginError(l.name, err))
	}
	return sh.putJSON(struct {
		Version         int
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      time.Time
	}{1, got.AccessKeyID, got.SecretAccessKey, got.SessionToken, got.Expires.UTC().Truncate(time.Second)})
}
