//go:build conformance

package conformance

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidewire/tidewire/login"
)

// srpPrime is the group of RFC 3526 section 4, made of its formula:
// 2^3072 - 2^3008 - 1 + 2^64 * ([2^2942 pi] + 1690314).
func srpPrime() *big.Int {
	one := big.NewInt(1)
	n := new(big.Int).Add(floorOfPi(2942), big.NewInt(1690314))
	n.Lsh(n, 64)
	n.Add(n, new(big.Int).Lsh(one, 3072))
	n.Sub(n, new(big.Int).Lsh(one, 3008))
	return n.Sub(n, one)
}

// floorOfPi is [2^bits pi] by Machin's formula, with bits to spare.
func floorOfPi(bits uint) *big.Int {
	unit := new(big.Int).Lsh(big.NewInt(1), bits+64)
	arctan := func(x int64) *big.Int { // of 1/x
		sum, term, square := new(big.Int), new(big.Int).Div(unit, big.NewInt(x)), big.NewInt(x*x)
		for n := int64(1); term.Sign() != 0; n += 2 {
			part := new(big.Int).Div(term, big.NewInt(n))
			if n%4 == 1 {
				sum.Add(sum, part)
			} else {
				sum.Sub(sum, part)
			}
			term.Div(term, square)
		}
		return sum
	}
	pi := new(big.Int).Mul(arctan(5), big.NewInt(16))
	pi.Sub(pi, new(big.Int).Mul(arctan(239), big.NewInt(4)))
	return pi.Rsh(pi, 64)
}

// padded is x as Java's BigInteger.toByteArray gives it, which Cognito hashes.
func padded(x *big.Int) []byte {
	return append(make([]byte, 1-min(1, (7-(x.BitLen()+7)%8))), x.Bytes()...)
}

func hashOf(parts ...[]byte) *big.Int {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return new(big.Int).SetBytes(sum[:])
}

func macOf(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(bytes.Join(parts, nil))
	return h.Sum(nil)
}

// verifierPool is a user pool that knows USER_SRP_AUTH only, with one user:
// the server's half of SRP-6a (RFC 5054) with Cognito's hashes.
type verifierPool struct {
	name, user, password string
	token                string // that it gives

	mu     sync.Mutex
	n      *big.Int
	salt   *big.Int
	b      *big.Int // private
	a      *big.Int // the client's public value
	logins int
}

func (v *verifierPool) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var in struct{ AuthParameters, ChallengeResponses map[string]string }
	_ = json.NewDecoder(r.Body).Decode(&in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	switch operation {
	case "InitiateAuth":
		v.a, _ = new(big.Int).SetString(in.AuthParameters["SRP_A"], 16)
		_ = json.NewEncoder(w).Encode(object{"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": object{
			"USER_ID_FOR_SRP": v.user, "USERNAME": v.user, "SALT": v.salt.Text(16), "SRP_B": v.public().Text(16),
			"SECRET_BLOCK": base64.StdEncoding.EncodeToString([]byte("the block"))}})
	case "RespondToAuthChallenge":
		v.respond(w, in.ChallengeResponses)
	default:
		http.Error(w, `{"__type":"UnknownOperationException"}`, http.StatusBadRequest)
	}
}

func (v *verifierPool) respond(w http.ResponseWriter, in map[string]string) {
	want := macOf(v.key(), []byte(v.name), []byte(v.user), []byte("the block"), []byte(in["TIMESTAMP"]))
	if in["PASSWORD_CLAIM_SIGNATURE"] != base64.StdEncoding.EncodeToString(want) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"NotAuthorizedException","message":"Incorrect username or password."}`)
		return
	}
	v.logins++
	_ = json.NewEncoder(w).Encode(object{"AuthenticationResult": object{"AccessToken": v.token, "IdToken": v.token, "RefreshToken": "refresh-of-srp",
		"ExpiresIn": 3600, "TokenType": "Bearer"}})
}

func (v *verifierPool) verifier() *big.Int {
	inner := sha256.Sum256([]byte(v.name + v.user + ":" + v.password))
	return new(big.Int).Exp(big.NewInt(2), hashOf(padded(v.salt), inner[:]), v.n)
}

// public is B = k v + g^b.
func (v *verifierPool) public() *big.Int {
	k := hashOf(padded(v.n), padded(big.NewInt(2)))
	b := new(big.Int).Exp(big.NewInt(2), v.b, v.n)
	return b.Add(b, k.Mul(k, v.verifier())).Mod(b, v.n)
}

// key is the first 16 bytes of HKDF over S = (A v^u)^b.
func (v *verifierPool) key() []byte {
	u := hashOf(padded(v.a), padded(v.public()))
	s := new(big.Int).Exp(v.verifier(), u, v.n)
	s.Mul(s, v.a).Exp(s, v.b, v.n)
	return macOf(macOf(padded(u), padded(s)), []byte("Caldera Derived Key\x01"))[:16]
}

// TestLoginBySRP has one verifier judge tidewire and Amplify's client.
func TestLoginBySRP(t *testing.T) {
	t.Parallel()
	const password = "correct horse – battery"
	jwt := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(fmt.Sprintf(`{"sub":"s","exp":%d,"iat":1}`, time.Now().Add(time.Hour).Unix()))) + ".c2ln"
	v := &verifierPool{name: "Verifier1", user: "ana", password: password, token: jwt, n: srpPrime(), salt: big.NewInt(0x8a5c3f0e), b: new(big.Int).Lsh(big.NewInt(12345), 300)}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	a := newAccount(t, password, "refresh-of-srp", "wrong")
	files := t.TempDir()
	for name, text := range map[string]string{"right": password, "wrong": "wrong"} {
		if err := os.WriteFile(filepath.Join(files, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := func(file string) []string {
		return []string{"login", "ana", "--user-pool", "eu-west-1_Verifier1", "--client-id", "c", "--endpoint", server.URL, "--user", "ana", "--password", "@" + filepath.Join(files, file)}
	}
	a.run(t, 0, with("right")...)
	if a.token(t, "ana") != jwt {
		t.Error("another token than the pool gave")
	}
	if said := a.run(t, 3, with("wrong")...); !strings.Contains(said, "NotAuthorizedException: Incorrect username or password.") {
		t.Errorf("a wrong password:\n%s", said)
	}
	for given, want := range map[string]string{password: jwt, "wrong": "NotAuthorizedException"} {
		p := node(t, "login/amplify.mjs", object{"endpoint": server.URL, "pool": "eu-west-1_Verifier1", "client": "c", "user": "ana", "password": given}, nil)
		if code := p.exit(t); code != 0 || p.stdout.String() != want+"\n" {
			t.Errorf("Amplify: exit code %d\n%s%s", code, p.stdout, p.stderr)
		}
	}
	if v.logins != 2 {
		t.Errorf("%d logins were good, want one of tidewire's and one of Amplify's", v.logins)
	}
}

// srpCase is one exchange; a server that asks and listens takes it from
// tidewire, Amplify's client computes it.
type srpCase struct {
	Pool     string `json:"pool"`
	User     string `json:"user"`
	Password string `json:"password"`
	PrivateA string `json:"a"`
	B        string `json:"B"`
	Salt     string `json:"salt"`
	Block    string `json:"block"`
	Stamp    string `json:"stamp"`
}

type srpResult struct {
	A         string `json:"A"`
	Signature string `json:"signature"`
}

// TestSRPSideBySide has tidewire and Amplify's client compute of the same
// inputs, which are random but for the first, and wants the same values.
func TestSRPSideBySide(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3072, 42))
	digits := func(bytes int) string {
		text := make([]byte, bytes)
		for i := range text {
			text[i] = byte(random.Uint32())
		}
		return strings.TrimLeft(hex.EncodeToString(text), "0")
	}
	cases := []srpCase{knownExchange()}
	for i := range 16 {
		c := srpCase{Pool: fmt.Sprint("Pool", i), User: digits(8), Password: digits(i+1) + "ß😀:", PrivateA: digits(128), B: digits(384 - i%3),
			Salt: digits(16 - i%2), Block: base64.StdEncoding.EncodeToString([]byte(digits(30 + i)))}
		cases = append(cases, c)
	}
	var ours []srpResult
	for i := range cases {
		ours = append(ours, answerOf(t, &cases[i]))
	}
	p := node(t, "login/srp.mjs", cases, nil)
	var theirs []srpResult
	if code := p.exit(t); code != 0 || json.Unmarshal([]byte(p.stdout.String()), &theirs) != nil || len(theirs) != len(ours) {
		t.Fatalf("exit code %d\n%s%s", code, p.stdout, p.stderr)
	}
	for i := range cases {
		if ours[i] != theirs[i] {
			t.Errorf("case %d %+v:\ntidewire %+v\nAmplify  %+v", i, cases[i], ours[i], theirs[i])
		}
	}
	if want := "A2KPxnHA4b5YsIysAl1aphfIToAdwLm44AOZPreHiVg="; ours[0].Signature != want {
		t.Errorf("the known exchange: %s, want %s", ours[0].Signature, want)
	}
}

// knownExchange is one whose values are known from elsewhere.
func knownExchange() srpCase {
	v := &verifierPool{name: "Example1", user: "b1946ac9-2492-4d23-9b2c-6f2a1d0e5f3c", password: "Passw0rd!", n: srpPrime()}
	v.salt, _ = new(big.Int).SetString("8a5c3f0e19d27b468a5c3f0e19d27b46", 16)
	v.b, _ = new(big.Int).SetString(strings.Repeat("2e", 64), 16)
	return srpCase{Pool: v.name, User: v.user, Password: v.password, PrivateA: "0f" + strings.Repeat("1f", 63), B: v.public().Text(16),
		Salt: v.salt.Text(16), Block: "bG9jYWwtc2VjcmV0LWJsb2Nr"}
}

// answerOf is what package login answers, on 2024-01-02 03:04:05 UTC.
func answerOf(t *testing.T, c *srpCase) (r srpResult) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		var in struct{ AuthParameters, ChallengeResponses map[string]string }
		_ = json.NewDecoder(request.Body).Decode(&in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if strings.HasSuffix(request.Header.Get("X-Amz-Target"), ".InitiateAuth") {
			r.A = in.AuthParameters["SRP_A"]
			_ = json.NewEncoder(w).Encode(object{"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": object{
				"USER_ID_FOR_SRP": c.User, "SALT": c.Salt, "SRP_B": c.B, "SECRET_BLOCK": c.Block}})
			return
		}
		c.Stamp, r.Signature = in.ChallengeResponses["TIMESTAMP"], in.ChallengeResponses["PASSWORD_CLAIM_SIGNATURE"]
		_ = json.NewEncoder(w).Encode(object{"AuthenticationResult": object{"AccessToken": "x", "ExpiresIn": 1}})
	}))
	defer server.Close()
	private, err := hex.DecodeString(strings.Repeat("0", 256-len(c.PrivateA)) + c.PrivateA)
	if err != nil {
		t.Fatal(err)
	}
	pool := &login.UserPool{PoolID: "eu-west-1_" + c.Pool, ClientID: "c", Endpoint: server.URL, Rand: bytes.NewReader(private),
		Now: func() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }}
	if _, err := pool.SRP(context.Background(), "typed", c.Password); err != nil {
		t.Fatal(err)
	}
	return r
}
