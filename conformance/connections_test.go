//go:build conformance

package conformance

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// call is what a client says of one call to @connections.
type call struct {
	Call        string
	Status      int
	Error       string
	Message     string
	ConnectedAt string
	SourceIP    string `json:"sourceIp"`
}

// calls is a job for connections.mjs and connections.py.
type calls struct {
	Endpoint string   `json:"endpoint"`
	Region   string   `json:"region"`
	ID       string   `json:"id"`
	Calls    []string `json:"calls"`
	Data     string   `json:"data"`
}

// managed is the API whose connections are called from outside.
func managed() api {
	return api{auth: "NONE", more: object{"Poster": role("execute-api:ManageConnections"), "Stranger": role("execute-api:Invoke")}}
}

// TestSDKs posts to a connection, gets it, deletes it, and finds it gone, over
// http and https, with boto3 and the SDK for JavaScript.
func TestSDKs(t *testing.T) {
	t.Parallel()
	s := serve(t, managed().write(t, nil), serveOptions{})
	developer, session := s.credentials(t, ""), s.credentials(t, "Poster")
	for _, sdk := range []string{"boto3", "javascript"} {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s TLS %t", sdk, secure), func(t *testing.T) {
				c := developer
				if secure {
					c = session
				}
				s.wholeLife(t, sdk, secure, c)
			})
		}
	}
}

// sdk makes calls with an SDK.
func (s *server) sdk(t *testing.T, name string, job calls, env []string) []call {
	t.Helper()
	env = append(env, "AWS_CA_BUNDLE="+s.authority(t), "NODE_EXTRA_CA_CERTS="+s.authority(t))
	p := (*process)(nil)
	if name == "boto3" {
		p = start(t, command{argv: []string{"/usr/bin/python3", suite.clients + "/connections.py"}, env: env, stdin: strings.NewReader(marshal(t, job))})
	} else {
		p = node(t, "connections.mjs", job, env)
	}
	s.overhear(p)
	if code := p.exit(t); code != 0 {
		t.Fatalf("%s failed:\n%s", name, p.stderr)
	}
	return decodeLines[call](t, p.stdout.String())
}

func (s *server) wholeLife(t *testing.T, sdk string, secure bool, c credentials) {
	t.Helper()
	sock := s.connect(t)
	id := sock.ask(t, `{"action":"who"}`)
	job := calls{s.apis[0].management(secure), c.region, id, []string{"post", "get", "delete", "post", "get", "delete"}, "from " + sdk + ", ünd so weiter"}
	got := s.sdk(t, sdk, job, c.env())
	if text := sock.receive(t); text != job.Data {
		t.Errorf("the connection got %q", text)
	}
	if code := sock.closed(t); code != 1000 {
		t.Errorf("the deleted connection was closed with %d", code)
	}
	want := []call{{Call: "post", Status: 200}, {Call: "get", Status: 200}, {Call: "delete", Status: 204},
		{Call: "post", Status: 410, Error: "GoneException"}, {Call: "get", Status: 410, Error: "GoneException"}, {Call: "delete", Status: 410, Error: "GoneException"}}
	for i := range want {
		if i >= len(got) || got[i].Call != want[i].Call || got[i].Status != want[i].Status || got[i].Error != want[i].Error {
			t.Fatalf("%s says %+v, want %+v", sdk, got, want)
		}
	}
	if at, err := time.Parse(time.RFC3339, got[1].ConnectedAt); err != nil || time.Since(at) > 2*patience || got[1].SourceIP != "127.0.0.1" {
		t.Errorf("get says connected %q from %q", got[1].ConnectedAt, got[1].SourceIP)
	}
}

// TestSDKsAreRefused has callers who may not, and with a wrong secret, call.
func TestSDKsAreRefused(t *testing.T) {
	t.Parallel()
	s := serve(t, managed().write(t, nil), serveOptions{args: []string{"--log-level", "debug"}})
	id := s.connect(t).ask(t, `{"action":"who"}`)
	wrong := s.credentials(t, "")
	wrong.secretAccessKey = strings.Repeat("wrong", 8)
	for _, sdk := range []string{"boto3", "javascript"} {
		t.Run(sdk, func(t *testing.T) {
			job := calls{s.apis[0].management(false), wrong.region, id, []string{"post"}, "unheard"}
			denied := s.sdk(t, sdk, job, s.credentials(t, "Stranger").env())
			if len(denied) != 1 || denied[0].Status != 403 || denied[0].Error != "AccessDeniedException" || !strings.Contains(denied[0].Message, "not authorized to perform: execute-api:ManageConnections on resource: arn:aws:execute-api:us-east-1:********9012:") {
				t.Errorf("a role that may not post sees %+v", denied)
			}
			mismatch := s.sdk(t, sdk, job, wrong.env())
			if len(mismatch) != 1 || mismatch[0].Status != 403 || mismatch[0].Error != "InvalidSignatureException" || !strings.HasPrefix(mismatch[0].Message, "The request signature we calculated does not match the signature you provided.") {
				t.Errorf("a wrong secret sees %+v", mismatch)
			}
		})
	}
	s.stderr.await(t, `level=WARN.*AccessDenied`)
	s.stderr.await(t, `level=WARN.*InvalidSignature`)
}

// aws runs the AWS CLI.
func (s *server) aws(t *testing.T, c credentials, secure bool, arguments ...string) (*process, int) {
	t.Helper()
	argv := append([]string{"/usr/bin/aws", "apigatewaymanagementapi"}, arguments...)
	argv = append(argv, "--endpoint-url", s.apis[0].management(secure))
	env := append(c.env(), "AWS_CA_BUNDLE="+s.authority(t), "AWS_PAGER=")
	p, code := finished(t, command{argv: argv, env: env})
	s.overhear(p)
	return p, code
}

func TestAWSCLI(t *testing.T) {
	t.Parallel()
	s := serve(t, managed().write(t, nil), serveOptions{})
	for secure, c := range map[bool]credentials{false: s.credentials(t, "Poster"), true: s.credentials(t, "")} {
		t.Run(fmt.Sprintf("TLS %t", secure), func(t *testing.T) {
			t.Parallel()
			sock := s.connect(t)
			id := sock.ask(t, `{"action":"who"}`)
			if p, code := s.aws(t, c, secure, "post-to-connection", "--connection-id", id, "--data", "SGVsbG8="); code != 0 {
				t.Fatalf("post-to-connection: %d %s", code, p.stderr)
			}
			if text := sock.receive(t); text != "Hello" {
				t.Errorf("the connection got %q", text)
			}
			p, code := s.aws(t, c, secure, "get-connection", "--connection-id", id)
			if got := p.stdout.String(); code != 0 || !regexp.MustCompile(`"SourceIp": "127\.0\.0\.1"`).MatchString(got) {
				t.Errorf("get-connection: %d %s%s", code, got, p.stderr)
			}
			if p, code := s.aws(t, c, secure, "delete-connection", "--connection-id", id); code != 0 {
				t.Fatalf("delete-connection: %d %s", code, p.stderr)
			}
			if code := sock.closed(t); code != 1000 {
				t.Errorf("the deleted connection was closed with %d", code)
			}
			p, code = s.aws(t, c, secure, "post-to-connection", "--connection-id", id, "--data", "SGVsbG8=")
			if code != 254 || !strings.Contains(p.stderr.String(), "An error occurred (GoneException) when calling the PostToConnection operation") {
				t.Errorf("after the end: %d %s", code, p.stderr)
			}
		})
	}
}

// TestEvalEnv is what the README tells: credentials into the shell, and then
// any AWS tool.
func TestEvalEnv(t *testing.T) {
	t.Parallel()
	s := serve(t, managed().write(t, nil), serveOptions{})
	sock := s.connect(t)
	const script = `eval "$("$0" env --state "$1")" && exec aws apigatewaymanagementapi post-to-connection --endpoint-url "$2" --connection-id "$3" --data SGVsbG8=`
	argv := []string{"bash", "-c", script, suite.tidewire, s.state, s.apis[0].management(false), sock.ask(t, `{"action":"who"}`)}
	succeeded(t, command{argv: argv, env: append(s.own(), "AWS_PROFILE=none", "AWS_SESSION_TOKEN=stale")})
	if text := sock.receive(t); text != "Hello" {
		t.Errorf("the connection got %q", text)
	}
}
