package identity_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/tidewire/tidewire/internal/identity"
)

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start.Add(300 * time.Millisecond)})
	for _, name := range []string{roleARN, "PosterRole", "Poster"} {
		c, err := a.AssumeRole(name, "fn", 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^ASIA[A-Z2-7]{16}$`).MatchString(c.AccessKeyID) || !regexp.MustCompile(`^[A-Za-z0-9+/]{40}$`).MatchString(c.SecretAccessKey) ||
			!regexp.MustCompile(`^[A-Za-z0-9_-]{100,400}$`).MatchString(c.SessionToken) {
			t.Error("credentials do not have the shape of AWS's")
		}
		if !c.CanExpire || !c.Expires.Equal(start.Add(time.Hour)) || c.AccountID != account {
			t.Errorf("expires %v at %v, account %s", c.CanExpire, c.Expires, c.AccountID)
		}
		if strings.Contains(c.SessionToken, c.AccessKeyID) {
			t.Error("the token shows the access key id")
		}
	}
}

func TestAssumeRoleRefuses(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	big := sized(2049)
	for _, tt := range []struct {
		role, session, policy string
		d                     time.Duration
		want                  string
	}{
		{"Nobody", "fn", "", 0, `no role "Nobody"`},
		{"", "fn", "", 0, "no role"},
		{"bob", "fn", "", 0, "no role"},
		{"Poster", "", "", 0, "cannot name a session"},
		{"Poster", "a b", "", 0, "cannot name a session"},
		{"Poster", "a/b", "", 0, "cannot name a session"},
		{"Poster", strings.Repeat("s", 65), "", 0, "cannot name a session"},
		{"Poster", "fn", "", 12*time.Hour + 1, "from a second to 12h0m0s"},
		{"Poster", "fn", "", -time.Second, "from a second to 12h0m0s"},
		{"Poster", "fn", "", time.Millisecond, "from a second to 12h0m0s"},
		{"Poster", "fn", `{"Statement":[]`, 0, "session policy cannot be used"},
		{"Poster", "fn", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`, 0, "session policy cannot be used"},
		{"Poster", "fn", big, 0, "the limit is 2048"},
	} {
		c, err := a.AssumeRole(tt.role, tt.session, tt.d, []byte(tt.policy))
		if err == nil || !strings.Contains(err.Error(), tt.want) || c.AccessKeyID != "" {
			t.Errorf("%+v: %v, want %q", tt, err, tt.want)
		}
	}
}

func TestAssumeRoleWithoutRandomNumbers(t *testing.T) {
	t.Parallel()
	o := options(t, stack(t), &clock{start})
	o.Rand = iotest.ErrReader(errors.New("dry"))
	a, err := identity.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.AssumeRole("Poster", "fn", 0, nil); err == nil {
		t.Error("made credentials of nothing")
	}
}

// TestSignedURLIsShort presigns with the largest token that is issued.
func TestSignedURLIsShort(t *testing.T) {
	t.Parallel()
	s := stack(t)
	s.Roles[0].Name = strings.Repeat("r", 64)
	s.Roles[0].ARN = "arn:aws:iam::123456789012:role/" + s.Roles[0].Name
	a := authenticator(t, s, &clock{start})
	full := sized(2048)
	c, err := a.AssumeRole("PosterRole", strings.Repeat("s", 64), 12*time.Hour, []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	r, url := presigned(t, c, start)
	if len(url) >= 4096 || len(c.SessionToken) > identity.MaxToken {
		t.Errorf("the URL has %d characters, the token %d", len(url), len(c.SessionToken))
	}
	if _, refused := a.IAM(context.Background(), r, nil); refused != nil {
		t.Error(refused)
	}
	plain := session(t, a0(t), "")
	_, url = presigned(t, plain, start)
	t.Logf("without session policy: URL %d characters, token %d", len(url), len(plain.SessionToken))
}

func a0(t *testing.T) *identity.Authenticator { return authenticator(t, stack(t), &clock{start}) }

func TestTokenOverTheLimit(t *testing.T) {
	t.Parallel()
	s := stack(t)
	s.Roles[0].ARN = "arn:aws:iam::123456789012:role/" + strings.Repeat("p", 600) + "/Poster"
	a := authenticator(t, s, &clock{start})
	full := sized(2000)
	if _, err := a.AssumeRole("PosterRole", "fn", 0, []byte(full)); err == nil || !strings.Contains(err.Error(), "shorten the session policy") {
		t.Errorf("got %v", err)
	}
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	o := options(t, stack(t), &clock{start})
	o.Rand = zeros{} // the nonce must not come from here
	a, err := identity.New(o)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 100 {
		c, err := a.AssumeRole("Poster", "fn", 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		nonce := c.SessionToken[7:23] // bytes 5.25 to 17.25
		if seen[nonce] {
			t.Fatal("a nonce was used twice")
		}
		seen[nonce] = true
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// sized is a policy of n bytes.
func sized(n int) string {
	const arn = "arn:aws:execute-api:*:*:"
	return allow(manage, arn+strings.Repeat("x", n-len(allow(manage, arn, ""))), "")
}
