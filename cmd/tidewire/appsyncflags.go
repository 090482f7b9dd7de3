package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/appsync"
)

// appsyncFlags are the flags of all commands that call AppSync.
type appsyncFlags struct {
	auth    authFlags
	headers []string
	show    string
}

const reachHelp = `URL is https://{id}.appsync-api.{region}.amazonaws.com/%[1]s, or that of a custom
domain or of a gateway that you are running. How to prove who is calling: see
tidewire help auth. What was chosen stands on stderr. --show headers prints what
would be sent, with credentials as length and 8 digits of SHA-256, and sends nothing.`

func (f *appsyncFlags) add(cmd *cobra.Command, sh *shell) {
	flags := cmd.Flags()
	f.auth.add(flags)
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "header to send, as `'Name: value'` (repeatable)")
	flags.StringVar(&f.show, "show", "", "print what would be sent, and send nothing: `headers`")
	f.complete(cmd, sh)
}

func (f *appsyncFlags) check() error {
	if f.show != "" && f.show != "headers" {
		return usagef("", "--show must be headers, not %q", f.show)
	}
	return f.auth.check()
}

// target reads the URL of an API, whose path ends in last. Errors do not
// repeat what may be secret in it.
func (f *appsyncFlags) target(rawURL, last string) (*url.URL, error) {
	advice := "it looks like https://{id}.appsync-api.{region}.amazonaws.com" + last + " or http://127.0.0.1:4577" + last
	u, err := url.Parse(rawURL)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, usagef(advice, "the address is not a URL with a host")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, usagef(advice, "the URL must begin with https:// or http://; the address of the WebSocket follows from it")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, usagef(advice, "the URL must be scheme, host and path, without user, query or fragment")
	case last == graphqlPath && strings.HasSuffix(strings.TrimRight(u.Path, "/"), eventPath):
		return nil, usagef("use tidewire events publish or tidewire events subscribe; "+advice, "this is the address of an Event API")
	case last == eventPath && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), eventPath):
		return nil, usagef(advice, "the address of an Event API ends in %s", eventPath)
	}
	return u, nil
}

// Paths of the two kinds of API.
const (
	graphqlPath = "/graphql"
	eventPath   = "/event"
)

// call is how an API is called: who, with which headers, by which client.
type call struct {
	url    string
	auth   *appsync.Auth
	host   string
	header http.Header
	http   *http.Client
}

// prepare finds how to call the API at target, and says so on stderr.
func (f *appsyncFlags) prepare(ctx context.Context, sh *shell, target *url.URL) (*call, error) {
	header, err := parseHeaders(f.headers)
	if err != nil {
		return nil, err
	}
	who, err := f.auth.choose(ctx, sh, target)
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(sh.stderr, "tidewire:", visible(who.source))
	return &call{url: target.String(), auth: who.auth, host: f.auth.host, header: header, http: who.http}, nil
}

// target is what the pieces of package appsync take.
func (c *call) target() appsync.Target { return appsync.Target{URL: c.url, Host: c.host} }

// options are the client's.
func (c *call) options() *appsync.Options {
	return &appsync.Options{Host: c.host, HTTPClient: c.http, Header: c.header}
}

// client is a client for the API.
func (c *call) client(o *appsync.Options) (*appsync.Client, error) {
	client, err := appsync.New(c.url, c.auth, o)
	return client, appsyncError(err)
}

// stdinOnce sees to it that stdin is read for one purpose only.
func stdinOnce(sources ...string) error {
	readers := 0
	for _, source := range sources {
		if source == "-" || source == "@-" {
			readers++
		}
	}
	if readers > 1 {
		return usagef("put the others into files", "stdin can be read for one thing only: the document, --vars, --token or the events")
	}
	return nil
}
