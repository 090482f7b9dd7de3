package identity_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

func TestIAMTellsWhoIsCalling(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	theirs := longTerm(theirID)
	theirs.SessionToken = theToken
	temporary := session(t, a, "")
	tests := []struct {
		name string
		with aws.Credentials
		want identity.Identity
	}{
		{"developer", longTerm(devID), identity.Identity{Kind: identity.Developer, AccessKeyID: devID, Account: account,
			ARN: "arn:aws:iam::123456789012:user/developer", PrincipalARN: "arn:aws:iam::123456789012:user/developer",
			UserID: "AIDADEVELOPERAAAAAAA", UserName: "developer"}},
		{"user", longTerm(bobID), identity.Identity{Kind: identity.User, AccessKeyID: bobID, Account: account,
			ARN: "arn:aws:iam::123456789012:user/bob", PrincipalARN: "arn:aws:iam::123456789012:user/bob", UserID: "AIDABOB", UserName: "bob"}},
		{"session", temporary, identity.Identity{Kind: identity.Role, AccessKeyID: temporary.AccessKeyID, Account: account,
			ARN: "arn:aws:sts::123456789012:assumed-role/Poster/fn", PrincipalARN: roleARN, UserID: "AROAPOSTER:fn",
			SessionName: "fn", IssuedAt: start, Expires: start.Add(time.Hour)}},
		{"foreign", theirs, identity.Identity{Kind: identity.Foreign, AccessKeyID: theirID, Account: account,
			ARN: "arn:aws:sts::123456789012:assumed-role/function-credentials/chain", UserID: theirID,
			PrincipalARN: "arn:aws:sts::123456789012:assumed-role/function-credentials/chain"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inHeader, err := verify(t, a, tt.with, start)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, *inHeader, cmpopts.IgnoreUnexported(identity.Identity{})); diff != "" {
				t.Error(diff)
			}
			r, _ := presigned(t, tt.with, start)
			inQuery, err := a.IAM(context.Background(), r, nil)
			if err != nil || inQuery.ARN != tt.want.ARN {
				t.Errorf("presigned: %+v, %v", inQuery, err)
			}
		})
	}
}

var (
	unrecognized = public{"UnrecognizedClientException", 403, "The security token included in the request is invalid."}
	expired      = public{"ExpiredTokenException", 403, "The security token included in the request is expired"}
)

func TestIAMRefuses(t *testing.T) {
	t.Parallel()
	now := &clock{start}
	a := authenticator(t, stack(t), now)
	valid := session(t, a, "")
	short, err := a.AssumeRole("PosterRole", "fn", time.Minute, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := identity.New(identity.Options{Spec: stack(t), SealingKey: [32]byte{9}, Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	with := func(c aws.Credentials, change func(*aws.Credentials)) aws.Credentials { change(&c); return c }
	tests := []struct {
		name   string
		with   aws.Credentials
		at     time.Duration // after start
		want   public
		reason string
	}{
		{"unknown key", longTerm("AKIANOBODYAAAAAAAAAA"), 0, unrecognized, "no caller has it"},
		{"inactive key", longTerm(oldID), 0, unrecognized, "the key is inactive"},
		{"key of two users", longTerm(twiceID), 0, unrecognized, "two callers have this access key id"},
		{"key without secret", aws.Credentials{AccessKeyID: mutedID, SecretAccessKey: "zebrazebra"}, 0, unrecognized, "the key has no secret"},
		{"long-term key with a token", with(longTerm(bobID), func(c *aws.Credentials) { c.SessionToken = valid.SessionToken }), 0,
			unrecognized, "a session token was sent with a long-term key"},
		{"temporary key without its token", with(valid, func(c *aws.Credentials) { c.SessionToken = "" }), 0,
			unrecognized, "its session token is missing"},
		{"another session's token", with(valid, func(c *aws.Credentials) { c.SessionToken = short.SessionToken }), 0,
			unrecognized, "belongs to another access key"},
		{"tampered token", with(valid, func(c *aws.Credentials) { c.SessionToken = flip(c.SessionToken, 40) }), 0,
			unrecognized, "it was tampered with"},
		{"token cut short", with(valid, func(c *aws.Credentials) { c.SessionToken = c.SessionToken[:30] }), 0,
			unrecognized, "it is not a token of this gateway"},
		{"token of another version", with(valid, func(c *aws.Credentials) { c.SessionToken = "B" + c.SessionToken[1:] }), 0,
			unrecognized, "it is of another version"},
		{"token of another state directory", session(t, other, ""), 0, unrecognized, "another state directory"},
		{"token of AWS", with(valid, func(c *aws.Credentials) { c.SessionToken = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJ=" }), 0,
			unrecognized, "it is not a token of this gateway"},
		{"huge token", with(valid, func(c *aws.Credentials) { c.SessionToken = strings.Repeat("A", 5000) }), 0,
			unrecognized, "it is not a token of this gateway"},
		{"expired session", short, time.Minute, expired, "the session ended at 2026-03-04T05:07:07Z"},
		{"session from the future", valid, -time.Hour, unrecognized, "the session begins at"},
		{"foreign key, no token", longTerm(theirID), 0, unrecognized, "not the one that functions were given"},
		{"foreign key, other token", with(longTerm(theirID), func(c *aws.Credentials) { c.SessionToken = "zzz" }), 0,
			unrecognized, "not the one that functions were given"},
		{"expired foreign key", with(longTerm(theirID), func(c *aws.Credentials) { c.SessionToken = theToken }), time.Hour,
			expired, "have expired"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { // the clock is shared
			now.now = start.Add(tt.at)
			_, err := verify(t, a, tt.with, now.now)
			checkRefusal(t, err, tt.want, tt.reason, tt.with.SessionToken, tt.with.SecretAccessKey)
			r, url := presigned(t, tt.with, now.now)
			_, err = a.IAM(context.Background(), r, nil)
			checkRefusal(t, err, tt.want, tt.reason, tt.with.SessionToken, tt.with.SecretAccessKey, url)
		})
	}
}

// flip changes one character of a token to another of its alphabet.
func flip(token string, at int) string {
	c := byte('A')
	if token[at] == c {
		c = 'B'
	}
	return token[:at] + string(c) + token[at+1:]
}

func TestSignatureRefusals(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	temporary := session(t, a, "")
	wrong := temporary
	wrong.SecretAccessKey = secretOf(bobID)
	theirs := aws.Credentials{AccessKeyID: theirID, SecretAccessKey: "wrong", SessionToken: theToken}
	tests := []struct {
		name string
		r    func() (*sigv4.Request, string)
		code string
		text string
	}{
		{"wrong secret", func() (*sigv4.Request, string) {
			return signed(t, wrong, start, http.MethodPost, postURL, "hello"), "hello"
		}, "InvalidSignatureException", "The Canonical String for this request should have been"},
		{"wrong secret, presigned", func() (*sigv4.Request, string) {
			r, _ := presigned(t, wrong, start)
			return r, ""
		}, "InvalidSignatureException", "The Canonical String for this request should have been"},
		{"wrong secret, token that is escaped", func() (*sigv4.Request, string) {
			r, _ := presigned(t, theirs, start)
			return r, ""
		}, "InvalidSignatureException", "The Canonical String for this request should have been"},
		{"other body", func() (*sigv4.Request, string) {
			return signed(t, temporary, start, http.MethodPost, postURL, "hello"), "hullo"
		}, "InvalidSignatureException", "does not match"},
		{"late", func() (*sigv4.Request, string) {
			return signed(t, temporary, start.Add(-time.Hour), http.MethodPost, postURL, "hello"), "hello"
		}, "InvalidSignatureException", "Signature expired"},
		{"unsigned", func() (*sigv4.Request, string) {
			return &sigv4.Request{Method: "GET", Path: "/prod", Host: "localhost", Header: http.Header{}}, ""
		}, "MissingAuthenticationTokenException", "Missing Authentication Token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, body := tt.r()
			_, err := a.IAM(context.Background(), r, []byte(body))
			if err == nil || err.Code != tt.code || err.Status != 403 || !strings.Contains(err.Message, tt.text) || err.Cause == nil {
				t.Fatalf("got %v", err)
			}
			checkSecrets(t, err, temporary.SessionToken, theToken, "theirtoken%2Fwith%2Bchars%3D%3D", temporary.SecretAccessKey)
		})
	}
}

func TestRedactionKeepsTheRest(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	r, err := http.NewRequest(http.MethodPost, postURL+"?a=b&token=zebra", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Api-Key", "giraffe")
	r.Header.Set("Cookie", "lion")
	r.Header.Set("X-Other", "kept")
	c := longTerm(bobID)
	c.SecretAccessKey = "wrong"
	if err := signer(c, start).Sign(context.Background(), r, ""); err != nil {
		t.Fatal(err)
	}
	_, refused := a.IAM(context.Background(), sigv4.FromHTTP(r), []byte("x"))
	if refused == nil {
		t.Fatal("admitted")
	}
	for _, want := range []string{"\nPOST\n/prod/%40connections/", "a=b&token=(5 bytes", "x-api-key:(7 bytes", "x-other:kept", "The String-to-Sign should have been"} {
		if !strings.Contains(strings.ReplaceAll(refused.Message, "'", "\n"), want) {
			t.Errorf("no %q in\n%s", want, refused.Message)
		}
	}
	checkSecrets(t, refused, "zebra", "giraffe", "lion")
}

func TestUpdateChangesWhoMayCall(t *testing.T) {
	t.Parallel()
	a := authenticator(t, stack(t), &clock{start})
	c := session(t, a, "")
	if _, err := verify(t, a, c, start); err != nil {
		t.Fatal(err)
	}
	gone := stack(t)
	gone.Roles, gone.Users = gone.Roles[1:], nil
	a.Update(gone)
	_, err := verify(t, a, c, start)
	checkRefusal(t, err, unrecognized, "its role "+roleARN+" is no longer in the template", c.SessionToken)
	_, err = verify(t, a, longTerm(bobID), start)
	checkRefusal(t, err, unrecognized, "no caller has it")
	moved := stack(t)
	moved.Region = "eu-west-1"
	a.Update(moved)
	_, err = verify(t, a, c, start)
	checkRefusal(t, err, public{"InvalidSignatureException", 403, "Credential should be scoped to a valid region, not 'us-east-1'. "}, "region")
	a.Update(stack(t))
	if _, err := verify(t, a, c, start); err != nil {
		t.Errorf("after the role came back: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]identity.Options{
		"no spec":               {SealingKey: [32]byte{1}},
		"no sealing key":        {Spec: &spec.Spec{}},
		"developer, no secrets": {Spec: &spec.Spec{}, SealingKey: [32]byte{1}, Developer: options(t, nil, nil).Developer},
	} {
		o.Developer.SecretAccessKey = ""
		if _, err := identity.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzSessionToken(f *testing.F) {
	a := authenticator(f, stack(f), &clock{start})
	c := session(f, a, "")
	f.Add(c.SessionToken)
	f.Add(flip(c.SessionToken, 3))
	f.Add(c.SessionToken[:20])
	f.Add("")
	f.Add("AQ")
	f.Fuzz(func(t *testing.T, token string) {
		r := &sigv4.Request{Method: "GET", Path: "/prod", Host: "localhost", Header: http.Header{}}
		sent := c
		sent.SessionToken = token
		h, err := http.NewRequest(http.MethodGet, "http://localhost/prod", nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := signer(sent, start).Sign(context.Background(), h, sigv4.EmptyPayload); err != nil {
			t.Skip("cannot be signed")
		}
		r.Header = h.Header
		if id, err := a.IAM(context.Background(), r, nil); err == nil && (token != c.SessionToken || id.PrincipalARN != roleARN) {
			t.Errorf("a token that was not issued opened as %+v", id)
		}
	})
}
