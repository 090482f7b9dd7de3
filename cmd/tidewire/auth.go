package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
)

// Where a key and a token are looked for when no flag says where.
const (
	defaultKey   = "env:TIDEWIRE_API_KEY"
	defaultToken = "env:TIDEWIRE_TOKEN"
)

// appsyncService is what signatures for AppSync name.
const appsyncService = "appsync"

// authModes are what --auth may be.
func authModes() []string { return []string{"auto", "api-key", "iam", "oidc", "cognito", "lambda"} }

// authFlags are the flags that say how to prove to AppSync who is calling.
type authFlags struct {
	auth    string
	apiKey  string
	token   string
	login   string
	profile string
	state   string
	region  string
	host    string
	plain   bool
}

func (f *authFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.auth, "auth", "auto", "mode: `"+strings.Join(authModes(), "|")+"`; see tidewire help auth")
	flags.StringVar(&f.apiKey, "api-key", "", "API key to send, as `@FILE|env:NAME` (default "+defaultKey+")")
	flags.StringVar(&f.token, "token", "", "token to send, as `@FILE|-|env:NAME` (default "+defaultToken+"); a file is read anew for every connection")
	flags.StringVar(&f.login, "login", "", "send the token of this saved login, see tidewire login (with --auth iam: sign with its identity pool)")
	flags.StringVar(&f.profile, "profile", "", "sign with this profile of the AWS config files")
	flags.StringVar(&f.state, "state", "", "use the local developer of this state `DIR`ectory")
	flags.StringVar(&f.region, "region", "", "region to sign for (default: the address's)")
	flags.BoolVar(&f.plain, "plain", false, "send credentials in clear text, http://, to another machine")
	flags.StringVar(&f.host, "host", "", "host `NAME` to name and sign, where it is not the one in URL (VPC endpoints)")
}

// sources are the flags that name a proof, and the modes they are for.
func (f *authFlags) sources() []struct{ flag, value, modes string } {
	return []struct{ flag, value, modes string }{
		{"--api-key", f.apiKey, "auto api-key"},
		{"--token", f.token, "auto oidc cognito lambda"},
		{"--login", f.login, "auto oidc cognito iam"},
		{"--profile", f.profile, "auto iam"},
		{"--state", f.state, "auto iam api-key"},
	}
}

func (f *authFlags) check() error {
	if !slices.Contains(authModes(), f.auth) {
		return usagef("see tidewire help auth", "--auth must be one of %s, not %q", strings.Join(authModes(), ", "), f.auth)
	}
	given := ""
	for _, s := range f.sources() {
		switch {
		case s.value == "":
			continue
		case given != "":
			return usagef("give one of them; see tidewire help auth", "%s and %s exclude each other", given, s.flag)
		case !slices.Contains(strings.Fields(s.modes), f.auth):
			return usagef("see tidewire help auth", "with --auth %s, %s says nothing", f.auth, s.flag)
		}
		given = s.flag
	}
	if strings.ContainsAny(f.host, "/?#@ ") {
		return usagef("", "--host is a host name, with a port if it has one, not a URL")
	}
	return errors.Join(apiKeyFlag().check(f.apiKey), tokenFlag().check(f.token))
}

// prover is what proves to AppSync who is calling, and how that was found.
type prover struct {
	auth   *appsync.Auth
	source string       // a line for stderr
	http   *http.Client // that reaches the API
}

// choose finds the prover for target, in the order that authHelp tells.
func (f *authFlags) choose(ctx context.Context, sh *shell, target *url.URL) (*prover, error) {
	if _, inAWS := awsLabels(target.Host); inAWS && target.Scheme == "http" {
		return nil, usagef("write https://", "http://%s would send a credential in clear text", target.Host)
	}
	local, err := (&identityFlags{}).running(sh, target)
	if err != nil {
		return nil, err
	}
	if target.Scheme == "http" && local == nil && !f.plain && !onThisMachine(target.Hostname()) {
		return nil, usagef("write https://, or give --plain if the network between is yours", "http://%s would send a credential in clear text to another machine", target.Host)
	}
	mode, err := f.mode(sh, target, local)
	if err != nil {
		return nil, err
	}
	found, err := f.prove(ctx, sh, mode, target, local)
	if err != nil {
		return nil, err
	}
	reached := &caller{}
	if err := reached.reach(local); err != nil {
		return nil, err
	}
	found.http = reached.client()
	return found, nil
}

// onThisMachine says whether a host name leads nowhere else.
func onThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// inAWS says whether the API has one of AWS's host names.
func (f *authFlags) inAWS(target *url.URL) bool {
	return appsync.RegionOf(f.host) != "" || appsync.RegionOf(target.Host) != ""
}

// mode is --auth, or what auto comes to.
func (f *authFlags) mode(sh *shell, target *url.URL, local *state.Running) (string, error) {
	switch {
	case f.auth != "auto":
		return f.auth, nil
	case f.apiKey != "":
		return "api-key", nil
	case f.token != "" || f.login != "":
		return "token", nil
	case f.profile != "" || f.state != "":
		return "iam", nil
	case f.set(sh, defaultKey):
		return "api-key", nil
	case f.set(sh, defaultToken):
		return "token", nil
	case local != nil:
		return localMode(local, target)
	case f.inAWS(target):
		return "iam", nil
	}
	advice := "give one of these, or --auth iam to sign with AWS credentials; see tidewire help auth"
	if onThisMachine(target.Hostname()) {
		advice = "is tidewire serve running, as this user and on this port? For another server: " + advice
	}
	return "", usagef(advice,
		"nothing says how to prove who is calling: there is no --api-key, --token, --login or --profile, "+
			"TIDEWIRE_API_KEY and TIDEWIRE_TOKEN are not set, and %s is neither an AppSync host name of AWS nor a gateway of yours", target.Host)
}

// localMode is the default mode of an API of a gateway of this user, or else
// another one that needs nothing but what the gateway has.
func localMode(local *state.Running, target *url.URL) (string, error) {
	api := localAPI(local.StateDir, target)
	if api == nil {
		return "iam", nil
	}
	for _, mode := range api.Modes {
		switch {
		case mode == spec.ModeIAM:
			return "iam", nil
		case mode == spec.ModeAPIKey && len(api.APIKeys) > 0:
			return "api-key", nil
		}
	}
	return "", usagef("give --token or --login; see tidewire help auth", "the API %s takes %s: there is neither --token nor --login, and TIDEWIRE_TOKEN is not set",
		api.LogicalID, strings.Join(api.Modes, ", "))
}

// localAPI is what was served from a state directory at target; nil if that is
// not known.
func localAPI(path string, target *url.URL) *gateway.AppSyncAPI {
	dir, err := openState(path)
	if err != nil {
		return nil // whoever needs the directory says so
	}
	defer dir.Close()
	stack, err := readStack(dir)
	if err != nil {
		return nil
	}
	return stack.API(target.Hostname(), target.Path)
}

func (f *authFlags) set(sh *shell, source string) bool {
	return sh.getenv(strings.TrimPrefix(source, "env:")) != ""
}

// prove makes the proof of a mode; "token" is a token of any of the three.
func (f *authFlags) prove(ctx context.Context, sh *shell, mode string, target *url.URL, local *state.Running) (*prover, error) {
	switch {
	case mode == "api-key":
		return f.byKey(sh, target, local)
	case mode == "iam" && f.login != "":
		return f.byIdentityPool(ctx, sh, target)
	case mode == "iam":
		return f.byAWS(ctx, sh, target, local)
	case f.login != "":
		return f.byLogin(ctx, sh, mode)
	}
	return f.byToken(sh, mode)
}

// byKey is mode api-key: the key of the flag, of the environment, or of a
// local gateway.
func (f *authFlags) byKey(sh *shell, target *url.URL, local *state.Running) (*prover, error) {
	source := f.apiKey
	if source == "" && f.state == "" && f.set(sh, defaultKey) {
		source = defaultKey
	}
	if source != "" {
		key, err := readAPIKey(sh, source)
		return &prover{auth: appsync.APIKey(key), source: "sending the API key of " + source}, err
	}
	path := f.state
	if path == "" && local != nil {
		path = local.StateDir
	}
	if path == "" {
		return nil, usagef(apiKeyFlag().advice(), "there is no API key: --api-key is not given and TIDEWIRE_API_KEY is not set")
	}
	key, err := localKey(path, target)
	return &prover{auth: appsync.APIKey(key), source: "sending the API key of the gateway of " + path}, err
}

// localKey is the first API key of the API at target, or else of what was
// served from a state directory.
func localKey(path string, target *url.URL) (string, error) {
	if api := localAPI(path, target); api != nil && len(api.APIKeys) > 0 {
		return api.APIKeys[0], nil
	}
	dir, err := openState(path)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	stack, err := readStack(dir)
	if err != nil || len(stack.APIKeys) == 0 {
		return "", hint(fmt.Errorf("what was served from %s has no API key", path), apiKeyFlag().advice())
	}
	return stack.APIKeys[0], nil
}

// byAWS is mode iam: signed as connect would, for service appsync.
func (f *authFlags) byAWS(ctx context.Context, sh *shell, target *url.URL, local *state.Running) (*prover, error) {
	id := identityFlags{auth: "iam-headers", profile: f.profile, state: f.state, service: appsyncService}
	id.region = firstOf(f.region, appsync.RegionOf(f.host), appsync.RegionOf(target.Host), stackRegion(f.state))
	who, err := id.identify(ctx, sh, target, local)
	if missing := (*apigateway.NoCredentialsError)(nil); errors.As(err, &missing) {
		return nil, hint(missing, "set AWS_PROFILE or give --profile, or log in with aws sso login or aws configure; for the other modes see tidewire help auth")
	}
	if err != nil {
		return nil, err
	}
	return &prover{auth: appsync.IAM(who.credentials, who.region), source: who.source + ", service " + appsyncService}, nil
}

// byToken is one of the modes with a token that somebody else keeps fresh.
func (f *authFlags) byToken(sh *shell, mode string) (*prover, error) {
	source := f.token
	if source == "" && f.set(sh, defaultToken) {
		source = defaultToken
	}
	if source == "" {
		return nil, usagef(tokenFlag().advice(), "there is no token: neither --token nor --login is given, and TIDEWIRE_TOKEN is not set")
	}
	first, err := tokenFlag().read(sh, source)
	if err != nil {
		return nil, err
	}
	found := tokenFunc(func() (*oauth2.Token, error) { return &oauth2.Token{AccessToken: first}, nil })
	if strings.HasPrefix(source, "@") {
		found = func() (*oauth2.Token, error) {
			token, err := tokenFlag().read(sh, source)
			return &oauth2.Token{AccessToken: token}, err
		}
	}
	place := source
	if source == "-" {
		place = "stdin"
	}
	return &prover{auth: appsync.Token(found), source: "sending the token of " + place + tokenMode(mode)}, nil
}

// tokenFunc is a source of tokens.
type tokenFunc func() (*oauth2.Token, error)

// Token asks for one.
func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

func tokenMode(mode string) string {
	if mode == "token" {
		return ", which the API may take as OIDC, Cognito or Lambda"
	}
	return ", mode " + mode
}
