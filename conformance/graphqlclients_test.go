//go:build conformance

package conformance

import (
	"encoding/json"
	"strings"
	"testing"

	awscredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
)

// TestGraphQLClients has other people's clients and our own query and change
// an API in all five modes of authorization.
func TestGraphQLClients(t *testing.T) {
	t.Parallel()
	m := startModes(t)
	proofs := m.proofs(t)
	t.Run("apollo", func(t *testing.T) {
		t.Parallel()
		m.speak(t, "graphql/apollo.mjs", m.apis[0].URL, proofs, "You are not authorized to make this call.", "The request signature we calculated does not match")
	})
	t.Run("amplify", func(t *testing.T) {
		t.Parallel()
		m.speak(t, "graphql/amplify.mjs", m.apis[0].URL, proofs, "Unauthorized", "Unknown error") // its own words for any 401 and 403
	})
	t.Run("amplify/secure", func(t *testing.T) {
		t.Parallel()
		m.speak(t, "graphql/amplify.mjs", m.apis[0].SecureURL, proofs, "Unauthorized", "Unknown error") // its own words for any 401 and 403
	})
	t.Run("botocore", func(t *testing.T) {
		t.Parallel()
		m.botocore(t)
	})
	t.Run("commands", func(t *testing.T) {
		t.Parallel()
		m.commands(t, proofs)
	})
	t.Run("appsync", func(t *testing.T) {
		t.Parallel()
		m.client(t, proofs)
	})
}

// clientLine is a line of a client's script.
type clientLine struct {
	Mode            string
	Query, Mutation struct {
		Data struct {
			Who struct {
				Mode, Identity string
				Echo           int
			}
			Note struct{ Mode, Text string }
		}
		Errors []graphError
		Status int
	}
}

// speak runs a client's script with all proofs, then with spoilt ones, of which
// the client says that they are unauthorized or wrongly signed.
func (m *modes) speak(t *testing.T, script, address string, proofs []proof, unauthorized, signature string) {
	t.Helper()
	env := []string{"NODE_EXTRA_CA_CERTS=" + m.authority(t)}
	talk := func(proofs []proof) []clientLine {
		p := node(t, script, object{"url": address, "region": "us-east-1", "proofs": proofs}, env)
		m.overhear(p)
		if code := p.exit(t); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", script, code, p.stderr)
		}
		return decodeLines[clientLine](t, p.stdout.String())
	}
	lines := talk(proofs)
	if len(lines) != len(proofs) {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		who, note, want := l.Query.Data.Who, l.Mutation.Data.Note, authTypes[l.Mode]
		if who.Mode != want || who.Echo != 7 || note.Mode != want || note.Text != `ü " \ 🌊` {
			t.Errorf("%s: %+v", l.Mode, l)
		}
		identified(t, l.Mode, who.Identity)
	}
	for _, l := range talk(spoilt(proofs)) {
		says := unauthorized
		if l.Mode == "AWS_IAM" {
			says = signature
		}
		for _, errs := range [][]graphError{l.Query.Errors, l.Mutation.Errors} {
			if len(errs) != 1 || !strings.Contains(errs[0].Message, says) {
				t.Errorf("a wrong proof in mode %s: %+v", l.Mode, errs)
			}
		}
	}
}

// spoilt are the proofs with something changed.
func spoilt(proofs []proof) []proof {
	var list []proof
	for _, p := range proofs {
		switch p.Mode {
		case "API_KEY":
			p.APIKey = "da2-aaaaaaaaaaaaaaaaaaaaaaaaaa"
		case "AWS_IAM":
			p.Credentials = map[string]string{"accessKeyId": p.Credentials["accessKeyId"], "secretAccessKey": "not the secret", "sessionToken": p.Credentials["sessionToken"]}
		case "AWS_LAMBDA":
			p.Token = "secret"
		default:
			p.Token = p.Token[:len(p.Token)-8] + "AAAAAAAA"
		}
		list = append(list, p)
	}
	return list
}

// identified compares ctx.identity with what AppSync's developer guide says of
// a mode (Resolver context object reference, Identity).
func identified(t *testing.T, mode, text string) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(or(text, "null")), &got); err != nil {
		t.Fatalf("%s: identity %q: %v", mode, text, err)
	}
	want := map[string][]string{
		"API_KEY":                   nil,
		"AWS_IAM":                   {"accountId", "cognitoIdentityAuthProvider", "cognitoIdentityAuthType", "cognitoIdentityId", "cognitoIdentityPoolId", "sourceIp", "userArn", "username"},
		"OPENID_CONNECT":            {"claims", "issuer", "sub"},
		"AMAZON_COGNITO_USER_POOLS": {"claims", "defaultAuthStrategy", "groups", "issuer", "sourceIp", "sub", "username"},
		"AWS_LAMBDA":                {"resolverContext"},
	}[mode]
	for _, name := range want {
		if _, ok := got[name]; !ok {
			t.Errorf("%s: the identity has no %s: %s", mode, name, text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: identity %s", mode, text)
	}
	for name, value := range map[string]any{"sub": map[string]any{"OPENID_CONNECT": "service", "AMAZON_COGNITO_USER_POOLS": "sub-of-ana"}[mode],
		"username": map[string]any{"AMAZON_COGNITO_USER_POOLS": "ana"}[mode], "accountId": map[string]any{"AWS_IAM": "123456789012"}[mode]} {
		if value != nil && got[name] != value {
			t.Errorf("%s: %s is %v, want %v", mode, name, got[name], value)
		}
	}
}

// botocore signs for appsync and, as Amplify does for a custom domain, for
// execute-api; for the API's name on AWS too.
func (m *modes) botocore(t *testing.T) {
	developer, role := m.credentials(t, ""), m.credentials(t, "Caller")
	own := m.apis[0].ID + ".appsync-api.us-east-1.amazonaws.com"
	for _, job := range []struct {
		name, service, host, region string
		c                           credentials
		status                      int
		says                        string
	}{
		{"developer", "appsync", "", "us-east-1", developer, 200, `{"data": {"who": {"mode": "IAM Authorization"}}}`},
		{"role", "appsync", "", "us-east-1", role, 200, `{"data": {"who": {"mode": "IAM Authorization"}}}`},
		{"execute-api", "execute-api", "", "us-east-1", role, 200, `{"data": {"who": {"mode": "IAM Authorization"}}}`},
		{"AWS's name", "appsync", own, "us-east-1", role, 200, `{"data": {"who": {"mode": "IAM Authorization"}}}`},
		{"AWS's name for execute-api", "execute-api", own, "us-east-1", role, 403, `Credential should be scoped to correct service`},
		{"s3", "s3", "", "us-east-1", role, 403, `Credential should be scoped to correct service`},
		{"unknown key", "appsync", "", "us-east-1", credentials{accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "x"}, 403, "The security token included in the request is invalid."},
		{"wrong secret", "appsync", "", "us-east-1", credentials{accessKeyID: developer.accessKeyID, secretAccessKey: "x"}, 403, "The request signature we calculated does not match"},
	} {
		p := start(t, command{argv: []string{"/usr/bin/python3", suite.clients + "/graphql.py"}, stdin: strings.NewReader(marshal(t, object{
			"url": m.apis[0].URL, "region": job.region, "service": job.service, "host": job.host, "query": "{ who { mode } }",
			"accessKeyId": job.c.accessKeyID, "secretAccessKey": job.c.secretAccessKey, "sessionToken": job.c.sessionToken}))})
		m.overhear(p)
		if code := p.exit(t); code != 0 {
			t.Fatalf("%s: exit code %d\n%s", job.name, code, p.stderr)
		}
		var said struct {
			Status int
			Type   string
		}
		if err := json.Unmarshal([]byte(p.stdout.String()), &said); err != nil {
			t.Fatal(err)
		}
		if said.Status != job.status || !strings.Contains(p.stdout.String(), job.says) || (said.Type == "") != (job.status == 200) {
			t.Errorf("%s: %s", job.name, p.stdout)
		}
	}
}

// env is what the commands take.
func (p proof) env() []string {
	switch {
	case p.APIKey != "":
		return []string{"TIDEWIRE_API_KEY=" + p.APIKey}
	case p.Credentials != nil:
		return []string{"AWS_ACCESS_KEY_ID=" + p.Credentials["accessKeyId"], "AWS_SECRET_ACCESS_KEY=" + p.Credentials["secretAccessKey"],
			"AWS_SESSION_TOKEN=" + p.Credentials["sessionToken"], "AWS_REGION=us-east-1"}
	}
	return []string{"TIDEWIRE_TOKEN=" + p.Token}
}

// authFlags are the --auth of a mode.
var authFlags = map[string]string{"API_KEY": "api-key", "AWS_IAM": "iam", "OPENID_CONNECT": "oidc", "AMAZON_COGNITO_USER_POOLS": "cognito", "AWS_LAMBDA": "lambda"}

// commands runs the binary in every mode.
func (m *modes) commands(t *testing.T, proofs []proof) {
	for _, p := range proofs {
		t.Run(p.Mode, func(t *testing.T) {
			t.Parallel()
			c := callWith(p.env()...)
			auth := "--auth=" + authFlags[p.Mode]
			said := c.run(t, 0, "", "query", m.apis[0].URL, "{ who { mode } }", auth).stdout.String()
			if want := `{"data":{"who":{"mode":"` + authTypes[p.Mode] + `"}}}`; strings.TrimSpace(said) != want {
				t.Errorf("query: %s", said)
			}
			said = c.run(t, 0, "", "query", m.apis[0].URL, "mutation($t: String!) { note(text: $t) { text } }", "--var", "t=ho", auth).stdout.String()
			if strings.TrimSpace(said) != `{"data":{"note":{"text":"ho"}}}` {
				t.Errorf("mutation: %s", said)
			}
			said = c.run(t, 4, "", "query", m.apis[0].URL, "{ who { mode } signed denied plain }", "--fail-on-errors", auth).stdout.String()
			if !strings.Contains(said, `"errorType":"Unauthorized"`) || !strings.Contains(said, `"who":{`) {
				t.Errorf("--fail-on-errors: %s", said)
			}
			if p.Mode == "AWS_IAM" {
				return // the role's policy does not open introspection
			}
			said = c.run(t, 0, "", "schema", m.apis[0].URL, auth).stdout.String()
			if !strings.Contains(said, "type Who {\n") || !strings.Contains(said, "scalar AWSJSON") {
				t.Errorf("schema: %s", said)
			}
		})
	}
	t.Run("found", func(t *testing.T) {
		t.Parallel()
		p, code := finished(t, command{argv: []string{suite.tidewire, "query", m.apis[0].URL, "{ who { mode } }", "--auth", "api-key"}, env: m.own()})
		if code != 0 || !strings.Contains(p.stdout.String(), "API Key") {
			t.Errorf("%d %s%s", code, p.stdout, p.stderr)
		}
		p, code = finished(t, command{argv: []string{suite.tidewire, "query", m.apis[0].URL, "{ who { mode } }", "--auth", "iam"}, env: m.own()})
		if code != 0 || !strings.Contains(p.stdout.String(), "IAM") {
			t.Errorf("%d %s%s", code, p.stdout, p.stderr)
		}
	})
	t.Run("explained", func(t *testing.T) {
		t.Parallel()
		env := []string{"AWS_ACCESS_KEY_ID=" + m.credentials(t, "").accessKeyID, "AWS_SECRET_ACCESS_KEY=not the secret of this key", "AWS_REGION=us-east-1"}
		p := callWith(env...).run(t, 3, "", "query", m.apis[0].URL, "{ who { mode } }", "--auth", "iam")
		p.stderr.await(t, `InvalidSignatureException`)
		m.stderr.await(t, `(?s)why "POST" "/graphql" was refused with InvalidSignatureException`)
		p, code := finished(t, command{argv: []string{suite.tidewire, "explain", "--last", "--state", m.state}, env: m.own()})
		if said := p.stdout.String() + p.stderr.String(); code != 0 || !strings.Contains(said, "POST /graphql, API Api") || !strings.Contains(said, "not that of this request") {
			t.Errorf("explain --last: %d %s", code, said)
		}
	})
}

// client has package appsync ask in every mode.
func (m *modes) client(t *testing.T, proofs []proof) {
	for _, p := range proofs {
		c := appsyncClient(t, m.apis[0].URL, p.auth(), appsync.Options{})
		resp, err := c.Query(patient(t), &appsync.Request{Query: "{ who { mode } }"})
		if err != nil || !strings.Contains(string(resp.Data), authTypes[p.Mode]) {
			t.Errorf("%s: %v %+v", p.Mode, err, resp)
		}
		resp, err = c.Mutate(patient(t), &appsync.Request{Query: `mutation { note(text: "x") { mode } }`})
		if err != nil || !strings.Contains(string(resp.Data), authTypes[p.Mode]) {
			t.Errorf("%s: %v %+v", p.Mode, err, resp)
		}
	}
}

func (p proof) auth() *appsync.Auth {
	switch {
	case p.APIKey != "":
		return appsync.APIKey(p.APIKey)
	case p.Credentials != nil:
		return appsync.IAM(awscredentials.NewStaticCredentialsProvider(p.Credentials["accessKeyId"], p.Credentials["secretAccessKey"], p.Credentials["sessionToken"]), "us-east-1")
	case p.Mode == "AWS_LAMBDA":
		return appsync.Lambda(p.Token)
	}
	return appsync.Token(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: p.Token}))
}
