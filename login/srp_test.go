package login

import (
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The values of an exchange made with amazon-cognito-identity-js 6.3 as the
// client and an independent computation as the server.
const (
	vectorPool     = "Example1"
	vectorUser     = "b1946ac9-2492-4d23-9b2c-6f2a1d0e5f3c"
	vectorPassword = "Passw0rd!"
	vectorSalt     = "8a5c3f0e19d27b468a5c3f0e19d27b46"
	vectorBlock    = "bG9jYWwtc2VjcmV0LWJsb2Nr"
)

func number(t testing.TB, hex string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(hex, 16)
	if !ok {
		t.Fatalf("not hexadecimal: %q", hex)
	}
	return n
}

// srpServer is Cognito's half of the exchange, from the formulas of RFC 5054
// with Cognito's padding.
type srpServer struct {
	n, g, k, b *big.Int
	salt, v, B *big.Int
}

func newServer(t testing.TB, pool, user, password, salt, b string) *srpServer {
	t.Helper()
	s := &srpServer{n: number(t, groupHex), g: big.NewInt(2), b: number(t, b), salt: number(t, salt)}
	s.k = number(t, "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6")
	s.v = new(big.Int).Exp(s.g, privateKey(pool, user, password, s.salt), s.n)
	s.B = new(big.Int).Exp(s.g, s.b, s.n)
	s.B.Add(s.B, new(big.Int).Mul(s.k, s.v)).Mod(s.B, s.n)
	return s
}

// shared is S = (A * v^u)^b mod N.
func (s *srpServer) shared(a *big.Int) (u, shared *big.Int) {
	u = hashed(pad(a), pad(s.B))
	shared = new(big.Int).Exp(s.v, u, s.n)
	return u, shared.Mul(shared, a).Exp(shared, s.b, s.n)
}

func (s *srpServer) key(a *big.Int) []byte { return sessionKey(s.shared(a)) }

func TestSRPVector(t *testing.T) {
	t.Parallel()
	server := newServer(t, vectorPool, vectorUser, vectorPassword, vectorSalt, strings.Repeat("2e", 64))
	c, err := startSRP(number(t, "0f"+strings.Repeat("1f", 63)))
	if err != nil {
		t.Fatal(err)
	}
	a := c.public.Text(16)
	block, _ := base64.StdEncoding.DecodeString(vectorBlock)
	challenge := &verifierChallenge{user: vectorUser, salt: server.salt, public: server.B, block: block}
	key, err := c.key(vectorPool, vectorPassword, challenge)
	if err != nil {
		t.Fatal(err)
	}
	u, shared := server.shared(c.public)
	stamp := timestamp(time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC))
	got := map[string]string{
		"digits of A": string(rune('0' + len(a)%10)),
		"A begins":    a[:32], "A ends": a[len(a)-32:],
		"k": c.k.Text(16), "x": privateKey(vectorPool, vectorUser, vectorPassword, server.salt).Text(16),
		"v": server.v.Text(16)[:32], "B": server.B.Text(16)[:32], "u": u.Text(16), "S": shared.Text(16)[:32],
		"key": new(big.Int).SetBytes(key).Text(16), "server's key": new(big.Int).SetBytes(server.key(c.public)).Text(16),
		"timestamp": stamp, "signature": sign(key, vectorPool, challenge, stamp),
	}
	want := map[string]string{
		"digits of A": "7",
		"A begins":    "8b811b3b33af3e2cbb383499262c2db9", "A ends": "6daa078469688405c8f0a45d1884971d",
		"k": "538282c4354742d7cbbde2359fcf67f9f5b3a6b08791e5011b43b8a5b66d9ee6",
		"x": "6e2e6aac08c960aa7b2a13a00a72d393569e9a5aa13d044464499f44c23e5b37",
		"v": "86aab1d444cd5686b02e189ec0e53737", "B": "e0f509df5a437987b4f3e6f2c6895c67",
		"u": "8a806c8ca964fb28105361f40986a581518d2c857dd2cf7e90f20009fa33585a", "S": "32a0b62e7db8606efa463f3f39fcdb69",
		"key": "80abb41d2d26f164e7ddc1802dbb7a32", "server's key": "80abb41d2d26f164e7ddc1802dbb7a32",
		"timestamp": "Tue Jan 2 03:04:05 UTC 2024", "signature": "A2KPxnHA4b5YsIysAl1aphfIToAdwLm44AOZPreHiVg=",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if len(a) != 767 {
		t.Errorf("A has %d digits, want 767", len(a))
	}
}

func TestSRPRefusesTreacherousB(t *testing.T) {
	t.Parallel()
	c, err := newSRP(strings.NewReader(strings.Repeat("k", 128)))
	if err != nil {
		t.Fatal(err)
	}
	n := number(t, groupHex)
	for name, b := range map[string]*big.Int{"zero": new(big.Int), "N": n, "2N": new(big.Int).Lsh(n, 1)} {
		if _, err := c.key("p", "w", &verifierChallenge{user: "u", salt: big.NewInt(1), public: b}); err == nil {
			t.Errorf("B = %s is accepted", name)
		}
	}
}

func TestSRPNeedsRandomness(t *testing.T) {
	t.Parallel()
	for _, random := range []string{"", "short", strings.Repeat("\x00", 128)} {
		if _, err := newSRP(strings.NewReader(random)); err == nil {
			t.Errorf("%d bytes of %q are taken", len(random), random[:min(1, len(random))])
		}
	}
}

func TestSecretHash(t *testing.T) {
	t.Parallel()
	if got, want := secretHash("client-secret", "alice", "client123"), "DGLSguqZqDNgmzb1yNrxa/f8AuWBOIgbdvGVTKH4+XE="; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := secretHash("", "alice", "client123"); got != "" {
		t.Errorf("a hash without a secret: %s", got)
	}
}

func TestTimestampHasBareDay(t *testing.T) {
	t.Parallel()
	got := timestamp(time.Date(2024, 11, 12, 23, 4, 5, 0, time.FixedZone("", 7200)))
	if want := "Tue Nov 12 21:04:05 UTC 2024"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func FuzzParseChallenge(f *testing.F) {
	f.Add(vectorUser, vectorSalt, "e0f509df5a437987b4f3e6f2c6895c67", vectorBlock)
	f.Add("", "abc", "0", "")
	f.Add("u", "zz", strings.Repeat("f", 800), "!")
	f.Fuzz(func(t *testing.T, user, salt, b, block string) {
		c, err := parseChallenge(map[string]string{"USER_ID_FOR_SRP": user, "SALT": salt, "SRP_B": b, "SECRET_BLOCK": block})
		if err != nil {
			return
		}
		client, err := startSRP(big.NewInt(77))
		if err != nil {
			t.Fatal(err)
		}
		if key, err := client.key("p", "w", c); err == nil && len(key) != 16 {
			t.Errorf("a key of %d bytes", len(key))
		}
	})
}
