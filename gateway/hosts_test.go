package gateway

import (
	"net"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

func testSpec() *spec.Spec {
	return &spec.Spec{
		Region: "eu-west-1", Account: "123456789012", Partition: "aws",
		WebSocketAPIs: []spec.WebSocketAPI{{ID: "abc1234567", Stages: []spec.Stage{{Name: "dev"}}}},
		Domains: []spec.Domain{{Name: "ws.example.com", Mappings: []spec.Mapping{
			{Key: "", APIID: "abc1234567", Stage: "dev"}, {Key: "chat", APIID: "abc1234567", Stage: "prod"}}}},
	}
}

func TestOnlyHostsGivenOutAreServed(t *testing.T) {
	t.Parallel()
	h, err := newHosts("127.0.0.1:4577", testSpec(), []string{"box.lan", "proxy.example:8443"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host   string
		secure bool
		want   string // host given out; empty: refused
	}{
		{"127.0.0.1:4577", false, "127.0.0.1:4577"},
		{"localhost:4577", false, "localhost:4577"},
		{"LOCALHOST:4577", false, "localhost:4577"},
		{"[::1]:4577", true, "[::1]:4577"},
		{"127.0.0.1", false, ""},
		{"127.0.0.1:80", false, ""},
		{"127.0.0.1:4578", false, ""},
		{"127.0.0.2:4577", false, ""},
		{"evil.example:4577", false, ""},
		{"localhost.evil.example:4577", false, ""},
		{"", false, ""},
		{"abc1234567.execute-api.eu-west-1.amazonaws.com", true, "abc1234567.execute-api.eu-west-1.amazonaws.com:4577"},
		{"abc1234567.execute-api.eu-west-1.amazonaws.com:4577", true, "abc1234567.execute-api.eu-west-1.amazonaws.com:4577"},
		{"abc1234567.execute-api.us-east-1.amazonaws.com", true, ""},
		{"zzz1234567.execute-api.eu-west-1.amazonaws.com", true, ""},
		{"ws.example.com", true, "ws.example.com:4577"},
		{"box.lan:4577", false, "box.lan:4577"},
		{"box.lan:1", false, ""},
		{"proxy.example:8443", true, "proxy.example:8443"},
	} {
		got, ok := h.find(c.host, c.secure, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4577})
		if ok != (c.want != "") || got.host != c.want {
			t.Errorf("%q: %q %v, want %q", c.host, got.host, ok, c.want)
		}
	}
}

func TestListeningEverywhereServesItsOwnAddress(t *testing.T) {
	t.Parallel()
	h, err := newHosts("0.0.0.0:4577", testSpec(), nil)
	if err != nil {
		t.Fatal(err)
	}
	local := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 4577}
	if got, ok := h.find("192.0.2.7:4577", true, local); !ok || got.host != "192.0.2.7:4577" {
		t.Errorf("own address: %v %v", got, ok)
	}
	for _, host := range []string{"192.0.2.8:4577", "evil.example:4577", "0.0.0.0:4577"} {
		if _, ok := h.find(host, true, local); ok {
			t.Errorf("%s is served", host)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		origin   string
		loopback bool
		allowed  []string
		want     bool
	}{
		{"", true, nil, true},
		{"http://localhost:3000", true, nil, true},
		{"https://127.0.0.1", true, nil, true},
		{"http://[::1]:8080", true, nil, true},
		{"null", true, nil, false},
		{"https://evil.example", true, nil, false},
		{"http://localhost.evil.example", true, nil, false},
		{"http://127.0.0.1.evil.example", true, nil, false},
		{"https://app.example", true, []string{"https://app.example"}, true},
		{"https://app.example:8443", true, []string{"https://app.example"}, false},
		{"null", true, []string{"*"}, true},
		{"https://evil.example", false, nil, true},
	} {
		if got := originAllowed(c.origin, c.loopback, c.allowed); got != c.want {
			t.Errorf("%q loopback=%v allowed=%v: %v", c.origin, c.loopback, c.allowed, got)
		}
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	s := testSpec()
	byPath := target{host: "127.0.0.1:4577"}
	byName := target{api: "abc1234567"}
	byDomain := target{domain: &s.Domains[0]}
	for _, c := range []struct {
		t     target
		path  string
		want  string // "api stage rest…"; empty: nowhere
		whole bool
	}{
		{byPath, "/dev", "abc1234567 dev", true},
		{byPath, "/dev/", "abc1234567 dev", true},
		{byPath, "/abc1234567/dev", "abc1234567 dev", true},
		{byPath, "/abc1234567/event", "abc1234567 event", true},
		{byPath, "/event", "", false},
		{byPath, "/ping", "", false},
		{byPath, "/dev/@connections/Abc%3D", "abc1234567 dev @connections Abc=", true},
		{byPath, "/dev/%40connections/Abc%3D", "abc1234567 dev @connections Abc=", true},
		{byPath, "/dev/@connections/Abc%253D", "abc1234567 dev @connections Abc%3D", true},
		{byPath, "/dev/%2e%2e/x", "abc1234567 dev .. x", true},
		{byPath, "/dev/%zz", "", false},
		{byName, "/dev", "abc1234567 dev", true},
		{byDomain, "/", "abc1234567 dev", true},
		{byDomain, "/chat", "abc1234567 prod", true},
		{byDomain, "/chat/@connections/x", "abc1234567 prod @connections x", true},
		{byDomain, "/@connections/x", "abc1234567 dev @connections x", true},
	} {
		p, ok := locate(s, c.t, c.path)
		got := ""
		if ok {
			got = p.api + " " + p.stage
			for _, r := range p.rest {
				got += " " + r
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
}

func FuzzLocate(f *testing.F) {
	f.Add("/dev/@connections/Abc%3D")
	f.Add("//dev//%2F")
	f.Add("%")
	s := testSpec()
	f.Fuzz(func(t *testing.T, path string) {
		p, ok := locate(s, target{}, path)
		if ok && p.api != "abc1234567" {
			t.Fatalf("%q leads to %q", path, p.api)
		}
		locate(s, target{domain: &s.Domains[0]}, path)
	})
}
