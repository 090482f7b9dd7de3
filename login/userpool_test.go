package login

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
)

// quiet fails the test if an error shows a secret, however it is printed.
func quiet(t testing.TB, err error, secrets ...string) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v %q", err, err, err, err)
	for e := err; e != nil; {
		text += fmt.Sprintf("%+v", e)
		var own *Error
		if !errors.As(e, &own) {
			break
		}
		e = own.Cause
	}
	for _, secret := range append(secrets, testPassword, "opaque-refresh-token", "123456", "eyJ") {
		if strings.Contains(text, secret) {
			t.Errorf("%q is shown in an error", secret)
		}
	}
}

func TestSRPLogin(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "client-secret"} {
		s := newPool(t)
		s.secret = secret
		before := time.Now()
		token, err := s.pool().SRP(t.Context(), testAlias, testPassword)
		if err != nil {
			t.Fatal(err)
		}
		if IDToken(token) == "" || token.RefreshToken != "opaque-refresh-token-0" || token.Expiry.Before(before.Add(time.Hour)) {
			t.Error("incomplete tokens")
		}
		if diff := cmp.Diff([]string{"InitiateAuth", "RespondToAuthChallenge"}, s.calls); diff != "" {
			t.Error(diff)
		}
	}
}

func TestExpiryWithoutExpiresIn(t *testing.T) {
	t.Parallel()
	s := newPool(t)
	const jwt = "e30.eyJleHAiOjUwMDB9.c2ln" // exp 5000
	s.fail = func(string) (int, string) { return 200, `{"AuthenticationResult":{"AccessToken":"` + jwt + `"}}` }
	if token, err := s.pool().Password(t.Context(), testAlias, testPassword); err != nil || token.Expiry.Unix() != 5000 {
		t.Errorf("expiry not taken from the token: %v", err)
	}
}

func TestPasswordLogin(t *testing.T) {
	t.Parallel()
	s := newPool(t)
	s.secret = "client-secret"
	if _, err := s.pool().Password(t.Context(), testAlias, testPassword); err != nil {
		t.Fatal(err)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	s := newPool(t)
	p := s.pool()
	for name, login := range map[string]func(context.Context, string, string) (*oauth2.Token, error){"srp": p.SRP, "password": p.Password} {
		_, err := login(t.Context(), testAlias, "wrong-Passw0rd")
		if !errors.Is(err, ErrDenied) || !strings.Contains(err.Error(), "hint: check user name") {
			t.Errorf("%s: %v", name, err)
		}
		quiet(t, err, "wrong-Passw0rd")
	}
	if _, err := p.SRP(t.Context(), "nobody", "x"); !errors.Is(err, ErrDenied) {
		t.Error(err)
	}
}

// answering is a Prompt with prepared answers by kind.
func answering(t testing.TB, asked *[]Question, answers map[QuestionKind][]string) Prompt {
	return func(_ context.Context, q Question) (string, error) {
		*asked = append(*asked, q)
		left := answers[q.Kind]
		if len(left) == 0 {
			t.Errorf("unexpected question %+v", q)
			return "", errors.New("nothing to say")
		}
		answers[q.Kind] = left[1:]
		return left[0], nil
	}
}

func TestChallenges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after   []string
		answers map[QuestionKind][]string
		want    []Question
	}{
		"sms": {[]string{"SMS_MFA"}, map[QuestionKind][]string{AskSMSCode: {" 123456 "}},
			[]Question{{Kind: AskSMSCode, Destination: "+*******8900", Attempt: 1}}},
		"mail": {[]string{"EMAIL_OTP"}, map[QuestionKind][]string{AskEmailCode: {"777777"}},
			[]Question{{Kind: AskEmailCode, Destination: "+*******8900", Attempt: 1}}},
		"totp mistyped": {[]string{"SOFTWARE_TOKEN_MFA"}, map[QuestionKind][]string{AskTOTPCode: {"000000", "654321"}},
			[]Question{{Kind: AskTOTPCode, Attempt: 1},
				{Kind: AskTOTPCode, Attempt: 2, Refusal: "Invalid code received for user: [hidden]"}}},
		"choice": {[]string{"SELECT_MFA_TYPE"}, map[QuestionKind][]string{AskMethod: {"SOFTWARE_TOKEN_MFA"}, AskTOTPCode: {"654321"}},
			[]Question{{Kind: AskMethod, Destination: "+*******8900", Attempt: 1, Choices: []string{"SMS_MFA", "SOFTWARE_TOKEN_MFA"}},
				{Kind: AskTOTPCode, Attempt: 1}}},
		"new password, then sms": {[]string{"NEW_PASSWORD_REQUIRED", "SMS_MFA"},
			map[QuestionKind][]string{AskNewPassword: {"new Passw0rd "}, AskAttribute: {"a@example.com"}, AskSMSCode: {"123456"}},
			[]Question{{Kind: AskNewPassword, Destination: "+*******8900", Attempt: 1},
				{Kind: AskAttribute, Destination: "+*******8900", Attempt: 1, Attribute: "email"},
				{Kind: AskSMSCode, Destination: "+*******8900", Attempt: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPool(t)
			s.after, s.secret = c.after, "client-secret"
			var asked []Question
			p := s.pool()
			p.Prompt = answering(t, &asked, c.answers)
			if _, err := p.SRP(t.Context(), testAlias, testPassword); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, asked); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if strings.HasPrefix(name, "new") && (s.password != "new Passw0rd " || s.attrs["email"] != "a@example.com") {
				t.Errorf("the pool has %q %v", s.password, s.attrs)
			}
		})
	}
}

func TestChallengesThatFail(t *testing.T) {
	t.Parallel()
	secret := errors.New("terminal gone")
	for name, c := range map[string]struct {
		after  string
		prompt Prompt
		want   error
	}{
		"nobody there":    {"SMS_MFA", nil, ErrUnsupported},
		"wrong thrice":    {"SMS_MFA", func(context.Context, Question) (string, error) { return "999999", nil }, ErrDenied},
		"weak password":   {"NEW_PASSWORD_REQUIRED", func(context.Context, Question) (string, error) { return "weak!", nil }, ErrDenied},
		"no such choice":  {"SELECT_MFA_TYPE", func(context.Context, Question) (string, error) { return "PIGEON", nil }, ErrDenied},
		"empty":           {"SMS_MFA", func(context.Context, Question) (string, error) { return " ", nil }, ErrDenied},
		"prompt fails":    {"SMS_MFA", func(context.Context, Question) (string, error) { return "", secret }, secret},
		"unknown":         {"MFA_SETUP", nil, ErrUnsupported},
		"custom":          {"CUSTOM_CHALLENGE", nil, ErrUnsupported},
		"verifier unsent": {"PASSWORD_VERIFIER", nil, ErrBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPool(t)
			s.after = []string{c.after}
			p := s.pool()
			p.Prompt = c.prompt
			_, err := p.SRP(t.Context(), testAlias, testPassword)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			quiet(t, err, "999999", "weak!")
		})
	}
}

func TestLoginGivesUp(t *testing.T) {
	t.Parallel()
	s := newPool(t)
	s.after = []string{"SMS_MFA"}
	p := s.pool()
	p.Timeout = 50 * time.Millisecond
	p.Prompt = func(ctx context.Context, _ Question) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}
	if _, err := p.Password(t.Context(), testAlias, testPassword); !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
}

func TestPoolRefresh(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		call   RefreshCall
		rotate bool
		old    bool // the server does not know GetTokensFromRefreshToken
		want   []string
	}{
		"get tokens": {RefreshGetTokens, true, false, []string{"GetTokensFromRefreshToken"}},
		"initiate":   {RefreshInitiateAuth, false, false, []string{"InitiateAuth"}},
		"auto":       {RefreshAuto, false, false, []string{"GetTokensFromRefreshToken"}},
		"auto, old":  {RefreshAuto, false, true, []string{"GetTokensFromRefreshToken", "InitiateAuth"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPool(t)
			s.secret, s.rotate = "client-secret", c.rotate
			p := s.pool()
			p.RefreshCall = c.call
			first, err := p.SRP(t.Context(), testAlias, testPassword)
			if err != nil {
				t.Fatal(err)
			}
			s.calls = nil
			if c.old {
				s.fail = func(op string) (int, string) {
					if op == "GetTokensFromRefreshToken" {
						return http.StatusBadRequest, `{"__type":"CognitoLocal#Unsupported","message":"Cognito Local unsupported feature"}`
					}
					return 0, ""
				}
			}
			second, err := p.Refresh(t.Context(), first)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, s.calls); diff != "" {
				t.Error(diff)
			}
			if second.RefreshToken != s.refresh || second.AccessToken == first.AccessToken || IDToken(second) == IDToken(first) {
				t.Error("not renewed")
			}
		})
	}
}

func TestPoolRefreshRefused(t *testing.T) {
	t.Parallel()
	s := newPool(t)
	p := s.pool()
	token, err := p.SRP(t.Context(), testAlias, testPassword)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Revoke(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	_, err = p.Refresh(t.Context(), token)
	if !errors.Is(err, ErrLoginRequired) {
		t.Error(err)
	}
	quiet(t, err)
	if _, err := p.Refresh(t.Context(), nil); !errors.Is(err, ErrLoginRequired) {
		t.Error(err)
	}
	s.secret = "other"
	p.ClientSecret = "wrong-client-secret"
	_, err = p.Refresh(t.Context(), token)
	if !errors.Is(err, ErrDenied) || errors.Is(err, ErrLoginRequired) || !strings.Contains(err.Error(), "app client's secret") {
		t.Error(err)
	}
	quiet(t, err, "wrong-client-secret")
}

func TestPoolBadServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   error
	}{
		"html":            {200, "<html>Welcome to the hotel</html>", ErrBadAnswer},
		"html, 403":       {403, "<html>no</html>", ErrBadAnswer},
		"html, 502":       {502, "<html>Bad gateway</html>", ErrUnavailable},
		"half":            {200, `{"AuthenticationResult":{"AccessToken":"eyJsecret`, ErrBadAnswer},
		"empty result":    {200, `{"AuthenticationResult":{}}`, ErrBadAnswer},
		"nothing":         {200, `{}`, ErrUnsupported},
		"wrong types":     {200, `{"AuthenticationResult":{"AccessToken":17}}`, ErrBadAnswer},
		"negative expiry": {200, `{"AuthenticationResult":{"AccessToken":"a","ExpiresIn":-1}}`, ErrBadAnswer},
		"internal":        {500, `{"__type":"InternalErrorException","message":"x"}`, ErrUnavailable},
		"throttled":       {400, `{"__type":"TooManyRequestsException","message":"Rate exceeded"}`, ErrUnavailable},
		"no location":     {302, "", ErrBadAnswer},
		"no name":         {400, "{}", ErrBadAnswer},
		"echo": {400, `{"__type":"com.amazonaws#NotAuthorizedException:http://x","Message":"bad eyJhbGciOi.eyJzdWIi.c2ln ` + testPassword + `"}`,
			ErrDenied},
		"huge": {200, `{"ChallengeName":"` + strings.Repeat("x", maxAnswer) + `"}`, ErrBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newPool(t)
			s.fail = func(string) (int, string) { return c.status, c.body }
			_, err := s.pool().Password(t.Context(), testAlias, testPassword)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			quiet(t, err)
			if len(s.calls) != 1 {
				t.Errorf("%d requests", len(s.calls))
			}
		})
	}
}

func TestPoolUnreachable(t *testing.T) {
	t.Parallel()
	p := &UserPool{PoolID: testPool, ClientID: "c", Endpoint: "http://127.0.0.1:1"}
	_, err := p.Password(t.Context(), testAlias, testPassword)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Password(ctx, testAlias, testPassword); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestPoolSettings(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*UserPool{
		"no pool":     {ClientID: "c"},
		"no client":   {PoolID: testPool},
		"odd pool":    {PoolID: "eu-west-1/x_y", ClientID: "c"},
		"plain http":  {PoolID: testPool, ClientID: "c", Endpoint: "http://login.example.com"},
		"no address":  {PoolID: testPool, ClientID: "c", Endpoint: "localhost:9229"},
		"credentials": {PoolID: testPool, ClientID: "c", Endpoint: "https://u:p@example.com"},
	} {
		if _, err := p.Password(t.Context(), testAlias, testPassword); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := &UserPool{PoolID: testPool, ClientID: "c", ClientSecret: "very-secret"}
	if text := fmt.Sprintf("%v %+v %#v", p, p, p); strings.Contains(text, "very-secret") {
		t.Error("the client's secret is shown")
	}
}

func FuzzParseNames(f *testing.F) {
	f.Add(`["SMS_MFA","SOFTWARE_TOKEN_MFA"]`)
	f.Add(`["userAttributes.email"]`)
	f.Add(`{"a":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, n := range parseNames(text) {
			if n == "" {
				t.Error("an empty name")
			}
		}
	})
}
