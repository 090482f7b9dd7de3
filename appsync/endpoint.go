package appsync

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/exchange"
)

// Target is where an API is. Only URL is required.
type Target struct {
	// URL is the HTTP endpoint: https://{id}.appsync-api.{region}.amazonaws.com/graphql,
	// that of a custom domain, a VPC endpoint or a local server; or /event
	// instead of /graphql for an Event API.
	URL string
	// Host is the host that requests name and sign, where it is not the one
	// that is dialled: {id}.appsync-api.{region}.amazonaws.com when URL is a VPC
	// endpoint. Default: that of URL.
	Host string
	// RealtimeURL is where the WebSocket is opened, when the rule of the AppSync
	// developer guide ("Building a real-time WebSocket client") does not fit.
	// The rule: AWS's host names get appsync-realtime-api for appsync-api, in URL
	// and Host; an API whose requests name no such host gets /realtime after
	// the path /graphql. Event APIs always get /realtime after /event.
	RealtimeURL string
	// Region to sign for. Default: the one in Host or URL, see [RegionOf].
	Region string
	// Now is the clock for signatures. Default time.Now.
	Now func() time.Time
}

// RegionOf is the region in a host name of AppSync in AWS,
// {id}.appsync-api.{region}.amazonaws.com, also with appsync-realtime-api, with
// .cn and with a port; "" for any other host.
func RegionOf(host string) string {
	labels := apiLabels(host)
	if labels == nil {
		return ""
	}
	return labels[2]
}

// apiLabels are the labels of an AppSync host in AWS before amazonaws.com.
func apiLabels(host string) []string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	name, found := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	labels := strings.Split(name, ".")
	if !found || len(labels) != 3 || labels[0] == "" || strings.Trim(labels[2], "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || labels[2] == "" {
		return nil
	}
	if labels[1] != apiLabel && labels[1] != realtimeLabel {
		return nil
	}
	return labels
}

const (
	apiLabel      = "appsync-api"
	realtimeLabel = "appsync-realtime-api"
)

// endpoint is a Target, read and checked. It is immutable.
type endpoint struct {
	http         url.URL
	place        string // http, for people
	host         string // named and signed
	override     bool   // host is not the dialled one
	connectPath  string // what IAM signs to connect
	realtime     url.URL
	realtimeHost string // for the Host header of the upgrade; "" for that of realtime
	region       string
	now          func() time.Time // nil: time.Now
	kept         bool             // a client's, which lives long
}

func (t *Target) endpoint() (*endpoint, error) {
	u, err := parseURL(t.URL, "http", "https")
	if err != nil {
		return nil, err
	}
	e := &endpoint{http: *u, place: exchange.Place(u), host: u.Host, now: t.Now, connectPath: u.EscapedPath()}
	if !isEvents(u) {
		e.connectPath += "/connect"
	}
	if t.Host != "" {
		e.host, e.override = t.Host, true
	}
	if strings.ContainsAny(e.host, "/?#@ \r\n") {
		return nil, errors.New("Host must be a host name, with a port if it has one, not a URL")
	}
	e.region = t.Region
	for _, host := range []string{e.host, u.Host} {
		if e.region == "" {
			e.region = RegionOf(host)
		}
	}
	return e, e.setRealtime(t)
}

// WebSocket gives the address at which the WebSocket of t is opened, and the
// Host header to send; "" for that of the address. It holds no secret.
func (t Target) WebSocket() (address, host string, err error) {
	e, err := t.endpoint()
	if err != nil {
		return "", "", err
	}
	return e.realtime.String(), e.realtimeHost, nil
}

// setRealtime finds where the WebSocket is.
func (e *endpoint) setRealtime(t *Target) error {
	if e.override {
		e.realtimeHost = realtimeHost(e.host)
	}
	if t.RealtimeURL != "" {
		u, err := parseURL(t.RealtimeURL, "ws", "wss")
		if err == nil {
			e.realtime = *u
		}
		return err
	}
	e.realtime = e.http
	e.realtime.Scheme = strings.Replace(e.http.Scheme, "http", "ws", 1)
	e.realtime.Host = realtimeHost(e.http.Host)
	if realtimeHost(e.host) == e.host || isEvents(&e.http) {
		e.realtime = *e.realtime.JoinPath("realtime")
	}
	return nil
}

// realtimeHost is the real-time host for an AWS host, else host itself.
func realtimeHost(host string) string {
	if labels := apiLabels(host); labels == nil || labels[1] != apiLabel {
		return host
	}
	first, rest, _ := strings.Cut(host, ".")
	return first + "." + realtimeLabel + rest[len(apiLabel):]
}

// isEvents says whether u is the endpoint of an Event API.
func isEvents(u *url.URL) bool { return strings.HasSuffix(u.Path, "/event") }

// parseURL reads a URL; its errors do not repeat it.
func parseURL(text string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the URL cannot be read: %w", exchange.WithoutURL(err))
	}
	switch {
	case u.Scheme != schemes[0] && u.Scheme != schemes[1]:
		return nil, fmt.Errorf("the URL must begin with %s:// or %s://, not %q", schemes[1], schemes[0], u.Scheme)
	case u.Host == "":
		return nil, errors.New("the URL has no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("the URL must be scheme, host and path, without user, query or fragment")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u, nil
}
