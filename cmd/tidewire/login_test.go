package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tidewire/tidewire/login"
)

// browse is the program xdg-open of the scripts: a browser of a person who
// agrees to everything.
func browse() {
	resp, err := http.Get(os.Args[1])
	if err != nil || resp.StatusCode != http.StatusOK {
		os.Exit(1)
	}
	_ = resp.Body.Close() // the process ends
}

// TestLoginScripts runs the scripts of login, token and logout, each with
// providers of its own: see newProviders.
func TestLoginScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "login"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               startProviders,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "let": let},
	})
}

func startProviders(env *testscript.Env) error {
	full, bare := newProviders(false), newProviders(true)
	env.Defer(full.Close)
	env.Defer(bare.Close)
	env.Vars = append(env.Vars, "ISSUER="+full.URL, "BARE="+bare.URL, "TIDEWIRE_CONFIG_DIR="+filepath.Join(env.WorkDir, "config"),
		"PASSWORD=password of-provider", "CLIENT_SECRET=secret-of-provider")
	return nil
}

// typist is a shell for a person who types the keys given.
func typist(keys string) (*shell, *bytes.Buffer) {
	var seen bytes.Buffer
	return &shell{stdin: strings.NewReader(keys), stdout: io.Discard, stderr: &seen, typing: true}, &seen
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, keys string
		q          login.Question
		want       string
		sees       string
	}{
		{"text message", "123456\r", login.Question{Kind: login.AskSMSCode, Destination: "+***99"}, "123456", "code of the text message (+***99): 123456"},
		{"app", "1\r", login.Question{Kind: login.AskTOTPCode}, "1", "code of the authenticator app: 1"},
		{"mail", "1\r", login.Question{Kind: login.AskEmailCode, Destination: "a***@e***"}, "1", "code of the mail (a***@e***): 1"},
		{"again", "2\r", login.Question{Kind: login.AskSMSCode, Attempt: 2, Refusal: "Invalid \x1b[2Jcode"}, "2", "tidewire: Invalid \\x1b[2Jcode"},
		{"attribute", "a@example.com\r", login.Question{Kind: login.AskAttribute, Attribute: "email"}, "a@example.com", "email: a@example.com"},
		{"method by number", "9\r2\r", login.Question{Kind: login.AskMethod, Choices: []string{"SMS_MFA", "EMAIL_OTP"}}, "EMAIL_OTP", "tidewire: 1 SMS_MFA\ntidewire: 2 EMAIL_OTP"},
		{"method by name", "sms_mfa\r", login.Question{Kind: login.AskMethod, Choices: []string{"SMS_MFA", "EMAIL_OTP"}}, "SMS_MFA", "which: sms_mfa"},
		{"password", "hush hush\rhush\rhush hush\rhush hush\r", login.Question{Kind: login.AskNewPassword}, "hush hush", "these were not the same"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sh, seen := typist(c.keys)
			got, err := newAsker(sh).answer(t.Context(), c.q)
			if err != nil || got != c.want || !strings.Contains(seen.String(), c.sees) {
				t.Errorf("%q, %v; on the screen:\n%s", got, err, seen)
			}
			if strings.Contains(seen.String(), "hush") {
				t.Error("the password is shown")
			}
		})
	}
}

func TestQuestionsGivenUp(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]string{"Ctrl-C": "\x03", "Ctrl-D": "\x04", "nothing": "\r", "gone": "",
		"blanks": "  \r", "never the same": "a\rb\rc\rd\re\rf\r", "no choice": "x\ry\rz\r"} {
		kind := login.AskSMSCode
		switch name {
		case "never the same":
			kind = login.AskNewPassword
		case "no choice":
			kind = login.AskMethod
		}
		sh, _ := typist(keys)
		if got, err := newAsker(sh).answer(t.Context(), login.Question{Kind: kind, Choices: []string{"A"}}); !errors.Is(err, errGaveUp) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestQuestionEndsWithContext wants a prompt that nobody answers to end.
func TestQuestionEndsWithContext(t *testing.T) {
	t.Parallel()
	in, keys := io.Pipe()
	defer keys.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := newAsker(&shell{stdin: in, stderr: io.Discard})
	if _, err := a.answer(ctx, login.Question{Kind: login.AskSMSCode}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestBrowserNeedsAScreen(t *testing.T) {
	t.Parallel()
	if open := browser(func(string) string { return "" }); open != nil && runtime.GOOS == "linux" {
		t.Error("a browser without a screen")
	}
	if open := browser(func(string) string { return ":0" }); open == nil {
		t.Error("no browser on a screen")
	}
}

func TestCallbackAddress(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{"": true, "http://localhost:8400/cb": true, "http://127.0.0.1:80/": true, "https://localhost:1/x": false,
		"http://localhost/cb": false, "http://localhost:1": false, "http://u@localhost:1/": false, "http://localhost:1/?a": false, "localhost:1/": false, "::": false} {
		s := loginSettings{Redirect: address}
		if _, err := s.callback(); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}
