package login

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testPool     = "eu-west-1_AbCdEfGhI"
	testClient   = "client123"
	testUser     = "b1946ac9-2492-4d23-9b2c-6f2a1d0e5f3c"
	testAlias    = "alice@example.com"
	testPassword = "Sup3r-Secret-Passw0rd"
)

// poolServer is a user pool with one user, SRP included.
type poolServer struct {
	t      testing.TB
	url    string
	secret string            // of the client
	after  []string          // challenges after the password, in order
	codes  map[string]string // the right answer by challenge
	now    func() time.Time
	rotate bool
	fail   func(op string) (status int, body string) // status 0: go on

	mu       sync.Mutex
	srp      *srpServer
	a        string // SRP_A of the exchange
	step     int    // sessions are numbered
	refresh  string // the one that is good
	issued   int
	calls    []string
	password string
	attrs    map[string]string
}

func newPool(t testing.TB) *poolServer {
	s := &poolServer{t: t, now: time.Now, password: testPassword, refresh: "opaque-refresh-token-0",
		codes: map[string]string{"SMS_MFA": "123456", "SOFTWARE_TOKEN_MFA": "654321", "EMAIL_OTP": "777777", "SELECT_MFA_TYPE": "SOFTWARE_TOKEN_MFA"}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *poolServer) pool() *UserPool {
	return &UserPool{PoolID: testPool, ClientID: testClient, ClientSecret: s.secret, Endpoint: s.url, Now: s.now}
}

type poolRequest struct {
	AuthFlow, ClientID, ChallengeName, Session, RefreshToken, ClientSecret, Token, DeviceKey string
	AuthParameters, ChallengeResponses                                                       map[string]string
}

type exception struct{ name, message string }

func (e exception) Error() string { return e.name }

func (s *poolServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	s.calls = append(s.calls, op)
	if s.fail != nil {
		if status, body := s.fail(op); status != 0 {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return
		}
	}
	if r.Header.Get("Authorization") != "" {
		s.t.Error("a public operation was signed")
	}
	var in poolRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		s.t.Error(err)
	}
	out, err := s.serve(op, &in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	var e exception
	if errors.As(err, &e) {
		w.Header().Set("X-Amzn-Errortype", e.name+":http://internal.amazon.com/")
		w.WriteHeader(http.StatusBadRequest)
		out = map[string]any{"__type": e.name, "message": e.message}
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (s *poolServer) serve(op string, in *poolRequest) (any, error) {
	if in.ClientID != testClient {
		return nil, exception{"ResourceNotFoundException", "User pool client does not exist."}
	}
	switch op {
	case "InitiateAuth":
		return s.initiate(in)
	case "RespondToAuthChallenge":
		return s.respond(in)
	case "GetTokensFromRefreshToken":
		if in.ClientSecret != s.secret {
			return nil, exception{"NotAuthorizedException", "Unable to verify secret hash for client " + testClient}
		}
		return s.renew(in.RefreshToken)
	case "RevokeToken":
		if in.Token == s.refresh {
			s.refresh = "revoked"
		}
		return map[string]any{}, nil
	}
	return nil, exception{"UnknownOperationException", ""}
}

func (s *poolServer) initiate(in *poolRequest) (any, error) {
	p := in.AuthParameters
	if in.AuthFlow == "REFRESH_TOKEN_AUTH" {
		if p["SECRET_HASH"] != secretHash(s.secret, testUser, testClient) {
			return nil, exception{"NotAuthorizedException", "Unable to verify secret hash for client " + testClient}
		}
		return s.renew(p["REFRESH_TOKEN"])
	}
	if p["SECRET_HASH"] != secretHash(s.secret, testAlias, testClient) {
		return nil, exception{"NotAuthorizedException", "Client client123 is configured with secret but SECRET_HASH was not received"}
	}
	if p["USERNAME"] != testAlias {
		return nil, exception{"UserNotFoundException", "User does not exist."}
	}
	if in.AuthFlow == "USER_SRP_AUTH" {
		s.a = p["SRP_A"]
		s.srp = newServer(s.t, "AbCdEfGhI", testUser, s.password, vectorSalt, strings.Repeat("5a", 60)+fmt.Sprintf("%04x", s.step))
		return s.challenge("PASSWORD_VERIFIER", map[string]string{"SALT": vectorSalt, "SRP_B": s.srp.B.Text(16),
			"SECRET_BLOCK": vectorBlock, "USER_ID_FOR_SRP": testUser, "USERNAME": testUser}), nil
	}
	if p["PASSWORD"] != s.password {
		return nil, exception{"NotAuthorizedException", "Incorrect username or password: " + p["PASSWORD"]}
	}
	return s.next()
}

func (s *poolServer) challenge(name string, parameters map[string]string) map[string]any {
	s.step++
	return map[string]any{"ChallengeName": name, "Session": fmt.Sprint("session-", s.step), "ChallengeParameters": parameters}
}

// next is the next challenge, or tokens.
func (s *poolServer) next() (any, error) {
	if len(s.after) == 0 {
		return s.tokens(true), nil
	}
	return s.challenge(s.after[0], map[string]string{"USER_ID_FOR_SRP": testUser, "CODE_DELIVERY_DESTINATION": "+*******8900",
		"MFAS_CAN_CHOOSE": `["SMS_MFA","SOFTWARE_TOKEN_MFA"]`, "requiredAttributes": `["userAttributes.email"]`}), nil
}

func (s *poolServer) respond(in *poolRequest) (any, error) {
	r := in.ChallengeResponses
	if r["USERNAME"] != testUser || r["SECRET_HASH"] != secretHash(s.secret, testUser, testClient) {
		return nil, exception{"NotAuthorizedException", "Unable to verify secret hash for client " + testClient}
	}
	if in.Session != fmt.Sprint("session-", s.step) {
		return nil, exception{"NotAuthorizedException", "Invalid session for the user."}
	}
	if in.ChallengeName == "PASSWORD_VERIFIER" {
		if !s.proved(r) {
			return nil, exception{"NotAuthorizedException", "Incorrect username or password."}
		}
		return s.next()
	}
	if len(s.after) == 0 || in.ChallengeName != s.after[0] {
		return nil, exception{"InvalidParameterException", "unexpected challenge"}
	}
	if err := s.check(in.ChallengeName, r); err != nil {
		return nil, err
	}
	s.after = s.after[1:]
	if in.ChallengeName == "SELECT_MFA_TYPE" {
		s.after = append([]string{r["ANSWER"]}, s.after...)
	}
	return s.next()
}

func (s *poolServer) check(challenge string, r map[string]string) error {
	if challenge == "NEW_PASSWORD_REQUIRED" {
		if len(r["NEW_PASSWORD"]) < 8 {
			return exception{"InvalidPasswordException", "Password did not conform with policy: " + r["NEW_PASSWORD"]}
		}
		s.password, s.attrs = r["NEW_PASSWORD"], map[string]string{"email": r["userAttributes.email"]}
		return nil
	}
	answer := r[challenge+"_CODE"]
	if challenge == "SELECT_MFA_TYPE" {
		answer = r["ANSWER"]
	}
	if answer != s.codes[challenge] {
		return exception{"CodeMismatchException", "Invalid code received for user: " + answer}
	}
	return nil
}

// proved is the server's check of PASSWORD_CLAIM_SIGNATURE.
func (s *poolServer) proved(r map[string]string) bool {
	block, _ := base64.StdEncoding.DecodeString(r["PASSWORD_CLAIM_SECRET_BLOCK"])
	stamp, err := time.Parse("Mon Jan 2 15:04:05 UTC 2006", r["TIMESTAMP"])
	if err != nil || s.now().Sub(stamp).Abs() > time.Hour {
		return false
	}
	want := mac(s.srp.key(number(s.t, s.a)), []byte("AbCdEfGhI"), []byte(testUser), block, []byte(r["TIMESTAMP"]))
	got, _ := base64.StdEncoding.DecodeString(r["PASSWORD_CLAIM_SIGNATURE"])
	return hmac.Equal(want, got)
}

func (s *poolServer) renew(token string) (any, error) {
	if token != s.refresh {
		return nil, exception{"NotAuthorizedException", "Refresh Token has been revoked " + token}
	}
	if s.rotate {
		s.refresh = fmt.Sprint("opaque-refresh-token-", s.issued+1)
	}
	return s.tokens(s.rotate), nil
}

func (s *poolServer) tokens(refresh bool) map[string]any {
	s.issued++
	claim := func(m map[string]any) string {
		m["exp"], m["jti"], m["iss"], m["sub"] = s.now().Unix()+3600, s.issued, s.url+"/"+testPool, testUser
		payload, _ := json.Marshal(m)
		return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(payload) + ".c2lnbmF0dXJl"
	}
	result := map[string]any{"ExpiresIn": 3600, "TokenType": "Bearer",
		"AccessToken": claim(map[string]any{"token_use": "access", "username": testUser}),
		"IdToken":     claim(map[string]any{"token_use": "id", "aud": testClient, "cognito:username": testUser})}
	if refresh {
		result["RefreshToken"] = s.refresh
	}
	return map[string]any{"AuthenticationResult": result, "ChallengeParameters": map[string]string{}}
}
