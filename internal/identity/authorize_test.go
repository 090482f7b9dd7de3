package identity_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// caller verifies a signature and gives who made it.
func caller(t *testing.T, a *identity.Authenticator, id string) *identity.Identity {
	t.Helper()
	c := longTerm(id)
	switch id {
	case "session":
		c = session(t, a, "")
	case theirID:
		c.SessionToken = theToken
	}
	who, err := verify(t, a, c, start)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	const bob = "User: arn:aws:iam::123456789012:user/bob is not authorized to perform: "
	shown := "arn:aws:execute-api:us-east-1:********9012:"
	tests := []struct {
		name             string
		who              string
		change           func(*spec.Spec)
		action, resource string
		message          string // "" for allowed
		reason           string
	}{
		{"developer, anything", devID, nil, "dynamodb:DeleteTable", "*", "", ""},
		{"user", bobID, nil, invoke, connect, "", ""},
		{"user, other API", bobID, nil, invoke, "arn:aws:execute-api:us-east-1:123456789012:other/prod/$connect",
			bob + "execute-api:Invoke on resource: " + shown + "other/prod/$connect", `no identity-based policy allows execute-api:Invoke`},
		{"user, denied", bobID, func(s *spec.Spec) { s.Users[0].Policies = append(s.Users[0].Policies, policy(t, "stop", denyOne)) },
			invoke, connect, bob + "execute-api:Invoke on resource: " + shown + "abc123/prod/$connect with an explicit deny",
			`explicitly denied by identity-based policy "stop", statement 1 (Sid "No")`},
		{"user without policies", bobID, func(s *spec.Spec) { s.Users[0].Policies = nil }, manage, post,
			bob + "execute-api:ManageConnections on resource: " + shown + "abc123/prod/POST/@connections/{connectionId}",
			"the principal has no identity-based policy"},
		{"boundary", bobID, func(s *spec.Spec) {
			p := policy(t, "edge", allow(manage, "*", ""))
			s.Users[0].Boundary = &p
		}, invoke, connect, bob + "execute-api:Invoke on resource: " + shown + "abc123/prod/$connect", "permissions boundary"},
		{"policy without document", bobID, func(s *spec.Spec) { s.Users[0].Policies = append(s.Users[0].Policies, spec.Policy{Name: "lost"}) },
			invoke, connect, bob + "execute-api:Invoke on resource: " + shown + "abc123/prod/$connect", "its policy lost has no document"},
		{"session", "session", nil, manage, post, "", ""},
		{"session, other action", "session", nil, invoke, connect,
			"User: arn:aws:sts::123456789012:assumed-role/Poster/fn is not authorized to perform: execute-api:Invoke on resource: " +
				shown + "abc123/prod/$connect", "post"},
		{"two roles of one ARN", "session", func(s *spec.Spec) { s.Roles[1].ARN = roleARN }, manage, post,
			"User: arn:aws:sts::123456789012:assumed-role/Idle/fn is not authorized to perform: execute-api:ManageConnections on resource: " +
				shown + "abc123/prod/POST/@connections/{connectionId}", "two users or roles of this ARN"},
		{"foreign", theirID, nil, manage, post, "", ""},
		{"foreign, other action", theirID, nil, invoke, connect,
			"User: arn:aws:sts::123456789012:assumed-role/function-credentials/chain is not authorized to perform: execute-api:Invoke on resource: " +
				shown + "abc123/prod/$connect", "may call execute-api:ManageConnections only"},
		{"anonymous", "", nil, invoke, connect,
			"User: anonymous is not authorized to perform: execute-api:Invoke on resource: " + shown + "abc123/prod/$connect", "anonymous"},
		{"no ARN", "", nil, invoke, "nonsense", "User: anonymous is not authorized to perform: execute-api:Invoke on resource: *", "anonymous"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := stack(t)
			if tt.change != nil {
				tt.change(s)
			}
			a := authenticator(t, s, &clock{start})
			var who *identity.Identity
			if tt.who != "" {
				who = caller(t, a, tt.who)
			}
			err := a.Authorize(who, call(tt.action, tt.resource))
			if tt.message == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			checkRefusal(t, err, public{"AccessDeniedException", 403, tt.message}, tt.reason)
			var denied *identity.DeniedError
			if !errors.As(err, &denied) || denied.Resource != tt.resource {
				t.Errorf("cause %v", err.Cause)
			}
			if err != nil && !strings.HasPrefix(string(err.Body()), `{"Message":"User: `) {
				t.Errorf("body %s", err.Body())
			}
		})
	}
}

func TestAuthorizeAfterTheRoleIsGone(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	role, user := caller(t, a, "session"), caller(t, a, bobID)
	gone := stack(t)
	gone.Roles, gone.Users = nil, nil
	a.Update(gone)
	checkRefusal(t, a.Authorize(role, call(manage, post)), unrecognized, roleARN+" is no longer in the template")
	checkRefusal(t, a.Authorize(user, call(invoke, connect)), unrecognized, "user/bob is no longer in the template")
	narrowed := stack(t)
	narrowed.Roles[0].Policies = nil
	a.Update(narrowed)
	if err := a.Authorize(role, call(manage, post)); err == nil || err.Code != "AccessDeniedException" {
		t.Errorf("after the role lost its policies: %v", err)
	}
}

func TestSessionPolicyNarrows(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	for _, tt := range []struct {
		policy string
		ok     bool
	}{
		{allow(manage, "*", ""), true},
		{allow(invoke, "*", ""), false},
		{allow("*", "*", ""), true},
		{denyOne, false},
		{allow(manage, "*", `,"Condition":{"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}}`), true},
		{allow(manage, "*", `,"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), false},
	} {
		who, err := verify(t, a, session(t, a, tt.policy), start)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Authorize(who, call(manage, post)); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok %v", tt.policy, err, tt.ok)
		}
		if err := a.Authorize(who, call(invoke, connect)); err == nil {
			t.Errorf("%s: widened the role", tt.policy)
		}
	}
}

func TestContextKeys(t *testing.T) {
	t.Parallel()
	who := &identity.Identity{Kind: identity.Role, Account: account, ARN: "arn:aws:sts::123456789012:assumed-role/R/s",
		PrincipalARN: roleARN, UserID: "AROA:s", IssuedAt: start}
	c := identity.Call{Peer: netip.MustParseAddr("::ffff:192.0.2.1"), UserAgent: "ua", Referer: "https://x.example/?q=1&X-Amz-Signature=abc", Secure: true}
	want := iam.Context{
		"aws:currenttime": {"2026-03-04T06:06:07Z"}, "aws:epochtime": {"1772604367"}, "aws:sourceip": {"192.0.2.1"},
		"aws:useragent": {"ua"}, "aws:referer": {"https://x.example/"}, "aws:securetransport": {"true"},
		"aws:requestedregion": {"us-east-1"}, "aws:principaltype": {"AssumedRole"}, "aws:principalarn": {roleARN},
		"aws:principalaccount": {account}, "aws:userid": {"AROA:s"}, "aws:tokenissuetime": {"2026-03-04T05:06:07Z"},
		"aws:principalisawsservice": {"false"}, "aws:viaawsservice": {"false"},
	}
	if diff := cmp.Diff(want, identity.ContextKeys(who, &c, "us-east-1", start.Add(time.Hour))); diff != "" {
		t.Error(diff)
	}
}

// TestConditions has one policy per key, and a caller for whom it holds and
// one for whom it does not.
func TestConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		condition string
		ok        bool
	}{
		{`{"StringEquals":{"aws:username":"bob"}}`, true},
		{`{"StringEquals":{"aws:username":"eve"}}`, false},
		{`{"StringEquals":{"aws:userid":"AIDABOB"}}`, true},
		{`{"StringEquals":{"aws:PrincipalTag/team":"blue"}}`, true},
		{`{"StringEquals":{"aws:PrincipalTag/team":"red"}}`, false},
		{`{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:user/bob"}}`, true},
		{`{"StringEquals":{"aws:PrincipalType":"User","aws:PrincipalAccount":"123456789012"}}`, true},
		{`{"IpAddress":{"aws:SourceIp":"127.0.0.1"}}`, true},
		{`{"NotIpAddress":{"aws:SourceIp":"127.0.0.1"}}`, false},
		{`{"Bool":{"aws:SecureTransport":"true"}}`, true},
		{`{"Bool":{"aws:SecureTransport":"false"}}`, false},
		{`{"StringLike":{"aws:UserAgent":"ua/*"}}`, true},
		{`{"StringLike":{"aws:Referer":"*"}}`, false},
		{`{"StringEquals":{"aws:RequestedRegion":"us-east-1"}}`, true},
		{`{"DateLessThan":{"aws:CurrentTime":"2026-03-04T05:06:08Z"}}`, true},
		{`{"DateLessThan":{"aws:CurrentTime":"2026-03-04T05:06:07Z"}}`, false},
		{`{"NumericGreaterThan":{"aws:EpochTime":"1"}}`, true},
		{`{"Null":{"aws:MultiFactorAuthPresent":"true"}}`, true},
		{`{"Bool":{"aws:MultiFactorAuthPresent":"true"}}`, false},
		{`{"Null":{"aws:TokenIssueTime":"true"}}`, true},
		{`{"Bool":{"aws:ViaAWSService":"false"}}`, true},
	}
	for _, tt := range tests {
		t.Run(tt.condition, func(t *testing.T) {
			t.Parallel()
			s := stack(t)
			s.Users[0].Policies = []spec.Policy{policy(t, "p", allow(invoke, "*", `,"Condition":`+tt.condition))}
			a := authenticator(t, s, &clock{start})
			who := caller(t, a, bobID)
			for range 2 { // the second uses the memory of the first
				if err := a.Authorize(who, call(invoke, connect)); (err == nil) != tt.ok {
					t.Errorf("%v, want ok %v", err, tt.ok)
				}
			}
		})
	}
}

func TestDeniedReasonIsBounded(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	c := call(invoke, connect+strings.Repeat("x", 10000)+"\n")
	c.Host = strings.Repeat("h", 10000) + "\x1b[2J"
	err := a.Authorize(nil, c)
	if err == nil || len(err.Cause.Error()) > 1500 || strings.ContainsAny(err.Cause.Error(), "\x1b\n") {
		t.Errorf("reason of %d bytes", len(err.Cause.Error()))
	}
}
