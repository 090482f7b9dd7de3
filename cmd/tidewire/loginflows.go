package main

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/login"
)

// enter logs in as the settings say.
func (f *loginFlags) enter(ctx context.Context, sh *shell, l *savedLogin) (*oauth2.Token, error) {
	if l.settings.UserPool != "" {
		return f.atPool(ctx, sh, l)
	}
	if f.password != "" {
		return nil, usagef("an OpenID Connect provider asks for the password itself", "--password is for --user-pool")
	}
	provider := l.oidc()
	provider.Timeout = f.wait
	switch l.settings.Flow {
	case flowService:
		return provider.ClientCredentials(ctx, nil)
	case flowDevice:
		return provider.Device(ctx, func(code login.DeviceCode) { showDevice(sh, code) })
	}
	o, err := l.settings.callback()
	if err != nil {
		return nil, err
	}
	o.Show = func(address string) {
		fmt.Fprintf(sh.stderr, "tidewire: log in with a browser on this machine (elsewhere: --device):\n    %s\n", visible(address))
	}
	if open := browser(sh.getenv); !f.noOpen && open != nil {
		o.Open = open
	}
	return provider.Code(ctx, o)
}

func showDevice(sh *shell, code login.DeviceCode) {
	fmt.Fprintf(sh.stderr, "tidewire: open %s in any browser and enter the code %s\n", visible(code.URL), visible(code.UserCode))
	if code.CompleteURL != "" {
		fmt.Fprintf(sh.stderr, "    with the code in it: %s\n", visible(code.CompleteURL))
	}
	fmt.Fprintf(sh.stderr, "tidewire: waiting until %s\n", stamp(code.Expires))
}

// atPool logs in at a user pool with name and password.
func (f *loginFlags) atPool(ctx context.Context, sh *shell, l *savedLogin) (*oauth2.Token, error) {
	var a *asker
	if sh.typing {
		a = newAsker(sh)
	}
	user, err := f.user(ctx, a, l.settings.User)
	if err != nil {
		return nil, err
	}
	l.settings.User = user
	password, err := f.readPassword(ctx, sh, a)
	if err != nil {
		return nil, err
	}
	pool := l.pool()
	pool.Timeout = f.wait
	if a != nil {
		pool.Prompt = a.answer
	}
	if l.settings.Flow == flowPassword {
		return pool.Password(ctx, user, password)
	}
	return pool.SRP(ctx, user, password)
}

func (f *loginFlags) user(ctx context.Context, a *asker, known string) (string, error) {
	if known != "" {
		return known, nil
	}
	if a == nil {
		return "", usagef("give --user", "no user name, and stdin is no terminal to ask on")
	}
	user, err := a.line(ctx, "user name: ")
	if user = strings.TrimSpace(user); err == nil && user == "" {
		err = errGaveUp
	}
	return user, err
}

func (f *loginFlags) readPassword(ctx context.Context, sh *shell, a *asker) (string, error) {
	switch {
	case f.password != "" && (f.password != "-" || a == nil):
		return passwordFlag().read(sh, f.password)
	case a == nil:
		return "", usagef("give --password @FILE, - or env:NAME", "no password, and stdin is no terminal to ask on")
	}
	password, err := a.hidden(ctx, "password: ")
	if err == nil && password == "" {
		err = errGaveUp
	}
	return password, err
}
