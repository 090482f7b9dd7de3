//go:build conformance

package conformance

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// knock is one connect that must be refused.
type knock struct {
	name    string
	url     string
	header  http.Header
	kind    string // x-amzn-ErrorType
	message string // begins so
	logged  string // pattern of a warning's line
}

func TestRefusedHandshakes(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "AWS_IAM", more: object{"Stranger": role("execute-api:ManageConnections"), "Caller": role("execute-api:Invoke")}}.write(t, nil), serveOptions{args: []string{"--log-level", "debug"}})
	for _, k := range s.knocks(t) {
		t.Run(k.name, func(t *testing.T) {
			mark := s.stderr.mark()
			_, refused := handshake(t, k.url, k.header)
			if refused == nil {
				t.Fatal("admitted")
			}
			if refused.status != http.StatusForbidden || refused.kind != k.kind || !strings.HasPrefix(refused.message, k.message) {
				t.Errorf("refused with %d %s\n%s\nwant 403 %s\n%s", refused.status, refused.kind, refused.message, k.kind, k.message)
			}
			s.stderr.awaitAfter(t, mark, `(?im)^.*level=WARN.*`+k.logged)
		})
	}
	s.openSigned(t, s.credentials(t, "Caller")).echoes(t, "and the right one is admitted")
}

// knocks are connects that must be refused, each for a reason of its own.
func (s *server) knocks(t *testing.T) []knock {
	t.Helper()
	c, now, plain := s.credentials(t, ""), time.Now(), s.apis[0].URL
	wrong, unknown, stolen := c, c, s.credentials(t, "Caller")
	wrong.secretAccessKey = strings.Repeat("wrong", 8)
	unknown.accessKeyID = "AKIAUNKNOWNUNKNOWN12"
	stolen.sessionToken = s.credentials(t, "Stranger").sessionToken
	bare := s.credentials(t, "Caller")
	token := bare.sessionToken
	bare.sessionToken = ""
	sign := func(c credentials, how signing) string { return s.presign(t, c, plain, how) }
	rightly := sign(c, signing{})
	const mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	const invalid = "The security token included in the request is invalid."
	return []knock{
		{"unsigned", plain, nil, "MissingAuthenticationTokenException", "Missing Authentication Token", `MissingAuthenticationToken`},
		{"expired", sign(c, signing{at: now.Add(-time.Hour)}), nil, "InvalidSignatureException", "Signature expired: ", `expired`},
		{"from the future", sign(c, signing{at: now.Add(time.Hour)}), nil, "InvalidSignatureException", "Signature not yet current: ", `in the future`},
		{"wrong secret", sign(wrong, signing{}), nil, "InvalidSignatureException", mismatch, `InvalidSignature`},
		{"wrong region", sign(c, signing{region: "eu-west-1"}), nil, "InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-west-1'.", `region`},
		{"tampered query", s.presign(t, c, plain+"?room=blue", signing{}) + "&room=red", nil, "InvalidSignatureException", mismatch, `InvalidSignature`},
		{"tampered path", strings.Replace(rightly, "/dev?", "/dev/?", 1) + "&x=1", nil, "InvalidSignatureException", mismatch, `InvalidSignature`},
		{"unknown key", sign(unknown, signing{}), nil, "UnrecognizedClientException", invalid, `UnrecognizedClient`},
		{"another's token", sign(stolen, signing{}), nil, "UnrecognizedClientException", invalid, `UnrecognizedClient`},
		{"policy denies", sign(s.credentials(t, "Stranger"), signing{}), nil, "AccessDeniedException",
			"User: arn:aws:sts::123456789012:assumed-role/", `AccessDenied.*execute-api:Invoke`},
		{"token added after signing", sign(bare, signing{}) + "&X-Amz-Security-Token=" + url.QueryEscape(token), nil, "InvalidSignatureException", "", `InvalidSignature`},
		{"token left out", sign(bare, signing{}), nil, "UnrecognizedClientException", invalid, `UnrecognizedClient`},
		{"another service", sign(c, signing{service: "lambda"}), nil, "InvalidSignatureException", "Credential should be scoped to correct service: 'execute-api'.", `service`},
		{"unsigned payload", sign(c, signing{payload: "UNSIGNED-PAYLOAD"}), nil, "InvalidSignatureException", mismatch, `InvalidSignature`},
		{"good for a month", s.presign(t, c, plain+"?X-Amz-Expires=2592000", signing{}), nil, "IncompleteSignatureException", "X-Amz-Expires must be less than a week", `604800|week|7 days`},
		{"bearer token", plain, http.Header{"Authorization": {"Bearer abcdefghijklmnopqrstuvwxyz"}}, "IncompleteSignatureException", "", `IncompleteSignature`},
		{"forged host", rightly, http.Header{"Host": {"evil.example"}}, "ForbiddenException", "Forbidden", `host name .*evil\.example`},
		{"host with another port", rightly, http.Header{"Host": {"127.0.0.1:1"}}, "ForbiddenException", "Forbidden", `host name`},
		{"foreign origin", rightly, http.Header{"Origin": {"https://evil.example"}}, "ForbiddenException", "Forbidden", `evil\.example`},
		{"null origin", rightly, http.Header{"Origin": {"null"}}, "ForbiddenException", "Forbidden", `null`},
		{"unknown stage", strings.Replace(plain, "/dev", "/prod", 1), nil, "ForbiddenException", "Forbidden", `stage`},
	}
}

// TestOddHandshakes knocks at an open API with what no browser sends.
func TestOddHandshakes(t *testing.T) {
	t.Parallel()
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{})
	plain := s.apis[0].URL
	for _, k := range []struct {
		name, url string
		origins   []string
		status    int
	}{
		{"a foreign origin behind one of ours", plain, []string{"http://localhost", "http://evil.example"}, http.StatusForbidden},
		{"a foreign origin before one of ours", plain, []string{"http://evil.example", "http://localhost"}, http.StatusForbidden},
		{"an origin of ours and null", plain, []string{"http://localhost", "null"}, http.StatusForbidden},
		{"two origins in one", plain, []string{"http://localhost, http://evil.example"}, http.StatusForbidden},
		{"one origin of ours", plain, []string{"http://localhost"}, http.StatusSwitchingProtocols},
		{"malformed escape", plain + "?a=%zz", nil, http.StatusBadRequest},
		{"cut escape", plain + "?room=blue&a=%4", nil, http.StatusBadRequest},
		{"malformed escape in a name", plain + "?%=1", nil, http.StatusBadRequest},
		{"escape of a percent sign", plain + "?a=%25zz", nil, http.StatusSwitchingProtocols},
	} {
		t.Run(k.name, func(t *testing.T) {
			_, refused := handshake(t, k.url, http.Header{"Origin": k.origins})
			if got := status(refused); got != k.status {
				t.Errorf("answered %d %+v, want %d", got, refused, k.status)
			}
		})
	}
	s.stderr.await(t, `level=WARN.*evil\.example`)
	open(t, plain, nil).echoes(t, "and the plain one is admitted")
}

// status is the answer's to a handshake.
func status(refused *refusal) int {
	if refused == nil {
		return http.StatusSwitchingProtocols
	}
	return refused.status
}

// TestPolicyOfTemplate tries statements: an explicit deny, another stage, and
// a condition that does not hold.
func TestPolicyOfTemplate(t *testing.T) {
	t.Parallel()
	statement := func(more object) object {
		r := role("execute-api:Invoke")
		all := r["Properties"].(object)["Policies"].([]any)[0].(object)["PolicyDocument"].(object)["Statement"].([]any)
		s := object{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
		for k, v := range more {
			s[k] = v
		}
		if s["Effect"] == "Allow" {
			all = nil
		}
		r["Properties"].(object)["Policies"].([]any)[0].(object)["PolicyDocument"].(object)["Statement"] = append(all, s)
		return r
	}
	s := serve(t, api{auth: "AWS_IAM", more: object{
		"Denied":     statement(object{"Effect": "Deny", "Sid": "Never"}),
		"OtherStage": statement(object{"Resource": sub("arn:aws:execute-api:*:*:${Api}/prod/$connect")}),
		"Elsewhere":  statement(object{"Condition": object{"IpAddress": object{"aws:SourceIp": "203.0.113.0/24"}}}),
		"Here":       statement(object{"Resource": sub("arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/dev/$connect"), "Condition": object{"IpAddress": object{"aws:SourceIp": "127.0.0.0/8"}}}),
	}}.write(t, nil), serveOptions{})
	for name, logged := range map[string]string{"Denied": `Never`, "OtherStage": `AccessDenied`, "Elsewhere": `AccessDenied`} {
		mark := s.stderr.mark()
		_, refused := handshake(t, s.sign(t, s.credentials(t, name)), nil)
		if refused == nil || refused.kind != "AccessDeniedException" || strings.Contains(refused.message, "explicit deny") != (name == "Denied") {
			t.Errorf("%s: %+v", name, refused)
		}
		s.stderr.awaitAfter(t, mark, `level=WARN.*`+logged)
	}
	s.openSigned(t, s.credentials(t, "Here")).echoes(t, "here")
}

// TestTemplateUsers connects with the access keys of users in the template,
// whose secrets stand in the state directory and nowhere else.
func TestTemplateUsers(t *testing.T) {
	t.Parallel()
	user := func(action string) object {
		return resource("AWS::IAM::User", object{"Policies": []any{object{"PolicyName": "p", "PolicyDocument": policy(action, object{"Resource": "*"})}}})
	}
	a := api{auth: "AWS_IAM", more: object{
		"Ann": user("execute-api:Invoke"), "AnnKey": resource("AWS::IAM::AccessKey", object{"UserName": ref("Ann")}),
		"Bob": user("execute-api:ManageConnections"), "BobKey": resource("AWS::IAM::AccessKey", object{"UserName": ref("Bob")}),
	}}
	s := serve(t, a.write(t, nil), serveOptions{})
	ann, bob := s.key(t, "AnnKey"), s.key(t, "BobKey")
	s.openSigned(t, ann).echoes(t, "Ann may connect")
	_, refused := handshake(t, s.sign(t, bob), nil)
	if refused == nil || refused.kind != "AccessDeniedException" || !strings.HasPrefix(refused.message, "User: arn:aws:iam::123456789012:user/") {
		t.Errorf("Bob, who may not: %+v", refused)
	}
	bob.secretAccessKey = ann.secretAccessKey
	if _, refused := handshake(t, s.sign(t, bob), nil); refused == nil || refused.kind != "InvalidSignatureException" {
		t.Errorf("Bob with Ann's secret: %+v", refused)
	}
}

// key is an access key of the template.
func (s *server) key(t *testing.T, logicalID string) credentials {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.state, "secrets.json"))
	if err != nil {
		t.Fatal(err)
	}
	var secrets map[string]string
	if err := json.Unmarshal(text, &secrets); err != nil {
		t.Fatal(err)
	}
	c := credentials{secrets["access-key-id/"+logicalID], secrets["secret-access-key/"+logicalID], "", "us-east-1"}
	if len(c.secretAccessKey) != 40 {
		t.Fatalf("no secret of %s", logicalID)
	}
	s.keep(c.secretAccessKey)
	return c
}

// TestOutputsHideSecrets has a template print its secrets as outputs.
func TestOutputsHideSecrets(t *testing.T) {
	t.Parallel()
	a := api{auth: "AWS_IAM", key: true, more: object{"Ann": resource("AWS::IAM::User", object{}), "AnnKey": resource("AWS::IAM::AccessKey", object{"UserName": ref("Ann")})}}
	dir := a.write(t, nil)
	template := a.template()
	template["Outputs"] = object{"Secret": object{"Value": sub("it is ${AnnKey.SecretAccessKey}")}, "Escape": object{"Value": "\x1b]0;owned\a\nfake: line"}}
	put(t, filepath.Join(dir, "template.json"), marshal(t, template))
	s := &server{state: filepath.Join(t.TempDir(), "state")}
	s.process = start(t, command{argv: []string{suite.tidewire, "serve", dir, "--listen", "127.0.0.1:0", "--state", s.state}, dir: t.TempDir(),
		env: []string{"TIDEWIRE_CONFIG_DIR=" + t.TempDir()}})
	s.stderr.await(t, `Secret = `)
	s.key(t, "AnnKey")
	s.interrupt(t)
	s.ends(t, 0)
	if text := s.stderr.String(); strings.ContainsAny(text, "\x1b\a") || strings.Contains(text, "\nfake: ") {
		t.Errorf("an output controls the terminal:\n%q", text)
	}
}
