package main

import (
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/login"
)

// check finds what is wrong with the command line itself.
func (f *loginFlags) check(flags *pflag.FlagSet, args []string) error {
	s := &f.settings
	given := 0
	flags.Visit(func(flag *pflag.Flag) {
		if flag.Name != "list" && flag.Name != "output" {
			given++
		}
	})
	switch {
	case len(args) == 0 && given > 0:
		return usagef("tidewire login NAME …", "a login needs a name to be kept under")
	case len(args) > 0 && (f.list || flags.Changed("output")):
		return usagef("leave out the name", "--list and --output are for the list of all logins")
	case s.Issuer != "" && s.UserPool != "":
		return usagef("", "--issuer and --user-pool exclude each other")
	case len(f.flows()) > 1:
		return usagef("give one of them", "--browser, --device, --client-credentials and --password-auth exclude each other")
	case f.port != 0 && s.Redirect != "":
		return usagef("write the port into --redirect", "--port and --redirect exclude each other")
	case f.port < 0 || f.port > 65535:
		return usagef("", "--port must be 1 to 65535")
	case f.wait < 0:
		return usagef("", "--wait must not be negative")
	}
	return checkOutput(f.output)
}

// flows are the ways of logging in that the flags name.
func (f *loginFlags) flows() (named []string) {
	for _, way := range []struct {
		flow  string
		given bool
	}{{flowBrowser, f.browser}, {flowDevice, f.device}, {flowService, f.service}, {flowPassword, f.passwordAuth}} {
		if way.given {
			named = append(named, way.flow)
		}
	}
	return named
}

// choose gives the settings of the flags, over the saved ones if the flags do
// not say where to log in.
func (f *loginFlags) choose(store *login.Store, flags *pflag.FlagSet, name string) (*loginSettings, error) {
	s := &loginSettings{}
	if f.settings.Issuer == "" && f.settings.UserPool == "" {
		saved, err := loadSettings(store, name)
		if err != nil {
			return nil, loginError(name, err)
		}
		s = saved
	}
	if err := f.change(s, flags); err != nil {
		return nil, err
	}
	if flow := f.flows(); s.Flow == "" && len(flow) == 0 {
		s.Flow = flowBrowser
		if s.UserPool != "" {
			s.Flow = flowSRP
		}
	} else if len(flow) > 0 {
		s.Flow = flow[0]
	}
	if s.Flow != flowBrowser && !flags.Changed("port") && !flags.Changed("redirect") {
		s.Redirect = "" // of the logins before
	}
	return s, nil
}

// change puts the flags that were given into s.
func (f *loginFlags) change(s *loginSettings, flags *pflag.FlagSet) (err error) {
	from := &f.settings
	for name, set := range map[string]func(){
		"issuer":         func() { s.Issuer = from.Issuer },
		"user-pool":      func() { s.UserPool = from.UserPool },
		"client-id":      func() { s.ClientID = from.ClientID },
		"client-secret":  func() { s.ClientSecret, err = lasts(from.ClientSecret) },
		"secret-in-body": func() { s.SecretInBody = from.SecretInBody },
		"scope":          func() { s.Scopes = from.Scopes },
		"redirect":       func() { s.Redirect = from.Redirect },
		"port":           func() { s.Redirect = onPort(f.port) },
		"user":           func() { s.User = from.User },
		"id-token":       func() { s.IDToken = from.IDToken },
		"identity-pool":  func() { s.IdentityPool = from.IdentityPool },
		"endpoint":       func() { s.Endpoint = from.Endpoint },
	} {
		if flags.Changed(name) {
			set()
		}
	}
	for _, p := range f.params {
		name, value, found := strings.Cut(p, "=")
		if !found || name == "" {
			return usagef("write it as --param audience=https://api", "--param %q is not of the form NAME=VALUE", p)
		}
		if s.Parameters == nil {
			s.Parameters = map[string]string{}
		}
		s.Parameters[name] = value
	}
	return err
}

// onPort is the address that a browser comes back to by --port; 0 is any port.
func onPort(port int) string {
	if port == 0 {
		return ""
	}
	return "http://127.0.0.1:" + strconv.Itoa(port) + "/callback"
}

// lasts is the place of a secret so that it can be found from elsewhere too.
func lasts(source string) (string, error) {
	path, ok := strings.CutPrefix(source, "@")
	if !ok {
		return source, nil
	}
	path, err := filepath.Abs(path)
	return "@" + path, err
}

// check finds what does not go together in settings.
func (s *loginSettings) check() error {
	atPool := s.UserPool != ""
	switch {
	case s.ClientID == "":
		return usagef("give --client-id: a client that is registered there", "there is no client to log in at")
	case atPool && !slices.Contains([]string{flowSRP, flowPassword}, s.Flow):
		return usagef("log in at the pool's hosted pages: see tidewire login --help", "--%s is for OpenID Connect providers, not for the API of a user pool", s.Flow)
	case atPool && (len(s.Scopes) > 0 || len(s.Parameters) > 0 || s.Redirect != "" || s.SecretInBody):
		return usagef("", "--scope, --param, --port, --redirect and --secret-in-body are for --issuer")
	case !atPool && (s.User != "" || s.Flow == flowPassword):
		return usagef("an OpenID Connect provider asks for the password itself", "--user and --password-auth are for --user-pool")
	case s.Redirect != "" && s.Flow != flowBrowser:
		return usagef("", "--port and --redirect are for logins in a browser")
	case s.Flow == flowService && s.ClientSecret == "":
		return usagef("give --client-secret @FILE or env:NAME", "a client logs in as itself by its secret")
	case s.Flow == flowService && (s.IDToken || s.IdentityPool != ""):
		return usagef("", "with --client-credentials there are no ID tokens, so --id-token and --identity-pool say nothing")
	case !atPool && s.Endpoint != "" && s.IdentityPool == "":
		return usagef("", "--endpoint is for --user-pool and --identity-pool")
	}
	_, err := s.callback()
	return err
}

// callback is where the browser comes back to.
func (s *loginSettings) callback() (*login.CodeOptions, error) {
	if s.Redirect == "" {
		return &login.CodeOptions{}, nil
	}
	u, err := url.Parse(s.Redirect)
	if err == nil {
		port, _ := strconv.Atoi(u.Port())
		o := &login.CodeOptions{Host: u.Hostname(), Port: port, Path: u.Path}
		if (&url.URL{Scheme: "http", Host: o.Host + ":" + strconv.Itoa(port), Path: o.Path}).String() == s.Redirect && port > 0 && o.Path != "" {
			return o, nil
		}
	}
	return nil, usagef("write it as http://localhost:PORT/PATH", "--redirect is not an address that can be listened on")
}
