package identity_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/identity/jwttest"
	"github.com/tidewire/tidewire/internal/spec"
)

func TestModesTellWhoIsCalling(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	w.answer = `{"isAuthorized":true,"resolverContext":{"tenant":"t1","n":2},"deniedFields":["Query.secret","` + graphARN + `/types/Mutation/fields/drop"]}`
	signedRequest := signed(t, longTerm(bobID), start, http.MethodPost, "http://127.0.0.1:4577/graphql", "{}")
	signedService := signGraphQL(t, bobID)
	tests := []struct {
		name, mode, authType, identity string
		r                              *identity.Request
	}{
		{"API key", spec.ModeAPIKey, "API Key Authorization", `null`, credential("x-api-key", apiKey)},
		{"IAM", spec.ModeIAM, "IAM Authorization",
			`{"accountId":"123456789012","cognitoIdentityAuthProvider":null,"cognitoIdentityAuthType":null,"cognitoIdentityId":null,"cognitoIdentityPoolId":null,` +
				`"sourceIp":["10.0.0.9","127.0.0.1"],"userArn":"arn:aws:iam::123456789012:user/bob","username":"AIDABOB"}`, signedService},
		{"access token", spec.ModeCognito, "User Pool Authorization",
			`{"claims":CLAIMS,"defaultAuthStrategy":"ALLOW","groups":["admins"],"issuer":"` + poolIssuer + `","sourceIp":["10.0.0.9","127.0.0.1"],"sub":"s-1","username":"ann"}`,
			credential("Authorization", token(t, "rsa", poolClaims()))},
		{"id token with Bearer", spec.ModeCognito, "User Pool Authorization",
			`{"claims":CLAIMS,"defaultAuthStrategy":"ALLOW","groups":null,"issuer":"` + poolIssuer + `","sourceIp":["10.0.0.9","127.0.0.1"],"sub":"s-1","username":"bea"}`,
			credential("Authorization", "bEARER "+token(t, "rsa", jwttest.With(poolClaims(), map[string]any{"token_use": "id", "aud": "app", "cognito:username": "bea", "cognito:groups": nil})))},
		{"OIDC, elliptic", spec.ModeOIDC, "Open ID Connect Authorization", `{"claims":CLAIMS,"issuer":"` + oidcIssuer + `","sub":"s-2"}`,
			credential("Authorization", token(t, "ec", oidcClaims()))},
		{"Lambda", spec.ModeLambda, "Lambda Authorization", `{"resolverContext":{"tenant":"t1","n":2}}`, credential("Authorization", opaque)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := w.modes.Admit(context.Background(), tt.r)
			if f != nil {
				t.Fatal(f)
			}
			want := strings.Replace(tt.identity, "CLAIMS", string(c.Claims), 1)
			if diff := cmp.Diff([]string{tt.mode, tt.authType, want}, []string{c.Mode, c.AuthType(), string(c.Identity())}); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, f := w.modes.Admit(context.Background(), request(signedRequest.Header)); f == nil {
		t.Error("a signature for execute-api was admitted")
	}
}

func TestModesRefuse(t *testing.T) {
	t.Parallel()
	none := public{"UnauthorizedException", 401, "Valid authorization header not provided."}
	not := public{"UnauthorizedException", 401, "You are not authorized to make this call."}
	parse := public{"UnauthorizedException", 401, "Unable to parse JWT token."}
	auth := func(value string) *identity.Request { return credential("Authorization", value) }
	twice := http.Header{"Authorization": {opaque, opaque}}
	tests := []struct {
		name   string
		r      *identity.Request
		want   public
		reason string
	}{
		{"nothing", credential("", ""), none, "neither an Authorization nor an x-api-key"},
		{"two credentials", request(twice), none, "2 times"},
		{"unknown key", credential("x-api-key", "da2-nonononononononononononono"), not, "no API key of Api"},
		{"empty key is no key", credential("x-api-key", ""), none, "neither"},
		{"expired key", credential("x-api-key", oldKey), not, "the API key Old of Api expired at 2026-03-04T05:06:06Z"},
		{"pattern", auth("other-token"), not, "does not match IdentityValidationExpression"},
		{"Bearer without JWT", auth("Bearer custom-token"), parse, "three parts"},
		{"unsigned", auth("AWS4-HMAC-SHA256 "), public{"IncompleteSignatureException", 403, ""}, ""},
	}
	w := newWorld(t, providers(), nil)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, f := w.modes.Admit(context.Background(), tt.r)
			if tt.want.Message == "" && f != nil {
				tt.want.Message = f.Message
			}
			checkRefusal(t, f, tt.want, tt.reason, apiKey, oldKey, tt.r.Header.Get("Authorization"))
		})
	}
}

func TestModesThatAreNotConfiguredAdmitNobody(t *testing.T) {
	t.Parallel()
	all := providers()
	jwt := token(t, "rsa", poolClaims())
	tests := []struct {
		name   string
		auth   spec.AuthProvider
		r      *identity.Request
		reason string
	}{
		{"key", all[1], credential("x-api-key", apiKey), "API_KEY is no authorization mode of Api (it has AWS_IAM)"},
		{"signature", all[0], signGraphQL(t, bobID), "AWS_IAM is no authorization mode"},
		{"signature at a user pool", all[2], signGraphQL(t, bobID), "AWS_IAM is no authorization mode"},
		{"JWT", all[0], credential("Authorization", jwt), "Api takes API_KEY"},
		{"opaque", all[2], credential("Authorization", opaque), "holds no JSON Web Token"},
		{"Bearer at a Lambda", all[4], credential("Authorization", "Bearer "+jwt), "AppSync does not pass them to a Lambda authorizer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, []spec.AuthProvider{tt.auth}, nil)
			if _, f := w.modes.Admit(context.Background(), tt.r); f == nil || !strings.Contains(f.Error(), tt.reason) {
				t.Errorf("got %v, want a refusal with %q", f, tt.reason)
			}
			if len(w.asked) > 0 {
				t.Errorf("the Lambda authorizer was asked: %q", w.asked)
			}
		})
	}
}

func TestModesWithoutSettingsDoNotStart(t *testing.T) {
	t.Parallel()
	for _, p := range []spec.AuthProvider{{Mode: "OPEN"}, {Mode: spec.ModeOIDC}, {Mode: spec.ModeCognito}, {Mode: spec.ModeLambda},
		{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer, ClientID: "("}},
		{Mode: spec.ModeOIDC, OIDC: &spec.OIDCProvider{Issuer: oidcIssuer, ClientID: "a)|(?:.*"}},
		{Mode: spec.ModeLambda, Lambda: &spec.LambdaAuthorizer{FunctionARN: authorizer, IdentityValidation: "["}}} {
		o := identity.ModesOptions{Spec: stack(t), Invoke: (&world{}).invoke, API: &spec.GraphQLAPI{LogicalID: "Api", Auth: []spec.AuthProvider{p}}}
		if _, err := identity.NewModes(o); err == nil {
			t.Errorf("%+v: made", p)
		}
		if bad := p.OIDC != nil || p.Lambda != nil; bad != (identity.CheckPatterns(&p) != nil) {
			t.Errorf("%+v: %v", p, identity.CheckPatterns(&p))
		}
	}
	for _, where := range []string{"http://example.com", "https://", "/no/such/file.json"} {
		o := identity.ModesOptions{Spec: stack(t), Issuers: map[string]string{oidcIssuer: where},
			API: &spec.GraphQLAPI{LogicalID: "Api", Auth: providers()[3:4]}}
		if _, err := identity.NewModes(o); err == nil {
			t.Errorf("keys from %s: made", where)
		}
	}
}

func TestAuthorizeField(t *testing.T) {
	t.Parallel()
	w := newWorld(t, providers(), nil)
	w.answer = `{"isAuthorized":true,"deniedFields":["Query.secret","` + graphARN + `/types/Mutation/fields/drop"]}`
	tests := []struct {
		name    string
		r       *identity.Request
		allowed []string
		denied  []string
	}{
		{"policy", signGraphQL(t, bobID), []string{"Query.a"}, []string{"Mutation.a"}},
		{"developer", signGraphQL(t, devID), []string{"Query.a", "Mutation.a"}, nil},
		{"Lambda", credential("Authorization", opaque), []string{"Query.a"}, []string{"Query.secret", "Mutation.drop"}},
		{"key", credential("x-api-key", apiKey), []string{"Query.secret"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, f := w.modes.Admit(context.Background(), tt.r)
			if f != nil {
				t.Fatal(f)
			}
			for want, fields := range map[bool][]string{true: tt.allowed, false: tt.denied} {
				for _, name := range fields {
					typeName, field, _ := strings.Cut(name, ".")
					if f := w.modes.AuthorizeField(c, typeName, field); (f == nil) != want {
						t.Errorf("%s: %v", name, f)
					}
				}
			}
		})
	}
}

func FuzzAdmit(f *testing.F) {
	f.Add(opaque, "")
	f.Add("Bearer a.b.c", "")
	f.Add("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00", "x")
	f.Add("eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIn0.", "")
	w := newWorld(f, providers()[:4], nil)
	f.Fuzz(func(t *testing.T, authorization, key string) {
		r := request(http.Header{"Authorization": {authorization}, "X-Api-Key": {key}})
		if c, f := w.modes.Admit(context.Background(), r); f == nil && (c.Mode != spec.ModeAPIKey || strings.TrimSpace(key) != apiKey) {
			t.Errorf("admitted %+v", c)
		}
	})
}

func BenchmarkAdmit(b *testing.B) {
	w := newWorld(b, providers(), nil)
	for name, r := range map[string]*identity.Request{
		"key": credential("x-api-key", apiKey), "rsa": credential("Authorization", token(b, "rsa", poolClaims())),
		"ec": credential("Authorization", token(b, "ec", oidcClaims())), "lambda": credential("Authorization", opaque), "iam": signGraphQL(b, bobID),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, f := w.modes.Admit(context.Background(), r); f != nil {
					b.Fatal(f)
				}
			}
		})
	}
}
