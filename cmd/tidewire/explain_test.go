package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
)

// keep writes refused requests into a new state directory, as a gateway does.
func keep(t *testing.T, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	dir, err := state.Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	if text != nil {
		if err := dir.WriteFile(refusalsFile, text); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func someRefusals(t *testing.T, n int) []byte {
	t.Helper()
	var kept []keptRefusal
	for i := range n {
		kept = append(kept, keptRefusal{
			Time: time.Date(2024, 1, 2, 3, 4, i, 0, time.UTC), Method: "GET", Path: fmt.Sprintf("/dev/%d\x1b[2J\n", i), API: "chat", AccessKeyID: exampleKey,
			Code:   "InvalidSignatureException",
			Report: &sigv4.Report{Mistakes: []sigv4.Mistake{{Kind: sigv4.KindService, Signed: "appsync", Expected: "execute-api\u202e"}}},
		})
	}
	text, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestExplainLast(t *testing.T) {
	t.Parallel()
	path := keep(t, someRefusals(t, 3))
	for name, c := range map[string]struct {
		args  []string
		lines []string
		talk  string
	}{
		"one":     {[]string{"--last"}, []string{"/dev/2"}, "the last 1 of 3 refused requests"},
		"two":     {[]string{"--last", "2"}, []string{"/dev/1", "/dev/2"}, "--last 3 prints all"},
		"=two":    {[]string{"--last=2"}, []string{"/dev/1", "/dev/2"}, "--last 3 prints all"},
		"all":     {[]string{"--last", "3"}, []string{"/dev/0", "/dev/1", "/dev/2"}, ""},
		"more":    {[]string{"--last=99"}, []string{"/dev/0", "/dev/1", "/dev/2"}, ""},
		"as JSON": {[]string{"--last=2", "--output", "json"}, []string{"/dev/1", "/dev/2"}, "--last 3 prints all"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, talk, code := commandLine(t, "", append([]string{"explain", "--state", path}, c.args...)...)
			if code != 0 || !strings.Contains(talk, c.talk) || c.talk == "" && talk != "" {
				t.Errorf("exit code %d, %s", code, talk)
			}
			if strings.Count(out, "/dev/") != len(c.lines) {
				t.Errorf("%s", out)
			}
			for _, line := range c.lines {
				if !strings.Contains(out, line) {
					t.Errorf("no %s in\n%s", line, out)
				}
			}
			if strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
				t.Errorf("%q controls a terminal", out)
			}
		})
	}
}

func TestExplainLastText(t *testing.T) {
	t.Parallel()
	out, _, _ := commandLine(t, "", "explain", "--last", "--state", keep(t, someRefusals(t, 1)))
	want := `2024-01-02T03:04:00Z GET /dev/0\x1b[2J\n, API chat, access key AKIDEXAMPLE, answered InvalidSignatureException
    service: signed for service appsync, this API is execute-api\u202e
      fix: sign for service execute-api\u202e
`
	if diff := cmp.Diff(want, out); diff != "" {
		t.Error(diff)
	}
}

func TestExplainLastRefuses(t *testing.T) {
	t.Parallel()
	empty := keep(t, nil)
	for name, c := range map[string]struct {
		args []string
		code int
		talk string
	}{
		"none kept":     {[]string{"--last", "--state", empty}, 0, "keeps no refused signature"},
		"damaged":       {[]string{"--last", "--state", keep(t, []byte("{"))}, 1, "hint: delete refusals.json"},
		"no directory":  {[]string{"--last", "--state", filepath.Join(empty, "none")}, 1, "there is no such state directory"},
		"zero":          {[]string{"--last=0", "--state", empty}, 2, "at least 1"},
		"no number":     {[]string{"--last", "http://h/", "--state", empty}, 2, "--last takes a number"},
		"and a request": {[]string{"--last", "--http", "x", "--state", empty}, 2, "exclude each other"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, talk, code := commandLine(t, "", append([]string{"explain"}, c.args...)...); code != c.code || !strings.Contains(talk, c.talk) {
				t.Errorf("exit code %d, %s", code, talk)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(empty, "none")); err == nil {
		t.Error("the state directory was made")
	}
}

func TestClaimedScope(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"GET / HTTP/1.1\nHost: h\nAuthorization: AWS4-HMAC-SHA256 Credential=AK/20240102/eu-west-1/appsync/aws4_request,SignedHeaders=host, Signature=0": "AK appsync eu-west-1",
		"GET /?X-Amz-Credential=AK%2F20240102%2Feu-west-1%2Fappsync%2Faws4_request HTTP/1.1\nHost: h":                                                    "AK appsync eu-west-1",
		"GET /?X-Amz-Credential=AK&%zz HTTP/1.1\nHost: h":                                                                                                "  ",
		"GET / HTTP/1.1\nHost: h\nAuthorization: Bearer x":                                                                                               "  ",
	} {
		raw, err := sigv4.ParseRawRequest([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		key, service, region := claimedScope(raw.Request)
		if got := key + " " + service + " " + region; got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func FuzzClaimedScope(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AK/20240102/eu-west-1/appsync/aws4_request,", "X-Amz-Credential=AK%2F1&%zz")
	f.Fuzz(func(t *testing.T, authorization, query string) {
		key, service, region := claimedScope(&sigv4.Request{Header: http.Header{"Authorization": {authorization}}, RawQuery: query})
		if strings.Contains(key+service+region, "/") {
			t.Errorf("%q %q %q", key, service, region)
		}
	})
}

func TestProfilesIn(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("x\n[default]\n[ profile  a b ]\n a=1\n[profile a b]\n[c] # d\n[open\n[]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"default", "a b", "c"}, profilesIn([]string{file, file + "none"})); diff != "" {
		t.Error(diff)
	}
}

// Each mistake, made with sign or between sign and explain.
func TestExplainMistakes(t *testing.T) {
	t.Parallel()
	const request = "POST /dev HTTP/1.1\nHost: h.example:4577\nX-A: 1\nContent-Length: 3\n\n[7]"
	for name, c := range map[string]struct {
		sign, explain string // flags
		from, to      string // what is changed of the signed text
		want          string // kinds
	}{
		"nothing":        {},
		"service":        {sign: "--service appsync", want: "service"},
		"region":         {sign: "--region us-east-1", want: "region"},
		"both":           {sign: "--service appsync --region us-east-1", want: "service region"},
		"port":           {from: ":4577", to: ":3000", want: "host-port"},
		"slash":          {from: "/dev ", to: "/dev/ ", want: "path-slash"},
		"stage":          {from: "/dev ", to: "/dev/dev ", want: "path-stage"},
		"added":          {from: "/dev ", to: "/dev?a=1 ", want: "query-changed"},
		"body":           {sign: "--sign-body", from: "[7]", to: "[8]", want: "body-changed"},
		"empty body":     {sign: "--sign-body", from: "[7]", to: "", want: "body-changed"},
		"header":         {from: "X-A: 1\r\n", to: "", want: "header-missing"},
		"token appended": {sign: "--omit-session-token", want: "token-unsigned"},
		"token lost":     {from: "X-Amz-Security-Token: " + exampleToken + "\r\n", to: "", want: "token-missing"},
		"ahead":          {explain: "--time 2024-01-02T02:00:00Z", want: "date-skew"},
		"late":           {explain: "--time 2024-01-02T04:00:00Z", want: "date-skew"},
		"expired":        {sign: "--presign --expires 1m", explain: "--time 2024-01-02T03:10:00Z", want: "expired"},
		"key":            {from: exampleKey, to: "AKIDANOTHER", want: "access-key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := keysFile(t, exampleToken)
			flags := func(command, more string) []string {
				all := []string{command, "--http", "-", "--credentials-file", file, "--time", exampleTime, "--service", "execute-api", "--region", "eu-west-1"}
				return append(all, strings.Fields(more)...)
			}
			signed, talk, code := commandLine(t, request, flags("sign", c.sign)...)
			if code != 0 || !strings.Contains(signed, c.from) {
				t.Fatal(talk)
			}
			signed = strings.Replace(signed, c.from, c.to, 1)
			out, talk, code := commandLine(t, signed, flags("explain", c.explain+" --output json")...)
			var report sigv4.Report
			if err := json.Unmarshal([]byte(out), &report); err != nil {
				t.Fatal(err, talk)
			}
			var kinds []string
			for _, m := range report.Mistakes {
				kinds = append(kinds, string(m.Kind))
			}
			if got := strings.Join(slices.Compact(kinds), " "); got != c.want || report.Holds != (c.want == "") || (code == 0) != report.Holds || code != 0 && code != 3 {
				t.Errorf("exit code %d, %q, want %q\n%s", code, got, c.want, out)
			}
			for _, secret := range []string{exampleSecret, exampleToken} {
				if strings.Contains(out+talk, secret) {
					t.Errorf("a credential is printed: %s%s", out, talk)
				}
			}
		})
	}
}
