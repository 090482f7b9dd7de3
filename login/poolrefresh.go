package login

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"golang.org/x/oauth2"
)

// Refresh renews old by its refresh token. The result has the new refresh
// token if Cognito rotates them, else the old one. An error that matches
// [ErrLoginRequired] means that the person must log in again.
func (p *UserPool) Refresh(ctx context.Context, old *oauth2.Token) (*oauth2.Token, error) {
	if old == nil || old.RefreshToken == "" {
		return nil, &Error{Op: "refresh", Kind: ErrLoginRequired, Message: "there is no refresh token", Hint: "log in first"}
	}
	api, err := p.api("refresh")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	started := p.now()
	result, err := p.renewed(ctx, api, old)
	if err != nil {
		return nil, p.refreshError(err, old)
	}
	if result == nil {
		return nil, &Error{Op: "refresh", Where: place(p.Endpoint), Kind: ErrBadAnswer, Message: "no tokens in the answer"}
	}
	return p.token("refresh", result, started, old)
}

// renewed asks by the operation that is chosen, or by both.
func (p *UserPool) renewed(ctx context.Context, api *cognito.Client, old *oauth2.Token) (*types.AuthenticationResultType, error) {
	if p.RefreshCall != RefreshInitiateAuth {
		in := &cognito.GetTokensFromRefreshTokenInput{ClientId: &p.ClientID, RefreshToken: &old.RefreshToken}
		if p.ClientSecret != "" {
			in.ClientSecret = &p.ClientSecret
		}
		if key := extras(old)["device_key"]; key != "" {
			in.DeviceKey = &key
		}
		out, err := api.GetTokensFromRefreshToken(ctx, in)
		if err == nil {
			return out.AuthenticationResult, nil
		}
		if p.RefreshCall == RefreshGetTokens || !errors.Is(p.failed("refresh", err), ErrUnsupported) {
			return nil, err
		}
	}
	out, err := api.InitiateAuth(ctx, &cognito.InitiateAuthInput{AuthFlow: types.AuthFlowTypeRefreshTokenAuth,
		ClientId: &p.ClientID, AuthParameters: p.refreshParameters(old)})
	if err != nil {
		return nil, err
	}
	return out.AuthenticationResult, nil
}

// refreshParameters are those of REFRESH_TOKEN_AUTH. The secret's hash is over
// the user name in the tokens, which need not be what was typed.
func (p *UserPool) refreshParameters(old *oauth2.Token) map[string]string {
	parameters := map[string]string{"REFRESH_TOKEN": old.RefreshToken}
	if key := extras(old)["device_key"]; key != "" {
		parameters["DEVICE_KEY"] = key
	}
	access, _ := peek(old.AccessToken)
	id, _ := peek(IDToken(old))
	for _, user := range []string{access.Username, id.User, access.Subject, id.Subject} {
		if user != "" && p.ClientSecret != "" {
			parameters["SECRET_HASH"] = secretHash(p.ClientSecret, user, p.ClientID)
			break
		}
	}
	return parameters
}

func (p *UserPool) refreshError(err error, old *oauth2.Token) error {
	e := p.failed("refresh", err, old.RefreshToken)
	again := e.Code == "NotAuthorizedException" && !strings.Contains(strings.ToLower(e.Message), "secret")
	if again || e.Code == "RefreshTokenReuseException" || e.Code == "UserNotFoundException" {
		e.Kind, e.Hint = ErrLoginRequired, "log in again"
	}
	return e
}

// Revoke makes the refresh token of t, and the access tokens it has given,
// useless at Cognito (RevokeToken). Who only checks signatures does not notice.
func (p *UserPool) Revoke(ctx context.Context, t *oauth2.Token) error {
	if t == nil || t.RefreshToken == "" {
		return nil
	}
	api, err := p.api("revoke")
	if err != nil {
		return err
	}
	in := &cognito.RevokeTokenInput{ClientId: &p.ClientID, Token: &t.RefreshToken}
	if p.ClientSecret != "" {
		in.ClientSecret = aws.String(p.ClientSecret)
	}
	if _, err := api.RevokeToken(ctx, in); err != nil {
		return p.failed("revoke", err, t.RefreshToken)
	}
	return nil
}
