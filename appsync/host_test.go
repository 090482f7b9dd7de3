package appsync_test

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/appsync"
)

// A VPC endpoint is dialled under its own name, and told whom it is to reach.
func TestSignedHostIsNotTheDialledOne(t *testing.T) {
	t.Parallel()
	a := newAPI(t, text(403, "application/json", `{"errors":[{"errorType":"UnauthorizedException"}]}`))
	c := newClient(t, a, appsync.IAM(keys(""), ""), appsync.Options{Host: apiHost, Now: signedAt})
	defer c.Close()
	_, err := c.Subscribe(t.Context(), &appsync.Request{Query: onPost})
	r, _ := a.last(t)
	want := strings.Replace(apiHost, "appsync-api", "appsync-realtime-api", 1)
	if !errors.Is(err, appsync.ErrUnauthorized) || r.Host != want || r.URL.Path != "/graphql" {
		t.Errorf("%v; connected to %s as %s, want %s", err, r.URL.Path, r.Host, want)
	}
}

func TestConnectionsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	plain := newAPI(t, text(200, "application/json", `{"data":{}}`))
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	unresolved := &http.Transport{DialContext: (&net.Dialer{Resolver: &net.Resolver{}}).DialContext}
	for name, c := range map[string]struct {
		url       string
		transport *http.Transport
	}{
		"TLS": {strings.Replace(plain.url, "http:", "https:", 1), transport},
		"DNS": {"http://name.invalid/graphql", unresolved},
	} {
		client, err := appsync.New(c.url, appsync.APIKey(apiKey), &appsync.Options{HTTPClient: &http.Client{Transport: c.transport}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.Query(t.Context(), &appsync.Request{Query: "{a}"})
		var unsent *appsync.SendError
		if !errors.As(err, &unsent) || unsent.Sent {
			t.Errorf("%s: %T %v", name, err, err)
		}
		_, err = client.Subscribe(t.Context(), &appsync.Request{Query: onPost})
		var lost *appsync.ConnectionError
		if !errors.As(err, &lost) {
			t.Errorf("%s: %T %v", name, err, err)
		}
		client.Close()
	}
}
