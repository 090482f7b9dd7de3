package identity_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

var signedIn = identity.Cognito{PoolID: "us-east-1:11111111-2222-4333-8444-555555555555", IdentityID: "us-east-1:99999999-2222-4333-8444-555555555555",
	Provider: "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC", SignIn: "cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:CognitoSignIn:ann"}

// poolCaller is who uses the credentials of an identity pool's role.
func poolCaller(t *testing.T, a *identity.Authenticator, c *clock, facts identity.Cognito) *identity.Identity {
	t.Helper()
	creds, err := a.AssumePoolRole(roleARN, facts, 0)
	if err != nil {
		t.Fatal(err)
	}
	if left := creds.Expires.Sub(c.now); left != time.Hour {
		t.Errorf("the session holds %v", left)
	}
	id, f := a.IAM(context.Background(), signed(t, creds, c.now, http.MethodGet, "https://abc123.execute-api.us-east-1.amazonaws.com/prod", ""), nil)
	if f != nil {
		t.Fatal(f)
	}
	return id
}

func TestPoolSessionTellsItsOwner(t *testing.T) {
	t.Parallel()
	c := &clock{now: start}
	a := authenticator(t, stack(t), c)
	id := poolCaller(t, a, c, signedIn)
	if id.Cognito == nil || *id.Cognito != signedIn || id.ARN != "arn:aws:sts::123456789012:assumed-role/Poster/CognitoIdentityCredentials" {
		t.Fatalf("%+v %+v", id, id.Cognito)
	}
	keys := identity.ContextKeys(id, &identity.Call{}, "us-east-1", start)
	for name, want := range map[string][]string{"aud": {signedIn.PoolID}, "sub": {signedIn.IdentityID}, "amr": {"authenticated", signedIn.Provider, signedIn.SignIn}} {
		if diff := cmp.Diff(want, keys["cognito-identity.amazonaws.com:"+name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	guest := poolCaller(t, a, c, identity.Cognito{PoolID: signedIn.PoolID, IdentityID: signedIn.IdentityID})
	keys = identity.ContextKeys(guest, &identity.Call{}, "us-east-1", start)
	if diff := cmp.Diff([]string{"unauthenticated"}, keys["cognito-identity.amazonaws.com:amr"]); diff != "" {
		t.Error(diff)
	}
}

func TestPoolSessionInAppSync(t *testing.T) {
	t.Parallel()
	c := &clock{now: start}
	a := authenticator(t, stack(t), c)
	for _, tt := range []struct {
		facts identity.Cognito
		want  string
	}{
		{signedIn, `{"accountId":"123456789012","cognitoIdentityAuthProvider":"\"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC\",\"cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC:CognitoSignIn:ann\"",` +
			`"cognitoIdentityAuthType":"authenticated","cognitoIdentityId":"us-east-1:99999999-2222-4333-8444-555555555555","cognitoIdentityPoolId":"us-east-1:11111111-2222-4333-8444-555555555555",` +
			`"sourceIp":["192.0.2.7"],"userArn":"arn:aws:sts::123456789012:assumed-role/Poster/CognitoIdentityCredentials","username":"AROAPOSTER:CognitoIdentityCredentials"}`},
		{identity.Cognito{PoolID: signedIn.PoolID, IdentityID: signedIn.IdentityID}, `{"accountId":"123456789012","cognitoIdentityAuthProvider":null,` +
			`"cognitoIdentityAuthType":"unauthenticated","cognitoIdentityId":"us-east-1:99999999-2222-4333-8444-555555555555","cognitoIdentityPoolId":"us-east-1:11111111-2222-4333-8444-555555555555",` +
			`"sourceIp":["192.0.2.7"],"userArn":"arn:aws:sts::123456789012:assumed-role/Poster/CognitoIdentityCredentials","username":"AROAPOSTER:CognitoIdentityCredentials"}`},
	} {
		caller := &identity.Caller{Mode: spec.ModeIAM, IAM: poolCaller(t, a, c, tt.facts), SourceIPs: []string{"192.0.2.7"}}
		if diff := cmp.Diff(tt.want, string(caller.Identity())); diff != "" {
			t.Error(diff)
		}
		if !json.Valid(caller.Identity()) {
			t.Error("no JSON")
		}
	}
}

// TestPolicyVariablesOfPools gives each identity its own connection.
func TestPolicyVariablesOfPools(t *testing.T) {
	t.Parallel()
	s := stack(t)
	s.Roles[0].Policies = []spec.Policy{policy(t, "own", allow(invoke, apiARN+"/prod/${cognito-identity.amazonaws.com:sub}",
		`,"Condition":{"StringEquals":{"cognito-identity.amazonaws.com:aud":"`+signedIn.PoolID+`"},"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"authenticated"}}`))}
	c := &clock{now: start}
	a := authenticator(t, s, c)
	other := signedIn
	other.PoolID = "us-east-1:another"
	for _, tt := range []struct {
		facts    identity.Cognito
		resource string
		ok       bool
	}{
		{signedIn, "/prod/" + signedIn.IdentityID, true},
		{signedIn, "/prod/us-east-1:somebody-else", false},
		{other, "/prod/" + signedIn.IdentityID, false},
		{identity.Cognito{PoolID: signedIn.PoolID, IdentityID: signedIn.IdentityID}, "/prod/" + signedIn.IdentityID, false},
	} {
		f := a.Authorize(poolCaller(t, a, c, tt.facts), identity.Call{Action: invoke, Resource: apiARN + tt.resource})
		if (f == nil) != tt.ok {
			t.Errorf("%+v on %s: %v", tt.facts, tt.resource, f)
		}
	}
}

func TestAssumePoolRoleRefuses(t *testing.T) {
	t.Parallel()
	c := &clock{now: start}
	a := authenticator(t, stack(t), c)
	half, long := signedIn, signedIn
	half.SignIn = ""
	long.SignIn = strings.Repeat("s", 1025)
	for name, facts := range map[string]identity.Cognito{"nobody": {}, "half": half, "long": long} {
		if _, err := a.AssumePoolRole(roleARN, facts, 0); err == nil {
			t.Errorf("%s: credentials", name)
		}
	}
	if _, err := a.AssumePoolRole("arn:aws:iam::123456789012:role/Elsewhere", signedIn, 0); err == nil {
		t.Error("credentials of a role that is not there")
	}
	if _, err := a.AssumePoolRole(roleARN, signedIn, 2*time.Hour); err == nil {
		t.Error("credentials of two hours")
	}
	creds, err := a.AssumePoolRole(roleARN, signedIn, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(2 * time.Minute)
	_, f := a.IAM(context.Background(), signed(t, creds, c.now, http.MethodGet, "https://abc123.execute-api.us-east-1.amazonaws.com/prod", ""), nil)
	if f == nil || f.Code != "ExpiredTokenException" {
		t.Errorf("after its end: %v", f)
	}
}
