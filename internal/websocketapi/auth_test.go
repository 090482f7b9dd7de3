package websocketapi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/coder/websocket"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	devKey  = "AKIADEVELOPERAAAAAAA"
	bobKey  = "AKIABOBAAAAAAAAAAAAA"
	apiKey  = "abcdefghijklmnopqrstuvwxyz0123456789ABCD"
	otherPK = "ABCDefghijklmnopqrstuvwxyz0123456789ABCD"
)

// secretOf is every test key's secret.
func secretOf(id string) string { return "sEcReT/" + id }

func testAuth(tb testing.TB, s *spec.Spec) *identity.Authenticator {
	tb.Helper()
	a, err := identity.New(identity.Options{Spec: s, SealingKey: [32]byte{1},
		Developer: state.Developer{AccessKeyID: devKey, SecretAccessKey: secretOf(devKey), UserName: "developer"}})
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// testUser is bob, who may do what the policy says.
func testUser(tb testing.TB, policy string) spec.User {
	tb.Helper()
	p, err := iam.ParseIdentity([]byte(policy))
	if err != nil {
		tb.Fatal(err)
	}
	return spec.User{LogicalID: "Bob", Name: "bob", ARN: "arn:aws:iam::123456789012:user/bob", ID: "AIDABOB",
		AccessKeys: []spec.AccessKey{{ID: bobKey, Secret: secretOf(bobKey), Active: true}},
		Policies:   []spec.Policy{{Name: "sockets", Document: p}}}
}

// testSigner signs with a key.
func testSigner(id string) *sigv4.Signer {
	return &sigv4.Signer{Service: "execute-api", Region: testRegion,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: secretOf(id)}, nil
		})}
}

// presigned is a signed ws URL's path and query.
func presigned(tb testing.TB, id, path string) string {
	tb.Helper()
	req, err := http.NewRequest(http.MethodGet, "ws://ws.test:4577"+path, nil)
	if err != nil {
		tb.Fatal(err)
	}
	u, err := testSigner(id).Presign(tb.Context(), req, 0, sigv4.EmptyPayload)
	if err != nil {
		tb.Fatal(err)
	}
	return strings.TrimPrefix(u, "ws://ws.test:4577")
}

func TestConnectIAM(t *testing.T) {
	t.Parallel()
	const allow = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:abc123/prod/$connect"}}`
	const other = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"arn:aws:execute-api:us-east-1:123456789012:abc123/dev/*"}}`
	for _, tt := range []struct {
		name, policy, path, log string
		status                  int
		kind                    string
	}{
		{name: "developer", path: presigned(t, devKey, "/prod"), status: 101},
		{name: "user", path: presigned(t, bobKey, "/prod?room=a%20b"), status: 101},
		{name: "policy", policy: other, path: presigned(t, bobKey, "/prod"), status: 403, kind: "AccessDeniedException", log: "execute-api:Invoke"},
		{name: "unsigned", path: "/prod", status: 403, kind: "MissingAuthenticationTokenException"},
		{name: "tampered", path: presigned(t, devKey, "/prod") + "&x=y", status: 403, kind: "InvalidSignatureException"},
		{name: "unknown key", path: presigned(t, "AKIANOBODYAAAAAAAAAA", "/prod"), status: 403, kind: "UnrecognizedClientException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := testSpec("$connect", "send")
			s.WebSocketAPIs[0].Routes[0].Authorization = spec.AuthIAM
			policy := tt.policy
			if policy == "" {
				policy = allow
			}
			s.Users = []spec.User{testUser(t, policy)}
			r := newRig(t, s)
			c, res, err := r.tryDial(tt.path, nil)
			if res == nil || res.StatusCode != tt.status {
				t.Fatalf("%v %v; log:\n%s", res, err, r.log)
			}
			for _, secret := range []string{"X-Amz-Signature", secretOf(bobKey), secretOf(devKey)} {
				if strings.Contains(r.log.String(), secret) {
					t.Errorf("%s is in the log:\n%s", secret, r.log)
				}
			}
			if tt.status != 101 {
				if got := res.Header.Get("X-Amzn-Errortype"); got != tt.kind || !strings.Contains(r.log.String(), tt.log) || r.seen("connect") != nil {
					t.Errorf("%s; log:\n%s", got, r.log)
				}
				return
			}
			if event := r.seen("connect")[0]; !strings.Contains(event, `"accountId":"123456789012"`) || !strings.Contains(event, `"userArn":"arn:aws:iam::123456789012:user/`) {
				t.Error(event)
			}
			r.write(c, `{"action":"send"}`) // routes are not asked again
			r.await("send")
		})
	}
}

func TestConnectAPIKey(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, key string
		plan      spec.UsagePlan
		status    int
	}{
		{"good", apiKey, spec.UsagePlan{Stages: []spec.PlanStage{{APIID: testAPI, Stage: "prod"}}}, 101},
		{"absent", "", spec.UsagePlan{Stages: []spec.PlanStage{{APIID: testAPI, Stage: "prod"}}}, 403},
		{"wrong", otherPK, spec.UsagePlan{Stages: []spec.PlanStage{{APIID: testAPI, Stage: "prod"}}}, 403},
		{"other stage", apiKey, spec.UsagePlan{Stages: []spec.PlanStage{{APIID: testAPI, Stage: "dev"}}}, 403},
		{"no plan", apiKey, spec.UsagePlan{}, 403},
		{"throttled", apiKey, spec.UsagePlan{Stages: []spec.PlanStage{{APIID: testAPI, Stage: "prod"}}, Throttle: spec.Throttle{Set: true}}, 429},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := testSpec("$connect")
			s.WebSocketAPIs[0].Routes[0].APIKeyRequired = true
			s.APIKeys = []spec.APIKey{{LogicalID: "Key", ID: "key", Value: apiKey, Enabled: true}}
			tt.plan.ID, tt.plan.KeyIDs = "plan", []string{"key"}
			s.UsagePlans = []spec.UsagePlan{tt.plan}
			r := newRig(t, s)
			o := &websocket.DialOptions{HTTPHeader: http.Header{}}
			if tt.key != "" {
				o.HTTPHeader.Set("X-API-Key", tt.key)
			}
			_, res, err := r.tryDial("/prod", o)
			if res == nil || res.StatusCode != tt.status {
				t.Fatalf("%v %v; log:\n%s", res, err, r.log)
			}
			if strings.Contains(r.log.String(), apiKey) || strings.Contains(r.log.String(), otherPK) {
				t.Errorf("the key is in the log:\n%s", r.log)
			}
		})
	}
}

// manage calls @connections, signed by the developer.
func (r *rig) manage(method, stage, id, body string) *http.Response {
	r.tb.Helper()
	return r.manageAs(devKey, method, stage, strings.ReplaceAll(id, "=", "%3D"), body)
}

// manageAs calls @connections; without a key it does not sign.
func (r *rig) manageAs(key, method, stage, id, body string) *http.Response {
	r.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	r.tb.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, "http://ws.test:4577"+stage+"/@connections/"+id, strings.NewReader(body))
	if err != nil {
		r.tb.Fatal(err)
	}
	if key != "" {
		if err := testSigner(key).Sign(ctx, req, sigv4.HashPayload([]byte(body))); err != nil {
			r.tb.Fatal(err)
		}
	}
	res, err := r.client.Do(req)
	if err != nil {
		r.tb.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		r.tb.Fatal(err)
	}
	_ = res.Body.Close()
	res.Body = io.NopCloser(strings.NewReader(string(text)))
	return res
}

// bodyOf is an answer's body.
func bodyOf(res *http.Response) string {
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

// withRole makes $connect's integration invoke with a role that a service may
// assume and that may invoke a function. Permissions of the function are gone.
func withRole(tb testing.TB, service, function string) func(o *Options) {
	tb.Helper()
	p, err := iam.ParseIdentity([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"` + function + `"}}`))
	if err != nil {
		tb.Fatal(err)
	}
	trust, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}}`))
	if err != nil {
		tb.Fatal(err)
	}
	return func(o *Options) {
		o.Spec.Permissions = nil
		o.Spec.Roles = []spec.Role{{LogicalID: "Caller", Name: "caller", ARN: "arn:aws:iam::123456789012:role/caller", ID: "AROACALLER",
			Policies: []spec.Policy{{Name: "invoke", Document: p}}, Trust: trust}}
		o.API.Integrations[0].CredentialsARN = "arn:aws:iam::123456789012:role/caller"
	}
}
