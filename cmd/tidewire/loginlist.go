package main

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tidewire/tidewire/login"
)

// loginLine is a saved login in a list, without its tokens.
type loginLine struct {
	Name         string     `json:"name"`
	Issuer       string     `json:"issuer,omitempty"`
	UserPool     string     `json:"userPool,omitempty"`
	ClientID     string     `json:"clientId,omitempty"`
	User         string     `json:"user,omitempty"`
	Flow         string     `json:"flow,omitempty"`
	IdentityPool string     `json:"identityPool,omitempty"`
	Expires      *time.Time `json:"expires,omitempty"` // of the access token
	Renewable    bool       `json:"renewable"`
	Error        string     `json:"error,omitempty"`
}

// listLogins prints the saved logins.
func listLogins(sh *shell, output string) error {
	store, err := sh.logins(false)
	if errors.Is(err, login.ErrLoginRequired) {
		return sh.putLogins(nil, output)
	}
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }() // it was only read
	names, err := store.Names()
	if err != nil {
		return err
	}
	lines := make([]loginLine, len(names))
	for i, name := range names {
		lines[i] = lineOf(store, name)
	}
	return sh.putLogins(lines, output)
}

func lineOf(store *login.Store, name string) loginLine {
	line := loginLine{Name: name}
	s, err := loadSettings(store, name)
	if err != nil {
		line.Error, _, _ = strings.Cut(err.Error(), "\n")
		return line
	}
	line.Issuer, line.UserPool, line.ClientID, line.User = s.Issuer, s.UserPool, s.ClientID, s.User
	line.Flow, line.IdentityPool = s.Flow, s.IdentityPool
	if r, err := store.Load(name); err == nil && r.Token != nil {
		line.Renewable = r.Token.RefreshToken != "" || s.Flow == flowService
		if !r.Token.Expiry.IsZero() {
			line.Expires = &r.Token.Expiry
		}
	}
	return line
}

func (sh *shell) putLogins(lines []loginLine, output string) error {
	if output == "json" {
		for _, l := range lines {
			if err := sh.putJSON(l); err != nil {
				return err
			}
		}
		return nil
	}
	if len(lines) == 0 {
		fmt.Fprintln(sh.stderr, "tidewire: nobody has logged in; see tidewire login --help")
		return nil
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		fmt.Fprintln(w, l.text(time.Now()))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return sh.put([]byte(visible(text.String())))
}

// text is one line, its columns parted by tabs.
func (l *loginLine) text(now time.Time) string {
	if l.Error != "" {
		return l.Name + "\t" + l.Error
	}
	where := firstOf(l.Issuer, "user pool "+l.UserPool) + ", client " + l.ClientID
	if l.User != "" {
		where += ", user " + l.User
	}
	until := "no expiry"
	switch {
	case l.Expires == nil:
	case now.Before(*l.Expires):
		until = "until " + stamp(*l.Expires)
	default:
		until = "expired " + stamp(*l.Expires)
	}
	if l.Renewable {
		until += ", renewable"
	}
	return l.Name + "\t" + where + "\t" + until
}
