package login

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	identity "github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"golang.org/x/oauth2"
)

// IdentityPool is an aws.CredentialsProvider: it exchanges a token for AWS
// credentials at an Amazon Cognito identity pool (GetId, then
// GetCredentialsForIdentity). It may be used concurrently once its fields are
// set; wrap it in aws.NewCredentialsCache, as every provider.
type IdentityPool struct {
	PoolID   string // such as "eu-west-1:11111111-2222-3333-4444-555555555555"
	Region   string // "": the part of PoolID before ":"
	Endpoint string // "": Amazon's

	// Token gives an ID token as its AccessToken, such as the Fetch of a
	// [Source] with IDToken set. nil: an unauthenticated identity.
	Token func(ctx context.Context) (*oauth2.Token, error)
	// Login is the key of Logins: the provider's name. "": the token's issuer
	// without its scheme, as Amplify does it.
	Login string

	RoleARN    string           // CustomRoleArn, "": what the pool chooses
	AccountID  string           // of GetId, usually ""
	HTTPClient *http.Client     // nil: one of our own
	Now        func() time.Time // nil: time.Now

	mu       sync.Mutex
	identity map[string]string // identity id by login and subject
}

// String says which pool.
func (p *IdentityPool) String() string { return "identity pool " + p.PoolID }

// Retrieve gets new credentials. Its errors are [*Error] values. It takes at
// most a minute, plus what Token takes.
func (p *IdentityPool) Retrieve(ctx context.Context) (aws.Credentials, error) {
	api, err := p.api()
	if err != nil {
		return aws.Credentials{}, err
	}
	logins, who, err := p.logins(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, renewTime)
	defer cancel()
	c, err := p.exchange(ctx, api, logins, who)
	if e, ok := err.(*Error); ok && e.Code == "ResourceNotFoundException" && p.forget(who) {
		c, err = p.exchange(ctx, api, logins, who) // the identity was deleted
	}
	return c, err
}

// logins is the member Logins, nil without a token, and whose it is.
func (p *IdentityPool) logins(ctx context.Context) (logins map[string]string, who string, err error) {
	if p.Token == nil {
		return nil, "", nil
	}
	t, err := p.Token(ctx)
	if err != nil {
		return nil, "", err
	}
	c, ok := peek(t.AccessToken)
	key := p.Login
	if key == "" && ok {
		_, key, _ = strings.Cut(c.Issuer, "://")
	}
	if key == "" {
		return nil, "", misconfigured("AWS credentials", "the token is no JWT with an issuer, and no login provider is named",
			"give the ID token, or set Login")
	}
	return map[string]string{key: t.AccessToken}, key + " " + c.Subject, nil
}

func (p *IdentityPool) exchange(ctx context.Context, api *identity.Client, logins map[string]string, who string) (aws.Credentials, error) {
	id, err := p.id(ctx, api, logins, who)
	if err != nil {
		return aws.Credentials{}, err
	}
	in := &identity.GetCredentialsForIdentityInput{IdentityId: &id, Logins: logins}
	if p.RoleARN != "" {
		in.CustomRoleArn = &p.RoleARN
	}
	out, err := api.GetCredentialsForIdentity(ctx, in)
	if err != nil {
		return aws.Credentials{}, p.failed(err, logins)
	}
	return p.credentials(out)
}

func (p *IdentityPool) credentials(out *identity.GetCredentialsForIdentityOutput) (aws.Credentials, error) {
	if c := out.Credentials; c != nil && aws.ToString(c.AccessKeyId) != "" && aws.ToString(c.SecretKey) != "" && c.Expiration != nil {
		got := aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretKey, SessionToken: aws.ToString(c.SessionToken),
			Source: "CognitoIdentityPool", CanExpire: true, Expires: *c.Expiration}
		if p.now().Before(got.Expires) {
			return got, nil
		}
	}
	return aws.Credentials{}, &Error{Op: "AWS credentials", Where: place(p.Endpoint), Kind: ErrBadAnswer,
		Message: "the credentials are incomplete or have expired", Hint: "check the endpoint and this machine's clock"}
}

// id is the identity of who, asked for once.
func (p *IdentityPool) id(ctx context.Context, api *identity.Client, logins map[string]string, who string) (string, error) {
	p.mu.Lock()
	id := p.identity[who]
	p.mu.Unlock()
	if id != "" {
		return id, nil
	}
	in := &identity.GetIdInput{IdentityPoolId: &p.PoolID, Logins: logins}
	if p.AccountID != "" {
		in.AccountId = &p.AccountID
	}
	out, err := api.GetId(ctx, in)
	if err != nil {
		return "", p.failed(err, logins)
	}
	if id = aws.ToString(out.IdentityId); id == "" {
		return "", &Error{Op: "AWS credentials", Where: place(p.Endpoint), Kind: ErrBadAnswer, Message: "no identity in the answer"}
	}
	p.mu.Lock()
	p.identity = map[string]string{who: id} // one at a time: logins change rarely
	p.mu.Unlock()
	return id, nil
}

// forget drops the identity of who; false if there was none.
func (p *IdentityPool) forget(who string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, had := p.identity[who]
	delete(p.identity, who)
	return had
}

func (p *IdentityPool) failed(err error, logins map[string]string) *Error {
	var secrets []string
	for _, token := range logins {
		secrets = append(secrets, token)
	}
	e := serviceError("AWS credentials", place(p.Endpoint), err, secrets...)
	if e.Code == "NotAuthorizedException" {
		e.Hint = "check that the identity pool trusts the token's issuer and client, and that it is an ID token; or allow guests"
	}
	return e
}

func (p *IdentityPool) api() (*identity.Client, error) {
	parts := regexp.MustCompile(`^([a-z0-9-]+):[A-Za-z0-9-]+$`).FindStringSubmatch(p.PoolID)
	if parts == nil {
		return nil, misconfigured("AWS credentials", "the identity pool's id is not like eu-west-1:11111111-2222-3333-4444-555555555555", "")
	}
	o := identity.Options{Region: p.Region, HTTPClient: client(p.HTTPClient), Retryer: aws.NopRetryer{}, Credentials: aws.AnonymousCredentials{}}
	if o.Region == "" {
		o.Region = parts[1]
	}
	if p.Endpoint != "" {
		if err := confidential("AWS credentials", "the endpoint", p.Endpoint); err != nil {
			return nil, err
		}
		o.BaseEndpoint = &p.Endpoint
	}
	return identity.New(o), nil
}

func (p *IdentityPool) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}
