package login

import (
	"context"
	"crypto/rand"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"golang.org/x/oauth2"
)

const personTime = 5 * time.Minute // for a login with prompts

// UserPool logs users in at an Amazon Cognito user pool by its API, without a
// browser. (The pool's hosted pages are an [OIDC] provider.) It may be used
// concurrently once its fields are set.
type UserPool struct {
	PoolID       string // such as "eu-west-1_AbCdEfGhI"
	ClientID     string // of an app client that allows the flow
	ClientSecret string // "" for a public client
	Region       string // "": the part of PoolID before "_"
	Endpoint     string // "": Amazon's; else where to send requests, such as "http://127.0.0.1:9229"

	// Prompt asks the person for codes, a choice, a new password. nil: a
	// login that needs one fails with [ErrUnsupported].
	Prompt Prompt
	// RefreshCall chooses how [UserPool.Refresh] asks; zero value: both ways.
	RefreshCall RefreshCall
	// Timeout is for a whole login with its prompts; 0: 5 minutes. One request
	// has 30 seconds.
	Timeout time.Duration

	HTTPClient *http.Client     // nil: one of our own; redirects are not followed with any
	Rand       io.Reader        // nil: crypto/rand
	Now        func() time.Time // nil: time.Now
}

// RefreshCall is an operation of Cognito that renews tokens.
type RefreshCall int

const (
	// RefreshAuto is GetTokensFromRefreshToken, and InitiateAuth if the
	// server does not know it.
	RefreshAuto RefreshCall = iota
	// RefreshGetTokens is GetTokensFromRefreshToken, which rotation needs.
	RefreshGetTokens
	// RefreshInitiateAuth is InitiateAuth with REFRESH_TOKEN_AUTH.
	RefreshInitiateAuth
)

// String says which pool and client, never the secret. It is the binding of
// saved logins.
func (p *UserPool) String() string {
	s := "cognito " + p.PoolID + " client " + p.ClientID
	if p.Endpoint != "" {
		s += " at " + place(p.Endpoint)
	}
	return s
}

// GoString is String.
func (p *UserPool) GoString() string { return p.String() }

// Source is a [Source] for logins at this pool; store nil: in memory only.
// AppSync takes the ID token or the access token; idToken chooses.
func (p *UserPool) Source(store *Store, name string, idToken bool) (*Source, error) {
	return NewSource(&SourceOptions{Renew: p.Refresh, Store: store, Name: name, Binding: p.String(), IDToken: idToken, Now: p.Now})
}

// SRP logs in with USER_SRP_AUTH: the password does not leave this process.
func (p *UserPool) SRP(ctx context.Context, user, password string) (*oauth2.Token, error) {
	random := p.Rand
	if random == nil {
		random = rand.Reader
	}
	secret, err := newSRP(random)
	if err != nil {
		return nil, &Error{Op: "log in", Kind: ErrUnavailable, Message: "no random numbers", Cause: err}
	}
	return p.login(ctx, types.AuthFlowTypeUserSrpAuth, &exchange{user: user, password: password, srp: secret},
		map[string]string{"SRP_A": secret.public.Text(16)})
}

// Password logs in with USER_PASSWORD_AUTH, which sends the password. The app
// client must allow it; prefer [UserPool.SRP].
func (p *UserPool) Password(ctx context.Context, user, password string) (*oauth2.Token, error) {
	return p.login(ctx, types.AuthFlowTypeUserPasswordAuth, &exchange{user: user, password: password},
		map[string]string{"PASSWORD": password})
}

// login begins a flow and answers challenges until there are tokens.
func (p *UserPool) login(ctx context.Context, flow types.AuthFlowType, x *exchange, parameters map[string]string) (*oauth2.Token, error) {
	if x.user == "" || x.password == "" {
		return nil, misconfigured("log in", "no user name or no password", "give both")
	}
	api, err := p.api("log in")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.patience())
	defer cancel()
	x.p, x.api = p, api
	parameters = maps.Clone(parameters)
	parameters["USERNAME"] = x.user
	x.hash(parameters)
	started := p.now()
	out, err := api.InitiateAuth(ctx, &cognito.InitiateAuthInput{AuthFlow: flow, ClientId: &p.ClientID, AuthParameters: parameters})
	if err != nil {
		return nil, p.failed("log in", err, x.secrets()...)
	}
	s := step{out.ChallengeName, out.Session, out.ChallengeParameters, out.AuthenticationResult}
	return x.finish(ctx, s, started)
}

// api is a client of the service without credentials: the operations used
// here are not signed. One call is one request.
func (p *UserPool) api(op string) (*cognito.Client, error) {
	parts := regexp.MustCompile(`^([a-z0-9-]+)_[A-Za-z0-9]+$`).FindStringSubmatch(p.PoolID)
	if parts == nil {
		return nil, misconfigured(op, "the user pool's id is not like eu-west-1_AbCdEfGhI", "look it up in the Cognito console")
	}
	if p.ClientID == "" {
		return nil, misconfigured(op, "no app client id", "look it up in the Cognito console, under App clients")
	}
	o := cognito.Options{Region: p.Region, HTTPClient: client(p.HTTPClient), Retryer: aws.NopRetryer{}, Credentials: aws.AnonymousCredentials{}}
	if o.Region == "" {
		o.Region = parts[1]
	}
	if p.Endpoint != "" {
		if err := confidential(op, "the endpoint", p.Endpoint); err != nil {
			return nil, err
		}
		o.BaseEndpoint = &p.Endpoint
	}
	return cognito.New(o), nil
}

func (p *UserPool) failed(op string, err error, secrets ...string) *Error {
	return serviceError(op, place(p.Endpoint), err, append(secrets, p.ClientSecret)...)
}

// poolName is what SRP hashes: the part after "_".
func (p *UserPool) poolName() string {
	_, name, _ := strings.Cut(p.PoolID, "_")
	return name
}

func (p *UserPool) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

func (p *UserPool) patience() time.Duration {
	if p.Timeout > 0 {
		return p.Timeout
	}
	return personTime
}

// token is an authentication result. old is the token that it renews, or nil.
func (p *UserPool) token(op string, r *types.AuthenticationResultType, started time.Time, old *oauth2.Token) (*oauth2.Token, error) {
	t := &oauth2.Token{AccessToken: aws.ToString(r.AccessToken), TokenType: "Bearer", RefreshToken: aws.ToString(r.RefreshToken)}
	if t.AccessToken == "" || r.ExpiresIn < 0 {
		return nil, &Error{Op: op, Where: place(p.Endpoint), Kind: ErrBadAnswer, Message: "no access token in the answer"}
	}
	t.Expiry = expiryOf(t.AccessToken) // for emulators that leave out ExpiresIn
	if r.ExpiresIn > 0 {
		t.Expiry = started.Add(time.Duration(r.ExpiresIn) * time.Second)
	}
	extra := map[string]string{}
	if old != nil {
		extra = extras(old)
		if t.RefreshToken == "" {
			t.RefreshToken = old.RefreshToken
		}
	}
	if id := aws.ToString(r.IdToken); id != "" {
		extra["id_token"] = id
	}
	if r.NewDeviceMetadata != nil {
		extra["device_key"] = aws.ToString(r.NewDeviceMetadata.DeviceKey)
	}
	return withExtras(t, extra), nil
}
