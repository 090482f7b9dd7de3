package identity_test

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	account  = "123456789012"
	apiARN   = "arn:aws:execute-api:us-east-1:123456789012:abc123"
	connect  = apiARN + "/prod/$connect"
	post     = apiARN + "/prod/POST/@connections/L0SM9cOFvHcCIhw="
	roleARN  = "arn:aws:iam::123456789012:role/app/Poster"
	invoke   = "execute-api:Invoke"
	manage   = "execute-api:ManageConnections"
	devID    = "AKIADEVELOPERAAAAAAA"
	bobID    = "AKIABOBAAAAAAAAAAAAA"
	oldID    = "AKIAOLDAAAAAAAAAAAAA"
	twiceID  = "AKIATWICEAAAAAAAAAAA"
	theirID  = "ASIATHEIRSAAAAAAAAAA"
	mutedID  = "AKIAMUTEDAAAAAAAAAAA"
	theToken = "theirtoken/with+chars=="
)

// secretOf is every test key's secret; the fixtures must never show one.
func secretOf(id string) string { return "sEcReT/" + id }

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func policy(t testing.TB, name, text string) spec.Policy {
	t.Helper()
	p, err := iam.ParseIdentity([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return spec.Policy{Name: name, Document: p}
}

func allow(action, resource, more string) string {
	return `{"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + more + `}]}`
}

const denyOne = `{"Version":"2012-10-17","Statement":{"Sid":"No","Effect":"Deny","Action":"*","Resource":"*"}}`

func key(id string, active bool) spec.AccessKey {
	return spec.AccessKey{ID: id, Secret: secretOf(id), Active: active}
}

// stack is the Spec of most tests.
func stack(t testing.TB) *spec.Spec {
	t.Helper()
	return &spec.Spec{
		Region: "us-east-1", Account: account, Partition: "aws",
		Users: []spec.User{
			{Name: "bob", ARN: "arn:aws:iam::123456789012:user/bob", ID: "AIDABOB",
				AccessKeys: []spec.AccessKey{key(bobID, true), key(oldID, false), key(twiceID, true)},
				Policies:   []spec.Policy{policy(t, "sockets", allow("execute-api:*", apiARN+"/*", ""))}, Tags: map[string]string{"Team": "blue"}},
			{Name: "eve", ARN: "arn:aws:iam::123456789012:user/eve", ID: "AIDAEVE", AccessKeys: []spec.AccessKey{key(twiceID, true)}},
			{Name: "mute", ARN: "arn:aws:iam::123456789012:user/mute", ID: "AIDAMUTE",
				AccessKeys: []spec.AccessKey{{ID: mutedID, Active: true}}},
		},
		Roles: []spec.Role{
			{LogicalID: "PosterRole", Name: "Poster", ARN: roleARN, ID: "AROAPOSTER",
				Policies: []spec.Policy{policy(t, "post", allow(manage, apiARN+"/prod/POST/@connections/*", ""))}},
			{LogicalID: "Idle", Name: "Idle", ARN: "arn:aws:iam::123456789012:role/Idle", ID: "AROAIDLE"},
		},
	}
}

// clock is a clock that the test moves. Not for concurrent use.
type clock struct{ now time.Time }

func options(t testing.TB, s *spec.Spec, c *clock) identity.Options {
	t.Helper()
	return identity.Options{
		Spec:       s,
		Developer:  state.Developer{AccessKeyID: devID, SecretAccessKey: secretOf(devID), UserName: "developer"},
		SealingKey: [32]byte{1, 2, 3},
		Now:        func() time.Time { return c.now },
		Foreign: func(id string) (aws.Credentials, bool) {
			return aws.Credentials{AccessKeyID: theirID, SecretAccessKey: secretOf(theirID), SessionToken: theToken,
				CanExpire: true, Expires: start.Add(time.Hour)}, id == theirID
		},
	}
}

func authenticator(t testing.TB, s *spec.Spec, c *clock) *identity.Authenticator {
	t.Helper()
	a, err := identity.New(options(t, s, c))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// signed is a request as the server gets it, signed in its headers.
func signed(t testing.TB, c aws.Credentials, at time.Time, method, url, body string) *sigv4.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	s := signer(c, at)
	if err := s.Sign(context.Background(), r, sigv4.HashPayload([]byte(body))); err != nil {
		t.Fatal(err)
	}
	return sigv4.FromHTTP(r)
}

func signer(c aws.Credentials, at time.Time) *sigv4.Signer {
	provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
	return &sigv4.Signer{Credentials: provider, Service: "execute-api", Region: "us-east-1", Now: func() time.Time { return at }}
}

// presigned is a handshake with its signature in the query.
func presigned(t testing.TB, c aws.Credentials, at time.Time) (*sigv4.Request, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "wss://abc123.execute-api.us-east-1.amazonaws.com/prod", nil)
	if err != nil {
		t.Fatal(err)
	}
	url, err := signer(c, at).Presign(context.Background(), r, time.Hour, sigv4.EmptyPayload)
	if err != nil {
		t.Fatal(err)
	}
	if r, err = http.NewRequest(http.MethodGet, url, nil); err != nil {
		t.Fatal(err)
	}
	return sigv4.FromHTTP(r), url
}

func longTerm(id string) aws.Credentials {
	return aws.Credentials{AccessKeyID: id, SecretAccessKey: secretOf(id)}
}

const postURL = "http://127.0.0.1:4577/prod/@connections/L0SM9cOFvHcCIhw%3D"

// verify signs a POST and has it verified.
func verify(t testing.TB, a *identity.Authenticator, c aws.Credentials, at time.Time) (*identity.Identity, *fault.Error) {
	t.Helper()
	return a.IAM(context.Background(), signed(t, c, at, http.MethodPost, postURL, "hello"), []byte("hello"))
}

// session makes credentials of the role that may post.
func session(t testing.TB, a *identity.Authenticator, policy string) aws.Credentials {
	t.Helper()
	c, err := a.AssumeRole(roleARN, "fn", time.Hour, []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// public is what a client sees of a refusal.
type public struct {
	Code    string
	Status  int
	Message string
}

func publicOf(err *fault.Error) public {
	if err == nil {
		return public{}
	}
	return public{err.Code, err.Status, err.Message}
}

// checkRefusal compares the public part and the reason, and looks for secrets
// in both.
func checkRefusal(t testing.TB, err *fault.Error, want public, reason string, secrets ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("admitted, want %v", want)
	}
	if diff := cmp.Diff(want, publicOf(err)); diff != "" {
		t.Errorf("public part:\n%s", diff)
	}
	if err.Cause == nil || !strings.Contains(err.Cause.Error(), reason) {
		t.Errorf("reason %v, want one with %q", err.Cause, reason)
	}
	checkSecrets(t, err, secrets...)
}

// checkSecrets looks for secrets in everything that the error can print.
func checkSecrets(t testing.TB, err *fault.Error, secrets ...string) {
	t.Helper()
	texts := []string{err.Error(), string(err.Body())}
	for e := err.Unwrap(); e != nil; e = errors.Unwrap(e) {
		texts = append(texts, e.Error())
	}
	for _, secret := range append(secrets, "sEcReT/") {
		for _, text := range texts {
			if secret != "" && strings.Contains(text, secret) {
				t.Errorf("%q shows a secret", text)
			}
		}
	}
}

func call(action, resource string) identity.Call {
	return identity.Call{Action: action, Resource: resource, Peer: netip.MustParseAddr("127.0.0.1"), UserAgent: "ua/1", Secure: true}
}
