package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/login"
)

// loginSettings are what a saved login keeps beside its tokens. They hold no
// secret: that of the client stays where ClientSecret says.
type loginSettings struct {
	Issuer       string            `json:"issuer,omitempty"`   // of an OpenID Connect provider, or
	UserPool     string            `json:"userPool,omitempty"` // a Cognito user pool's id
	ClientID     string            `json:"clientId"`
	ClientSecret string            `json:"clientSecret,omitempty"` // @FILE or env:NAME
	SecretInBody bool              `json:"secretInBody,omitempty"`
	Scopes       []string          `json:"scopes,omitempty"`
	Parameters   map[string]string `json:"parameters,omitempty"`
	Flow         string            `json:"flow"`               // see flows
	Redirect     string            `json:"redirect,omitempty"` // of flow browser
	User         string            `json:"user,omitempty"`     // of a user pool
	IDToken      bool              `json:"idToken,omitempty"`  // give ID tokens
	IdentityPool string            `json:"identityPool,omitempty"`
	Endpoint     string            `json:"endpoint,omitempty"` // of Cognito's services, "": AWS
}

// The ways of logging in.
const (
	flowBrowser  = "browser"
	flowDevice   = "device"
	flowService  = "client-credentials"
	flowSRP      = "srp"
	flowPassword = "password"
)

// savedLogin is a login of the store, open for use.
type savedLogin struct {
	name     string
	store    *login.Store
	settings loginSettings
	secret   string // of the client
}

// loginSource is where fresh tokens of a saved login come from: ID tokens if
// it was made with --id-token, else access tokens. It holds the directory of
// logins open until the process ends.
func (sh *shell) loginSource(_ context.Context, name string) (*login.Source, error) {
	l, err := sh.savedLogin(name)
	if err != nil {
		return nil, err
	}
	source, err := l.source(l.settings.IDToken)
	return source, loginError(name, err)
}

// loginCredentials are the AWS credentials that the identity pool of a saved
// login gives for it.
func (sh *shell) loginCredentials(_ context.Context, name string) (aws.CredentialsProvider, error) {
	l, err := sh.savedLogin(name)
	if err != nil {
		return nil, err
	}
	return l.credentials()
}

// loginNames are the saved logins, for completion: none if they cannot be
// read.
func (sh *shell) loginNames() []string {
	store, err := sh.logins(false)
	if err != nil {
		return nil
	}
	names, _ := store.Names()
	_ = store.Close() // it was only read
	return names
}

// logins opens the directory of saved logins, which is made if create says so.
func (sh *shell) logins(create bool) (*login.Store, error) {
	dir, err := sh.configDir()
	if err != nil {
		return nil, err
	}
	dir = filepath.Join(dir, "logins")
	if _, err := os.Lstat(dir); !create && errors.Is(err, fs.ErrNotExist) {
		return nil, &login.Error{Op: "load", Where: dir, Kind: login.ErrLoginRequired, Message: "nobody has logged in", Cause: fs.ErrNotExist}
	}
	return login.OpenStore(dir)
}

// savedLogin opens a login with its client secret.
func (sh *shell) savedLogin(name string) (*savedLogin, error) {
	store, err := sh.logins(false)
	if err != nil {
		return nil, loginError(name, err)
	}
	settings, err := loadSettings(store, name)
	if err != nil {
		return nil, errors.Join(loginError(name, err), store.Close())
	}
	secret, err := clientSecretFlag().read(sh, settings.ClientSecret)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return &savedLogin{name: name, store: store, settings: *settings, secret: secret}, nil
}

func loadSettings(store *login.Store, name string) (*loginSettings, error) {
	record, err := store.Load(name)
	if err != nil {
		return nil, err
	}
	var s loginSettings
	if json.Unmarshal(record.Settings, &s) != nil || (s.Issuer == "") == (s.UserPool == "") {
		return nil, &login.Error{Op: "load", Where: name, Kind: login.ErrStore, Message: "the saved settings are not tidewire's",
			Hint: "log in again with --issuer or --user-pool, which replaces it"}
	}
	return &s, nil
}

// oidc is the provider of a login with an issuer.
func (l *savedLogin) oidc() *login.OIDC {
	s := l.settings
	return &login.OIDC{Issuer: s.Issuer, ClientID: s.ClientID, ClientSecret: l.secret, SecretInBody: s.SecretInBody, Scopes: s.Scopes, Parameters: s.Parameters}
}

// pool is the user pool of a login with one.
func (l *savedLogin) pool() *login.UserPool {
	s := l.settings
	return &login.UserPool{PoolID: s.UserPool, ClientID: s.ClientID, ClientSecret: l.secret, Endpoint: s.Endpoint}
}

func (l *savedLogin) source(idToken bool) (*login.Source, error) {
	switch {
	case l.settings.UserPool != "":
		return l.pool().Source(l.store, l.name, idToken)
	case l.settings.Flow == flowService:
		return l.oidc().Service(l.store, l.name)
	}
	return l.oidc().Source(l.store, l.name, idToken)
}

func (l *savedLogin) credentials() (aws.CredentialsProvider, error) {
	if l.settings.IdentityPool == "" {
		return nil, hint(fmt.Errorf("login %s has no identity pool to get AWS credentials from", l.name), "log in again: tidewire login "+l.name+" --identity-pool REGION:UUID")
	}
	source, err := l.source(true)
	if err != nil {
		return nil, loginError(l.name, err)
	}
	return aws.NewCredentialsCache(&login.IdentityPool{PoolID: l.settings.IdentityPool, Endpoint: l.settings.Endpoint, Token: source.Fetch}), nil
}

// loginError is an error of package login about a saved login, with the
// command that mends it where there is one.
func loginError(name string, err error) error {
	if errors.Is(err, login.ErrLoginRequired) {
		return advisedLogin(err, "tidewire login "+name+" (with --issuer or --user-pool the first time)")
	}
	return advisedLogin(err, "")
}

// advisedLogin is an error of package login without the package's name, and
// with a hint of ours instead of its own if there is one.
func advisedLogin(err error, advice string) error {
	var e *login.Error
	switch {
	case errors.Is(err, errGaveUp):
		return errGaveUp
	case !errors.As(err, &e):
		return err
	}
	own := *e
	own.Hint = ""
	if errors.Is(own.Cause, fs.ErrNotExist) { // the message says so
		own.Cause = nil
	}
	advice = firstOf(advice, e.Hint)
	shown := without(&own, "login: ", "load: ")
	if errors.Is(err, login.ErrConfig) {
		shown = &usageError{shown}
	}
	if advice == "" {
		return shown
	}
	return hint(shown, advice)
}
