//go:build conformance

package conformance

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

// What AppSync says to those whom it does not admit.
const (
	unauthorizedType = "UnauthorizedException"
	noProof          = "Valid authorization header not provided."
	notAuthorized    = "You are not authorized to make this call."
	noJWT            = "Unable to parse JWT token."
	tokenExpired     = "Token has expired."
)

// TestGraphQLRefusals sends what must not be admitted, and has every mode open
// what it opens and nothing else.
func TestGraphQLRefusals(t *testing.T) {
	t.Parallel()
	m := startModes(t)
	g := m.graphql(t)
	t.Run("unproven", func(t *testing.T) { m.unproven(t, g) })
	t.Run("tokens", func(t *testing.T) { m.forged(t, g) })
	t.Run("pool", func(t *testing.T) { m.poolTokens(t, g) })
	t.Run("authorizer", func(t *testing.T) { m.authorizer(t, g) })
	t.Run("directives", func(t *testing.T) { m.directives(t, g) })
	t.Run("browser", func(t *testing.T) { m.browser(t, g) })
	t.Run("rotation", func(t *testing.T) { m.rotation(t, g) })
}

const whoDocument = `{"query":"{ who { mode } }"}`

func (m *modes) unproven(t *testing.T, g *graph) {
	for _, c := range []struct{ name, value, message string }{
		{"x", "y", noProof},
		{"x-api-key", "da2-aaaaaaaaaaaaaaaaaaaaaaaaaa", notAuthorized},
		{"x-api-key", m.apis[0].APIKeys[0] + "x", notAuthorized},
		{"x-api-key", m.apis[0].APIKeys[0][:len(m.apis[0].APIKeys[0])-1], notAuthorized},
		{"x-api-key", "", noProof},
		{"Authorization", "not the secret", notAuthorized}, // of the Lambda authorizer, whose expression it does not match
		{"Authorization", "Bearer x", noJWT},
	} {
		g.with(c.name, c.value).post(t, whoDocument).refused(t, http.StatusUnauthorized, unauthorizedType, c.message)
	}
	// Nothing of a document is looked at before its sender is known.
	for _, body := range []string{"", "{", `{"query":"{ nothing }"}`} {
		g.post(t, body).refused(t, http.StatusUnauthorized, unauthorizedType, noProof)
	}
	for _, key := range m.apis[0].APIKeys[1:] { // the second one's time is over
		g.with("x-api-key", key).post(t, whoDocument).refused(t, http.StatusUnauthorized, unauthorizedType, notAuthorized)
	}
}

// part is a part of a token.
func part(t testing.TB, v any) string {
	return base64.RawURLEncoding.EncodeToString([]byte(marshal(t, v)))
}

// forged sends tokens of the OpenID Connect provider that are not good.
func (m *modes) forged(t *testing.T, g *graph) {
	good := func(change object) object {
		claims := object{"sub": "ana", "aud": "cli", "iat": now(), "exp": now() + 600}
		for name, v := range change {
			claims[name] = v
		}
		return claims
	}
	send := func(token string) *answered {
		m.keep(token)
		return g.with("Authorization", token).post(t, whoDocument)
	}
	for _, token := range []string{m.issuer.ask(t, "token"), m.issuer.sign(t, good(nil)), m.issuer.sign(t, good(object{"azp": "other", "aud": "x"})),
		"Bearer " + m.issuer.sign(t, good(object{"aud": []string{"x", "cli"}})), "bearer " + m.issuer.sign(t, good(object{"exp": now() - 5}))} {
		send(token).data(t, `{"who":{"mode":"Open ID Connect Authorization"}}`)
	}
	for name, claims := range map[string]object{
		"audience": {"aud": "someone else"}, "pattern is no prefix": {"aud": "client"}, "party": {"azp": "x"}, "issuer": {"iss": "https://evil.example"}, "from another host": {"iss": m.issuer.url + "/"},
		"later": {"nbf": now() + 600},
	} {
		if a := send(m.issuer.sign(t, good(claims))); a.status != http.StatusUnauthorized || a.header.Get("x-amzn-ErrorType") != unauthorizedType {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	send(m.issuer.sign(t, good(object{"exp": now() - 600}))).refused(t, http.StatusUnauthorized, unauthorizedType, tokenExpired)

	var set struct {
		Keys []struct{ N, Kid string }
	}
	if err := json.Unmarshal([]byte(m.issuer.ask(t, "keys")), &set); err != nil || len(set.Keys) != 1 {
		t.Fatal(err)
	}
	kid, modulus := set.Keys[0].Kid, set.Keys[0].N
	claims := part(t, good(object{"iss": m.issuer.url}))
	signed := func(alg, kid, secret string) string {
		text := part(t, object{"alg": alg, "kid": kid, "typ": "JWT"}) + "." + claims
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	raw, err := base64.RawURLEncoding.DecodeString(modulus)
	if err != nil {
		t.Fatal(err)
	}
	own := m.issuer.sign(t, good(nil))
	parts := strings.Split(own, ".")
	for name, token := range map[string]string{
		"none": part(t, object{"alg": "none", "kid": kid}) + "." + claims + ".", "None": part(t, object{"alg": "None"}) + "." + claims + ".",
		"none, with a signature": part(t, object{"alg": "none"}) + "." + claims + "." + parts[2],
		"HS256 with the modulus": signed("HS256", kid, string(raw)), "HS256 with its text": signed("HS256", kid, modulus), "HS256 with nothing": signed("HS256", kid, ""),
		"RS256, signed otherwise": signed("RS256", kid, "x"), "other claims": parts[0] + "." + claims + "." + parts[2], "no claims": parts[0] + ".." + parts[2],
		"its own key": part(t, object{"alg": "RS256", "kid": kid, "jwk": object{"kty": "RSA", "n": base64.RawURLEncoding.EncodeToString(ownKey(t).N.Bytes()), "e": "AQAB"}}) + "." + claims + "." + parts[2],
		"four parts":  own + ".x", "two parts": parts[0] + "." + parts[1], "long": own + strings.Repeat("A", 20_000), "claims that are a list": parts[0] + "." + part(t, []int{1}) + "." + parts[2],
	} {
		if a := send(token); a.status != http.StatusUnauthorized || a.header.Get("x-amzn-ErrorType") != unauthorizedType || !strings.HasPrefix(a.text, `{"errors":[{"errorType":"`) {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
}

func ownKey(t testing.TB) *rsa.PublicKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &key.PublicKey
}

// rotation changes the provider's keys; a flood of unknown key ids does not
// reach it.
func (m *modes) rotation(t *testing.T, g *graph) {
	old := m.issuer.ask(t, "token")
	g.with("Authorization", old).post(t, whoDocument).data(t, `{"who":{"mode":"Open ID Connect Authorization"}}`)
	claims := part(t, object{"iss": m.issuer.url, "sub": "x", "aud": "cli", "exp": now() + 60})
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for k := range 25 {
				token := part(t, object{"alg": "RS256", "kid": fmt.Sprintf("k%d-%d", n, k)}) + "." + claims + ".AAAA"
				if a, err := g.with("Authorization", token).try(http.MethodPost, whoDocument); err != nil || a.status != http.StatusUnauthorized {
					t.Errorf("an unknown key id: %v %+v", err, a)
				}
			}
		})
	}
	all.Wait()
	if asked := m.issuer.ask(t, "rotate"); len(asked) > 1 || asked > "5" {
		t.Errorf("after 200 unknown key ids the provider was asked for its keys %s times", asked)
	}
	token := m.issuer.ask(t, "token")
	eventually(t, "a token by the new key is admitted", func() bool {
		return g.with("Authorization", token).post(t, whoDocument).status == http.StatusOK
	})
	g.with("Authorization", old).post(t, whoDocument).refused(t, http.StatusUnauthorized, unauthorizedType, notAuthorized)
}

// poolTokens are those of npm cognito-local.
func (m *modes) poolTokens(t *testing.T, g *graph) {
	for _, kind := range []string{"AccessToken", "IdToken"} {
		for user, want := range map[string]string{"ana": `{"who":{"mode":"User Pool Authorization"},"staff":"staff"}`} {
			token := m.pool.token(t, user, kind)
			m.keep(token)
			g.with("Authorization", token).ask(t, `{ who { mode } staff }`).data(t, want)
		}
	}
	r := g.with("Authorization", m.pool.token(t, "ana", "RefreshToken")).post(t, whoDocument) // no token of a caller: it names no use
	if r.status != http.StatusUnauthorized {
		t.Errorf("a refresh token: %s", r.text)
	}
}

// authorizer asks the Lambda authorizer.
func (m *modes) authorizer(t *testing.T, g *graph) {
	with := func(token string) *graph { m.keep(token); return g.with("Authorization", token) }
	with("secret-yes-0123456789").ask(t, `query Named($n: Int) { who { mode identity echo(n: $n) } }`, object{"n": 1}).
		data(t, `{"who":{"mode":"Lambda Authorization","identity":"{\"resolverContext\":{\"who\":\"ana\",\"level\":3,\"admin\":true}}","echo":1}}`)
	with("secret-yes-0123456789").ask(t, `{ denied }`).fails(t, `{"denied":null}`, "Unauthorized", "Not Authorized to access denied on type Query")
	with("secret-yes-0123456789").ask(t, `mutation { note(text: "x") { text mode } }`).fails(t, `{"note":{"text":"x","mode":null}}`, "Unauthorized", "Not Authorized to access mode on type Note")
	with("secret-other-0123456789").ask(t, `{ denied }`).data(t, `{"denied":"denied"}`)
	for _, word := range []string{"no", "throw", "text", "nested"} {
		with("secret-"+word+"-0123456789").post(t, whoDocument).refused(t, http.StatusUnauthorized, unauthorizedType, notAuthorized)
	}
	for range 3 {
		with("secret-short-0123456789").ask(t, `{ denied }`).data(t, `{"denied":"denied"}`)
	}
	text, err := os.ReadFile(m.notes)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	for _, event := range decodeLines[struct {
		AuthorizationToken string
		RequestContext     struct {
			APIID, AccountID, RequestID, QueryString string
			OperationName                            *string
			Variables                                map[string]any
		}
		RequestHeaders map[string]string
	}](t, string(text)) {
		asked[event.AuthorizationToken]++
		if c := event.RequestContext; c.APIID != m.apis[0].ID || c.AccountID != "123456789012" || c.RequestID == "" || c.QueryString == "" || event.RequestHeaders["content-type"] == "" {
			t.Errorf("the authorizer was asked %+v", event)
		}
	}
	for token, want := range map[string]int{"secret-yes-0123456789": 1, "secret-short-0123456789": 3, "secret-no-0123456789": 1, "not the secret": 0} {
		if asked[token] != want {
			t.Errorf("the authorizer was asked %d times about %s, want %d", asked[token], token, want)
		}
	}
}

// directives has several modes on one API open what they open.
func (m *modes) directives(t *testing.T, g *graph) {
	key, lambda := m.keyed(t), g.with("Authorization", "secret-x")
	key.ask(t, `{ plain who { key } staff }`).data(t, `{"plain":"plain","who":{"key":"for keys"},"staff":"staff"}`)
	key.ask(t, `{ signed plain }`).fails(t, `{"signed":null,"plain":"plain"}`, "Unauthorized", "Not Authorized to access signed on type Query")
	e := lambda.ask(t, `{ who { mode k: key } }`).fails(t, `{"who":{"mode":"Lambda Authorization","k":null}}`, "Unauthorized", "Not Authorized to access key on type Who")
	if len(e.Path) != 2 || e.Path[1] != "k" || len(e.Locations) != 1 || e.Locations[0].Column != 14 || string(e.Info) != "null" {
		t.Errorf("the error is %+v", e)
	}
	lambda.ask(t, `{ plain }`).fails(t, `{"plain":null}`, "Unauthorized", "Not Authorized to access plain on type Query") // the default mode's alone
	for role, want := range map[string]string{"Caller": `{"data":{"who":{"mode":"IAM Authorization"},"signed":null}`, "Nobody": `{"data":{"who":null,"signed":null}`, "": `{"data":{"who":{"mode":"IAM Authorization"},"signed":"signed"}}`} {
		c := m.credentials(t, role)
		p := callWith(c.env()...).run(t, 0, "", "query", m.apis[0].URL, `{ who { mode } signed }`, "--auth", "iam")
		if got := p.stdout.String(); !strings.HasPrefix(got, want) || strings.Count(got, "Not Authorized to access") != strings.Count(want, "null") {
			t.Errorf("%s: %s", role, got)
		}
	}
	m.stderr.await(t, `Nobody`) // and the log says why
}

// browser looks at what pages of other sites may do.
func (m *modes) browser(t *testing.T, g *graph) {
	asked := "content-type,x-api-key,x-amz-date,x-amz-security-token,x-of-mine"
	a := g.with("Origin", "http://localhost:3000").with("Access-Control-Request-Method", "POST").with("Access-Control-Request-Headers", asked).send(t, http.MethodOptions, "")
	if a.status != http.StatusOK || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Methods") != "POST" || a.header.Get("Access-Control-Allow-Headers") != asked {
		t.Errorf("preflight: %d %v", a.status, a.header)
	}
	a = m.keyed(t).with("Origin", "http://localhost:3000").post(t, whoDocument)
	if a.status != http.StatusOK || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "x-amzn-RequestId") || a.header.Get("x-amzn-RequestId") == "" {
		t.Errorf("a page of this machine: %d %v", a.status, a.header)
	}
	for name, value := range map[string]string{"Origin": "https://evil.example", "Host": "evil.example"} {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			if a := m.keyed(t).with(name, value).send(t, method, whoDocument); a.status != http.StatusForbidden || strings.Contains(a.text, "mode") {
				t.Errorf("%s with %s %s: %d %s", method, name, value, a.status, a.text)
			}
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		if a := m.keyed(t).send(t, method, ""); a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d %s", method, a.status, a.text)
		}
	}
	ping := &graph{strings.TrimSuffix(g.url, "/graphql") + "/ping", http.Header{}}
	if a := ping.send(t, http.MethodGet, ""); a.status != http.StatusOK || a.text != "healthy" {
		t.Errorf("ping: %d %s", a.status, a.text)
	}
}
