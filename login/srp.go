package login

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"time"
)

// stampLayout is the TIMESTAMP of PASSWORD_VERIFIER: English, the day
// without a leading zero.
const stampLayout = "Mon Jan 2 15:04:05 UTC 2006"

// groupHex is N, the 3072-bit group of RFC 3526 section 4 (also RFC 5054
// appendix A).
const groupHex = "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" +
	"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" +
	"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED" +
	"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05" +
	"98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB" +
	"9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B" +
	"E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718" +
	"3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33" +
	"A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7" +
	"ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864" +
	"D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2" +
	"08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"

// srp is the client's half of one SRP-6a exchange as Amazon Cognito does it.
// The arithmetic is of math/big and not in constant time; a is used once.
type srp struct {
	n, g, k *big.Int
	a       *big.Int // private
	public  *big.Int // A = g^a mod N
}

// newSRP begins an exchange with a new private value.
func newSRP(random io.Reader) (*srp, error) {
	secret := make([]byte, 128)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, err
	}
	return startSRP(new(big.Int).SetBytes(secret))
}

func startSRP(a *big.Int) (*srp, error) {
	n, _ := new(big.Int).SetString(groupHex, 16) // a constant
	s := &srp{n: n, g: big.NewInt(2), a: a}
	s.k = hashed(pad(n), pad(s.g))
	s.public = new(big.Int).Exp(s.g, a, n)
	if a.Sign() <= 0 || s.public.Cmp(big.NewInt(1)) <= 0 {
		return nil, errors.New("the random source gave nothing random")
	}
	return s, nil
}

// pad is x as the bytes of two's complement: a zero byte in front if the
// first bit is set.
func pad(x *big.Int) []byte {
	b := x.Bytes()
	if len(b) == 0 || b[0] >= 0x80 {
		return append([]byte{0}, b...)
	}
	return b
}

func hashed(parts ...[]byte) *big.Int {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
	}
	return new(big.Int).SetBytes(h.Sum(nil))
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// verifierChallenge is what Cognito asks in PASSWORD_VERIFIER.
type verifierChallenge struct {
	user   string   // USER_ID_FOR_SRP
	salt   *big.Int // SALT
	public *big.Int // B, SRP_B
	block  []byte   // SECRET_BLOCK
}

// parseChallenge reads the parameters of PASSWORD_VERIFIER.
func parseChallenge(p map[string]string) (*verifierChallenge, error) {
	c := &verifierChallenge{user: p["USER_ID_FOR_SRP"]}
	var err error
	if c.salt, err = parseHex(p["SALT"], 512); err != nil {
		return nil, errors.New("SALT " + err.Error())
	}
	if c.public, err = parseHex(p["SRP_B"], 770); err != nil {
		return nil, errors.New("SRP_B " + err.Error())
	}
	if c.block, err = base64.StdEncoding.DecodeString(p["SECRET_BLOCK"]); err != nil || len(c.block) == 0 {
		return nil, errors.New("SECRET_BLOCK is not base64")
	}
	if c.user == "" {
		return nil, errors.New("USER_ID_FOR_SRP is missing")
	}
	return c, nil
}

// parseHex reads a number of at most max hex digits, of an odd count too.
func parseHex(s string, max int) (*big.Int, error) {
	if s == "" || len(s) > max {
		return nil, errors.New("is missing or too long")
	}
	if len(s)%2 == 1 {
		s = "0" + s
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		return nil, errors.New("is not hexadecimal")
	}
	return new(big.Int).SetBytes(b), nil
}

// privateKey is x = H(pad(salt) || H(poolName || user || ":" || password)).
func privateKey(poolName, user, password string, salt *big.Int) *big.Int {
	inner := sha256.Sum256([]byte(poolName + user + ":" + password))
	return hashed(pad(salt), inner[:])
}

// key is the 16 bytes that both sides share: one extract and one expand step
// of HKDF over S.
func (s *srp) key(poolName, password string, c *verifierChallenge) ([]byte, error) {
	u := hashed(pad(s.public), pad(c.public))
	if new(big.Int).Mod(c.public, s.n).Sign() == 0 || u.Sign() == 0 {
		return nil, errors.New("SRP_B is a value that would give the password away")
	}
	x := privateKey(poolName, c.user, password, c.salt)
	base := new(big.Int).Exp(s.g, x, s.n)
	base.Sub(c.public, base.Mul(base, s.k)).Mod(base, s.n)
	exponent := new(big.Int).Mul(u, x)
	shared := base.Exp(base, exponent.Add(exponent, s.a), s.n)
	return sessionKey(u, shared), nil
}

func sessionKey(u, shared *big.Int) []byte {
	return mac(mac(pad(u), pad(shared)), []byte("Caldera Derived Key"), []byte{1})[:16]
}

// sign is PASSWORD_CLAIM_SIGNATURE.
func sign(key []byte, poolName string, c *verifierChallenge, stamp string) string {
	return base64.StdEncoding.EncodeToString(mac(key, []byte(poolName), []byte(c.user), c.block, []byte(stamp)))
}

func timestamp(now time.Time) string { return now.UTC().Format(stampLayout) }

// secretHash is SECRET_HASH; "" without a client secret.
func secretHash(clientSecret, user, clientID string) string {
	if clientSecret == "" {
		return ""
	}
	return base64.StdEncoding.EncodeToString(mac([]byte(clientSecret), []byte(user), []byte(clientID)))
}
