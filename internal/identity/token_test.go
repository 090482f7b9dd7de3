package identity

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample() *grant {
	at := time.Unix(1700000000, 0).UTC()
	return &grant{accessKeyID: "ASIAAAAAAAAAAAAAAAAA", secret: "s", role: "arn:aws:iam::1:role/R", session: "n", policy: "{}",
		issued: at, expires: at.Add(time.Hour)}
}

// samples are one grant of each version.
func samples() []*grant {
	pool := sample()
	pool.cognito = &Cognito{PoolID: "us-east-1:p", IdentityID: "us-east-1:i", Provider: "idp", SignIn: "idp:CognitoSignIn:s"}
	return []*grant{sample(), pool}
}

func TestSealEveryBit(t *testing.T) {
	t.Parallel()
	for _, g := range samples() {
		sealEveryBit(t, g)
	}
}

func sealEveryBit(t *testing.T, sample *grant) {
	s, err := newSealer([32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	token, err := s.seal(sample)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.open(token)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample, got, cmp.AllowUnexported(grant{})); diff != "" {
		t.Error(diff)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for bit := range 8 {
			raw[i] ^= 1 << bit
			if g, err := s.open(base64.RawURLEncoding.EncodeToString(raw)); err == nil {
				t.Fatalf("bit %d of byte %d changed, opened as %+v", bit, i, g)
			}
			raw[i] ^= 1 << bit
		}
	}
	for _, bad := range []string{"", token + "A", token + "=", token[:len(token)-1], token + "\n", " " + token, strings.Repeat("A", MaxToken+1)} {
		if _, err := s.open(bad); err == nil {
			t.Errorf("%.10q… of %d characters opened", bad, len(bad))
		}
	}
}

func TestSealKeysDiffer(t *testing.T) {
	t.Parallel()
	a, err1 := newSealer([32]byte{1})
	b, err2 := newSealer([32]byte{2})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	token, err := a.seal(sample())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.open(token); err != errTokenKey {
		t.Errorf("another key: %v", err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[1:], b.key[:]) // claims to be b's
	if _, err := b.open(base64.RawURLEncoding.EncodeToString(raw)); err != errTokenSeal {
		t.Errorf("another key under this one's id: %v", err)
	}
}

func TestDecodeGrantRefuses(t *testing.T) {
	t.Parallel()
	for _, g := range samples() {
		whole := g.encode()
		for n := range whole {
			if g, err := decodeGrant(whole[:n], g.version()); err == nil {
				t.Errorf("%d of %d bytes decoded as %+v", n, len(whole), g)
			}
		}
		if _, err := decodeGrant(append(whole, 0), g.version()); err == nil {
			t.Error("a byte too many")
		}
		if _, err := decodeGrant(whole, tokenVersion+poolVersion-g.version()); err == nil {
			t.Error("decoded as the other version")
		}
	}
	for name, change := range map[string]func(*grant){
		"too long":  func(g *grant) { g.expires = g.issued.Add(MaxSession + time.Second) },
		"no time":   func(g *grant) { g.expires = g.issued },
		"no key":    func(g *grant) { g.accessKeyID = "" },
		"no secret": func(g *grant) { g.secret = "" },
		"no role":   func(g *grant) { g.role = "" },
		"no name":   func(g *grant) { g.session = "" },
	} {
		g := sample()
		change(g)
		if _, err := decodeGrant(g.encode(), tokenVersion); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
	half := samples()[1]
	half.cognito.SignIn = ""
	if _, err := decodeGrant(half.encode(), poolVersion); err == nil {
		t.Error("a provider without its subject: decoded")
	}
}

// TestLongestPoolToken seals the longest of everything that an identity pool
// may put into a token.
func TestLongestPoolToken(t *testing.T) {
	t.Parallel()
	s, err := newSealer([32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	g := sample()
	g.role = "arn:aws-us-gov:iam::123456789012:role" + strings.Repeat("/", 512) + strings.Repeat("r", 64)
	g.session, g.policy, g.secret = poolSession, "", strings.Repeat("s", 40)
	g.cognito = &Cognito{PoolID: strings.Repeat("p", 64), IdentityID: strings.Repeat("i", 64),
		Provider: strings.Repeat("h", maxProvider), SignIn: strings.Repeat("s", maxSignIn)}
	if err := g.cognito.check(); err != nil {
		t.Fatal(err)
	}
	token, err := s.seal(g)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d characters", len(token))
}

func FuzzDecodeGrant(f *testing.F) {
	for _, g := range samples() {
		f.Add(g.encode(), g.version())
	}
	f.Add([]byte{}, byte(tokenVersion))
	f.Add([]byte{1, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1}, byte(poolVersion))
	f.Fuzz(func(t *testing.T, b []byte, version byte) {
		g, err := decodeGrant(b, version)
		if err != nil {
			return
		}
		again, err := decodeGrant(g.encode(), g.version())
		if err != nil || !cmp.Equal(g, again, cmp.AllowUnexported(grant{})) {
			t.Errorf("%+v became %+v, %v", g, again, err)
		}
	})
}

func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	var s sessions
	for i := range 3 * maxSessions {
		s.put(strings.Repeat("x", i), &opened{})
	}
	if len(s.m) > maxSessions {
		t.Errorf("%d remembered", len(s.m))
	}
}
