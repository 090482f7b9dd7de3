package login

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"golang.org/x/oauth2"
)

const (
	maxSteps    = 10 // challenges in one login
	maxAttempts = 3  // at one challenge
)

// Prompt asks the person one thing. It may be called several times in a login,
// one after the other, and should end with ctx. Its error ends the login and
// is not shown beyond what it says itself.
type Prompt func(ctx context.Context, q Question) (answer string, err error)

// Question is what a user pool wants to know.
type Question struct {
	Kind        QuestionKind
	Destination string   // where a code was sent, masked by Cognito, such as "+*******8900"
	Choices     []string // for AskMethod: the answers that are allowed
	Attribute   string   // for AskAttribute: such as "email"
	Attempt     int      // 1, then 2 and 3 after an answer that was refused
	Refusal     string   // why the answer before was refused, in Cognito's words
}

// QuestionKind says what to answer.
type QuestionKind int

const (
	// AskSMSCode wants the code of a text message.
	AskSMSCode QuestionKind = iota + 1
	// AskTOTPCode wants the code of an authenticator app (RFC 6238).
	AskTOTPCode
	// AskEmailCode wants the code of a mail.
	AskEmailCode
	// AskMethod wants one of Choices: how to prove who one is.
	AskMethod
	// AskNewPassword wants a password in the place of a temporary one.
	AskNewPassword
	// AskAttribute wants the value of a required attribute.
	AskAttribute
)

// exchange is one login.
type exchange struct {
	p        *UserPool
	api      *cognito.Client
	user     string // as typed, then as Cognito calls it
	password string
	srp      *srp     // nil: not SRP
	answers  []string // of prompts, to keep them out of errors
}

// step is what Cognito answered: a challenge, or tokens.
type step struct {
	challenge  types.ChallengeNameType
	session    *string
	parameters map[string]string
	result     *types.AuthenticationResultType
}

// finish answers challenges until there are tokens.
func (x *exchange) finish(ctx context.Context, s step, started time.Time) (*oauth2.Token, error) {
	for range maxSteps {
		if s.result != nil {
			return x.p.token("log in", s.result, started, nil)
		}
		for _, name := range []string{"USER_ID_FOR_SRP", "USERNAME"} {
			if user := s.parameters[name]; user != "" {
				x.user = user
				break
			}
		}
		started = x.p.now()
		var err error
		if s, err = x.advance(ctx, s); err != nil {
			return nil, err
		}
	}
	return nil, x.unsupported("the user pool asks for more than 10 things", "")
}

// advance answers one challenge; what a person may have mistyped, again.
func (x *exchange) advance(ctx context.Context, s step) (step, error) {
	refusal := ""
	for attempt := 1; ; attempt++ {
		answers, err := x.answer(ctx, s, Question{Attempt: attempt, Refusal: refusal})
		if err != nil {
			return s, err
		}
		answers["USERNAME"] = x.user
		x.hash(answers)
		out, err := x.api.RespondToAuthChallenge(ctx, &cognito.RespondToAuthChallengeInput{
			ChallengeName: s.challenge, ClientId: &x.p.ClientID, Session: s.session, ChallengeResponses: answers})
		if err == nil {
			return step{out.ChallengeName, out.Session, out.ChallengeParameters, out.AuthenticationResult}, nil
		}
		failure := x.p.failed("log in", err, x.secrets()...)
		retry := failure.Code == "CodeMismatchException" || failure.Code == "InvalidPasswordException"
		if !retry || attempt == maxAttempts {
			return s, failure
		}
		refusal = failure.Message
	}
}

// answer makes the ChallengeResponses for one challenge.
func (x *exchange) answer(ctx context.Context, s step, q Question) (map[string]string, error) {
	q.Destination = cleaned(s.parameters["CODE_DELIVERY_DESTINATION"])
	member := string(s.challenge) + "_CODE"
	switch s.challenge {
	case types.ChallengeNameTypePasswordVerifier:
		return x.prove(s)
	case types.ChallengeNameTypeSmsMfa, types.ChallengeNameTypeSmsOtp:
		q.Kind = AskSMSCode
	case types.ChallengeNameTypeSoftwareTokenMfa:
		q.Kind = AskTOTPCode
		q.Destination = cleaned(s.parameters["FRIENDLY_DEVICE_NAME"])
	case types.ChallengeNameTypeEmailOtp:
		q.Kind = AskEmailCode
	case types.ChallengeNameTypeSelectMfaType:
		q.Kind, member = AskMethod, "ANSWER"
		q.Choices = parseNames(s.parameters["MFAS_CAN_CHOOSE"])
	case types.ChallengeNameTypeNewPasswordRequired:
		return x.newPassword(ctx, s, q)
	default:
		return nil, x.unsupported("the user pool asks for "+cleaned(string(s.challenge))+", which this program cannot answer",
			"log in by the pool's hosted pages, as an OpenID Connect provider")
	}
	text, err := x.ask(ctx, q)
	return map[string]string{member: text}, err
}

// prove is the answer to PASSWORD_VERIFIER.
func (x *exchange) prove(s step) (map[string]string, error) {
	if x.srp == nil {
		return nil, x.unsupported("the user pool wants SRP, which was not begun", "log in with SRP")
	}
	c, err := parseChallenge(s.parameters)
	var key []byte
	if err == nil {
		key, err = x.srp.key(x.p.poolName(), x.password, c)
	}
	if err != nil {
		return nil, &Error{Op: "log in", Where: place(x.p.Endpoint), Kind: ErrBadAnswer, Message: "PASSWORD_VERIFIER: " + err.Error(),
			Hint: "check the endpoint: emulators of Cognito often lack SRP"}
	}
	stamp := timestamp(x.p.now())
	return map[string]string{"TIMESTAMP": stamp, "PASSWORD_CLAIM_SECRET_BLOCK": s.parameters["SECRET_BLOCK"],
		"PASSWORD_CLAIM_SIGNATURE": sign(key, x.p.poolName(), c, stamp)}, nil
}

// newPassword asks for a password and the attributes that the pool misses.
func (x *exchange) newPassword(ctx context.Context, s step, q Question) (map[string]string, error) {
	q.Kind = AskNewPassword
	password, err := x.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	answers := map[string]string{"NEW_PASSWORD": password}
	for _, name := range parseNames(s.parameters["requiredAttributes"]) {
		q.Kind, q.Attribute = AskAttribute, strings.TrimPrefix(name, "userAttributes.")
		value, err := x.ask(ctx, q)
		if err != nil {
			return nil, err
		}
		answers["userAttributes."+q.Attribute] = value
	}
	return answers, nil
}

// ask prompts. Blanks around anything but a password are dropped.
func (x *exchange) ask(ctx context.Context, q Question) (string, error) {
	if x.p.Prompt == nil {
		return "", x.unsupported("the user pool asks for a code, a choice or a new password, and nobody is there to answer",
			"log in at a terminal")
	}
	text, err := x.p.Prompt(ctx, q)
	if ctx.Err() != nil {
		return "", ended("log in", ctx)
	}
	if err != nil {
		return "", &Error{Op: "log in", Kind: ErrDenied, Message: "no answer to a prompt", Cause: err}
	}
	if q.Kind != AskNewPassword {
		text = strings.TrimSpace(text)
	}
	x.answers = append(x.answers, text)
	if text == "" || q.Kind == AskMethod && !slices.Contains(q.Choices, text) {
		return "", &Error{Op: "log in", Kind: ErrDenied, Message: "the answer to a prompt is empty, or none of the choices"}
	}
	return text, nil
}

// hash adds the SECRET_HASH of the user if the client has a secret.
func (x *exchange) hash(parameters map[string]string) {
	if h := secretHash(x.p.ClientSecret, parameters["USERNAME"], x.p.ClientID); h != "" {
		parameters["SECRET_HASH"] = h
	}
}

func (x *exchange) secrets() []string { return append([]string{x.password}, x.answers...) }

func (x *exchange) unsupported(message, hint string) *Error {
	return &Error{Op: "log in", Where: place(x.p.Endpoint), Kind: ErrUnsupported, Message: message, Hint: hint}
}

// parseNames reads a JSON array of at most 32 names in a string; nil if it is
// anything else.
func parseNames(text string) []string {
	var names []string
	if json.Unmarshal([]byte(text), &names) != nil || len(names) > 32 {
		return nil
	}
	for i, n := range names {
		names[i] = cleaned(n)
	}
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}
