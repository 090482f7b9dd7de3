//go:build conformance

package conformance

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	poolID     = "local_conformance"
	poolClient = "conformanceclient"
	poolSMS    = "424242" // every code that cognito-local sends
)

// userPool is npm cognito-local, an emulator of Cognito user pools, with four
// users whose password is poolPassword: ana; bea, who must choose a new one;
// cem with text messages; dora with text messages and an authenticator app.
type userPool struct {
	url  string
	file string // its database
}

const poolPassword = "Geheim-1234"

func totpSecret() string { return base32.StdEncoding.EncodeToString([]byte("conformance-of-totp!")) }

// startUserPool starts it; issuer is what its tokens say of whom they are from,
// in place of cognito-local's own address.
func startUserPool(t testing.TB, issuer string) *userPool {
	t.Helper()
	dir := t.TempDir()
	db := filepath.Join(dir, ".cognito", "db")
	if err := os.MkdirAll(db, 0o700); err != nil {
		t.Fatal(err)
	}
	user := func(name, status string, more object) object {
		u := object{"Username": name, "Password": poolPassword, "UserStatus": status, "Enabled": true, "RefreshTokens": []string{},
			"UserCreateDate": time.Now(), "UserLastModifiedDate": time.Now(),
			"Attributes": []object{{"Name": "sub", "Value": "sub-of-" + name}, {"Name": "phone_number", "Value": "+491700000000"}}}
		for k, v := range more {
			u[k] = v
		}
		return u
	}
	sms := []object{{"DeliveryMedium": "SMS", "AttributeName": "phone_number"}}
	write := func(path string, v any) {
		if err := os.WriteFile(filepath.Join(dir, ".cognito", path), []byte(marshal(t, v)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config.json", object{"ServerConfig": object{"port": 0, "hostname": "127.0.0.1"}, "TokenConfig": object{"IssuerDomain": issuer}})
	write("db/clients.json", object{"Clients": object{poolClient: object{"ClientId": poolClient, "ClientName": "c", "UserPoolId": poolID,
		"TokenValidityUnits": object{"AccessToken": "hours", "IdToken": "minutes", "RefreshToken": "days"}}}})
	write("db/"+poolID+".json", object{"Options": object{"Id": poolID, "Name": "p", "MfaConfiguration": "OPTIONAL", "UsernameAttributes": []string{}},
		"Groups": object{"staff": object{"GroupName": "staff", "members": []string{"ana"}}},
		"Users": object{
			"ana": user("ana", "CONFIRMED", nil),
			"bea": user("bea", "FORCE_CHANGE_PASSWORD", nil),
			"cem": user("cem", "CONFIRMED", object{"MFAOptions": sms}),
			"dora": user("dora", "CONFIRMED", object{"MFAOptions": sms, "UserMFASettingList": []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"},
				"SoftwareTokenMfaConfiguration": object{"Secret": totpSecret(), "Verified": true, "FriendlyDeviceName": "doras phone"}}),
		}})
	p := start(t, command{argv: []string{"node", suite.clients + "/login/node_modules/.bin/cognito-local"}, dir: dir, env: []string{"CODE=" + poolSMS, "NO_COLOR=1"}})
	return &userPool{url: p.stdout.await(t, `running on (http://127\.0\.0\.1:\d+)`)[1], file: filepath.Join(dir, ".cognito", "db", poolID+".json")}
}

// refreshTokens are those that the pool knows of a user.
func (u *userPool) refreshTokens(t testing.TB, user string) []string {
	t.Helper()
	text, err := os.ReadFile(u.file)
	var db struct {
		Users map[string]struct{ RefreshTokens []string }
	}
	if err == nil {
		err = json.Unmarshal(text, &db)
	}
	if err != nil {
		t.Fatal(err)
	}
	return db.Users[user].RefreshTokens
}

// login is the command line of a login at the pool.
func (u *userPool) login(name string, more ...string) []string {
	return append([]string{"login", name, "--user-pool", poolID, "--client-id", poolClient, "--endpoint", u.url, "--user", name}, more...)
}

func TestLoginAtUserPool(t *testing.T) {
	t.Parallel()
	pool := startUserPool(t, "http://127.0.0.1")
	a := newAccount(t, poolPassword, "not the password")
	a.env = append(a.env, "PASSWORD="+poolPassword, "WRONG=not the password")
	if said := a.run(t, 3, pool.login("ana", "--password-auth", "--password", "env:WRONG")...); !strings.Contains(said, "Password") {
		t.Errorf("a wrong password:\n%s", said)
	}
	if said := a.run(t, 1, pool.login("ana", "--password", "env:PASSWORD")...); !strings.Contains(said, "log in: ") {
		t.Errorf("SRP, which cognito-local lacks:\n%s", said)
	}
	a.gone(t, "ana")
	if said := a.run(t, 0, pool.login("ana", "--password-auth", "--password", "env:PASSWORD")...); !strings.Contains(said, "logged in as ana at user pool "+poolID) {
		t.Errorf("login said:\n%s", said)
	}
	first := a.saved(t, "ana")
	if len(pool.refreshTokens(t, "ana")) != 1 {
		t.Fatal("the pool keeps no refresh token")
	}
	if access := a.token(t, "ana"); access != first.Access {
		t.Error("a token that holds is renewed")
	}
	if id := a.token(t, "ana", "--id"); id != first.Extra["id_token"] {
		t.Error("--id gives another token")
	}
	if a.token(t, "ana", "--renew") == first.Access { // it knows InitiateAuth only
		t.Error("--renew gave the old token")
	}
	if said := a.run(t, 0, "logout", "ana"); !strings.Contains(said, "ana is deleted here, and revoked at user pool "+poolID) {
		t.Errorf("logout said:\n%s", said)
	}
	a.gone(t, "ana")
	if left := pool.refreshTokens(t, "ana"); len(left) != 0 {
		t.Error("the pool still knows the refresh token")
	}
}

// answer types text when the terminal shows a prompt.
func (p *process) answer(t testing.TB, prompt, text string) {
	t.Helper()
	p.stdout.await(t, prompt+`$`)
	p.write(t, text+"\r")
}

func TestLoginAsksForNewPassword(t *testing.T) {
	t.Parallel()
	pool := startUserPool(t, "http://127.0.0.1")
	a := newAccount(t, poolPassword, "Neu-56789", "Anders-56789")
	p := a.sit(t, pool.login("bea", "--password-auth")...)
	p.answer(t, `password: `, poolPassword)
	p.answer(t, `new password: `, "Neu-56789")
	p.answer(t, `the same again: `, "Anders-56789")
	p.answer(t, `were not the same\r+\nnew password: `, "Neu-56789")
	p.answer(t, `same\r+\nnew password: \r+\nthe same again: `, "Neu-56789")
	if code := p.exit(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, p.stdout)
	}
	a.token(t, "bea")
	a.env = append(a.env, "PASSWORD=Neu-56789")
	a.run(t, 0, "login", "bea", "--password", "env:PASSWORD") // the new one holds
}

func TestLoginAsksForSMSCode(t *testing.T) {
	t.Parallel()
	pool := startUserPool(t, "http://127.0.0.1")
	a := newAccount(t, poolPassword)
	p := a.sit(t, pool.login("cem", "--password-auth")...)
	p.answer(t, `password: `, poolPassword)
	p.answer(t, `code of the text message \(\+491700000000\): `, "111111")
	p.answer(t, `tidewire: [^\n]*\r+\ncode of the text message \(\+491700000000\): `, poolSMS)
	if code := p.exit(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, p.stdout)
	}
	a.token(t, "cem")
}

func TestLoginAsksForMethodAndTOTP(t *testing.T) {
	t.Parallel()
	pool := startUserPool(t, "http://127.0.0.1")
	a := newAccount(t, poolPassword, totpSecret())
	p := a.sit(t, pool.login("dora", "--password-auth")...)
	p.answer(t, `password: `, poolPassword)
	p.answer(t, `1 SMS_MFA\r+\ntidewire: 2 SOFTWARE_TOKEN_MFA\r+\nwhich: `, "2")
	p.answer(t, `code of the authenticator app \(doras phone\): `, totp(t, totpSecret(), time.Now()))
	if code := p.exit(t); code != 0 {
		t.Fatalf("exit code %d\n%s", code, p.stdout)
	}
	a.token(t, "dora")
	p = a.sit(t, "login", "dora")
	p.answer(t, `password: `, "\x03") // Ctrl-C
	if code := p.exit(t); code != 1 || !strings.Contains(p.stdout.String(), "tidewire: given up") {
		t.Errorf("exit code %d\n%s", code, p.stdout)
	}
}

// totp is the code of an authenticator app (RFC 6238, 6 digits, 30 s, SHA-1).
func totp(t testing.TB, secret string, now time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, now.Unix()/30)
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&(1<<31-1))%1_000_000)
}
