package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// providers is an OpenID provider whose person always says yes, a user pool
// and an identity pool, in one server. Each of their secrets ends in
// "of-provider", but for ID tokens, which are JWTs.
//
// Users of the pool: ana, and mia, who gets a text message with 123456. Client
// "service" has the secret "secret-of-provider", others have none.
type providers struct {
	*httptest.Server
	key      *ecdsa.PrivateKey
	noRevoke bool // it has no revocation endpoint

	mu               sync.Mutex
	nonce, challenge string // of the last authorization request
	issued           int    // tokens so far
	refresh          string // the one that is good
}

func newProviders(noRevoke bool) *providers {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // no randomness: nothing can be tested
	}
	p := &providers{key: key, noRevoke: noRevoke}
	p.mu.Lock() // requests wait for the address
	defer p.mu.Unlock()
	p.Server = httptest.NewServer(p)
	return p
}

type members map[string]any

func (p *providers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var body members
	status := http.StatusOK
	switch _, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); {
	case operation != "":
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		status, body = p.cognito(operation, r)
	case r.URL.Path == "/authorize":
		q := r.URL.Query()
		p.nonce, p.challenge = q.Get("nonce"), q.Get("code_challenge")
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {"code-of-provider"}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
		return
	case r.Method == http.MethodPost:
		_ = r.ParseForm()
		status, body = p.post(r)
	case r.URL.Path == "/keys":
		body = members{"keys": []any{jose.JSONWebKey{Key: &p.key.PublicKey, KeyID: "k1", Use: "sig", Algorithm: "ES256"}}}
	default:
		body = members{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"device_authorization_endpoint": p.URL + "/device", "scopes_supported": []string{"openid", "offline_access"}}
		if !p.noRevoke {
			body["revocation_endpoint"] = p.URL + "/revoke"
		}
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (p *providers) post(r *http.Request) (int, members) {
	id, secret, _ := r.BasicAuth()
	if secret, _ = url.QueryUnescape(secret); id == "service" && secret != "secret-of-provider" {
		return http.StatusUnauthorized, members{"error": "invalid_client", "error_description": "not " + secret}
	}
	switch r.URL.Path {
	case "/device":
		return http.StatusOK, members{"device_code": "device-of-provider", "user_code": "WDJB-MJHT", "verification_uri": p.URL + "/go", "expires_in": 600, "interval": 1}
	case "/revoke":
		p.refresh = ""
		return http.StatusOK, members{}
	}
	return p.grant(r.PostForm)
}

func (p *providers) grant(form url.Values) (int, members) {
	nonce := ""
	switch form.Get("grant_type") {
	case "client_credentials":
		return http.StatusOK, members{"access_token": p.next("access"), "token_type": "Bearer", "expires_in": 3600}
	case "authorization_code":
		if oauth2.S256ChallengeFromVerifier(form.Get("code_verifier")) != p.challenge {
			return http.StatusBadRequest, members{"error": "invalid_grant"}
		}
		nonce = p.nonce
	case "refresh_token":
		if form.Get("refresh_token") != p.refresh {
			return http.StatusBadRequest, members{"error": "invalid_grant", "error_description": "reused: " + form.Get("refresh_token")}
		}
	}
	p.refresh = p.next("refresh")
	return http.StatusOK, members{"access_token": p.next("access"), "token_type": "Bearer", "expires_in": 3600, "refresh_token": p.refresh, "id_token": p.idToken(nonce)}
}

// next is a new token.
func (p *providers) next(kind string) string {
	p.issued++
	return fmt.Sprintf("%s-%d-of-provider", kind, p.issued)
}

func (p *providers) idToken(nonce string) string {
	claims := members{"iss": p.URL, "sub": "person", "aud": "cli", "iat": time.Now().Unix(), "exp": time.Now().Unix() + 3600}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	payload, _ := json.Marshal(claims)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: p.key}, (&jose.SignerOptions{}).WithHeader("kid", "k1"))
	if err != nil {
		return err.Error()
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return err.Error()
	}
	text, _ := signed.CompactSerialize()
	return text
}

func (p *providers) cognito(operation string, r *http.Request) (int, members) {
	var in struct {
		AuthFlow, RefreshToken, Token, IdentityID string
		AuthParameters, ChallengeResponses        map[string]string
		Logins                                    map[string]string
	}
	_ = json.NewDecoder(r.Body).Decode(&in)
	refused := func(message string) (int, members) {
		return http.StatusBadRequest, members{"__type": "NotAuthorizedException", "message": message}
	}
	switch operation {
	case "InitiateAuth":
		user := in.AuthParameters["USERNAME"]
		if in.AuthFlow != "USER_PASSWORD_AUTH" || in.AuthParameters["PASSWORD"] != "password of-provider" {
			return refused("Incorrect username or password: " + in.AuthParameters["PASSWORD"])
		}
		if user == "mia" {
			return http.StatusOK, members{"ChallengeName": "SMS_MFA", "Session": "session-of-provider", "ChallengeParameters": members{"CODE_DELIVERY_DESTINATION": "+***99"}}
		}
		return p.results()
	case "RespondToAuthChallenge":
		if in.ChallengeResponses["SMS_MFA_CODE"] != "123456" {
			return http.StatusBadRequest, members{"__type": "CodeMismatchException", "message": "Invalid code"}
		}
		return p.results()
	case "GetTokensFromRefreshToken":
		if in.RefreshToken != p.refresh {
			return refused("Refresh Token has been revoked")
		}
		return p.results()
	case "RevokeToken":
		p.refresh = ""
	case "GetId":
		if in.Logins[strings.TrimPrefix(p.URL, "http://")] == "" {
			return refused("Unauthenticated access is not supported for this identity pool.")
		}
		return http.StatusOK, members{"IdentityId": "eu-west-1:identity"}
	case "GetCredentialsForIdentity":
		return http.StatusOK, members{"IdentityId": in.IdentityID, "Credentials": members{"AccessKeyId": "ASIAEXAMPLE", "SecretKey": "key-of-provider",
			"SessionToken": "session-token-of-provider", "Expiration": time.Now().Add(time.Hour).Unix()}}
	}
	return http.StatusOK, members{}
}

func (p *providers) results() (int, members) {
	p.refresh = p.next("refresh")
	return http.StatusOK, members{"AuthenticationResult": members{"AccessToken": p.next("access"), "IdToken": p.idToken(""), "RefreshToken": p.refresh,
		"ExpiresIn": 3600, "TokenType": "Bearer"}}
}
