package lambda

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestMayBeAWS(t *testing.T) {
	t.Parallel()
	for endpoint, want := range map[string]bool{
		"http://localhost:8000": false, "https://127.0.0.1:4577": false, "http://[::1]:8000/x?y": false, "http://dynamodb:8000": false,
		"https://user:x@minio.example": false, "http://amazonaws.com.example": false, "http://notamazonaws.com": false, "HTTP://LOCALHOST": false,
		"https://dynamodb.us-east-1.amazonaws.com": true, "https://DYNAMODB.us-east-1.AmazonAWS.com.:443/": true, "https://amazonaws.com": true,
		"https://s3.cn-north-1.amazonaws.com.cn": true, "https://lambda.us-east-1.api.aws": true, "https://x.lambda-url.us-east-1.on.aws": true,
		"https://u@sqs.us-east-1.amazonaws.com": true, "https://localhost@sqs.us-east-1.amazonaws.com": true,
		"dynamodb.us-east-1.amazonaws.com": true, "//sqs.us-east-1.amazonaws.com": true, "https:sqs.us-east-1.amazonaws.com": true,
		"https:///sqs.us-east-1.amazonaws.com": true, `https://localhost\.amazonaws.com`: true, `https:\\sqs.us-east-1.amazonaws.com`: true,
		"https://sqs.us-east-1.amazonaws%2Ecom": true, "https://sqs。us-east-1。amazonaws。com": true, "https://ａｍａｚｏｎａｗｓ.com": true,
		"https://sqs.us-east-1.amazonaws.\tcom": true, " https://sqs.us-east-1.amazonaws.com": true, "": true, "localhost": true, "ftp://localhost": true,
	} {
		if got := mayBeAWS(endpoint); got != want {
			t.Errorf("%q: %v", endpoint, got)
		}
	}
}

func FuzzMayBeAWS(f *testing.F) {
	f.Add("https://sqs.us-east-1")
	f.Add("http://a@b.")
	f.Fuzz(func(t *testing.T, head string) {
		if strings.ContainsAny(head, `/?#\`) && !strings.HasPrefix(head, "https://") || strings.ContainsAny(strings.TrimPrefix(head, "https://"), `/?#`) {
			return // the rest is a path
		}
		for _, tail := range []string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".amazonaws.com.:443/x"} {
			if !mayBeAWS(head + tail) {
				t.Errorf("%q", head+tail)
			}
		}
	})
}

// localEnv is what a gateway gives to a function with local credentials.
func localEnv() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": "https://127.0.0.1:1", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "https://127.0.0.1:1/dev",
		"AWS_CA_BUNDLE": "/ca", "NODE_EXTRA_CA_CERTS": "/ca", "SSL_CERT_FILE": "/ca", "REQUESTS_CA_BUNDLE": "/ca",
		"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:2",
	}
}

// hostile is a template that wants all that it may not have, and some that it
// may.
func hostile() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": "https://sts.amazonaws.com", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": "http://localhost:9/",
		"AWS_CA_BUNDLE": "/theirs", "NODE_EXTRA_CA_CERTS": "/theirs", "SSL_CERT_FILE": "/ca", "REQUESTS_CA_BUNDLE": "/theirs",
		"AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.us-east-1.amazonaws.com", "AWS_ENDPOINT_URL_S3": "http://minio:9000",
		"AWS_ENDPOINT_URL_SQS": "https://sqs.us-east-1.amazonaws.com", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
		"AWS_PROFILE": "prod", "AWS_CONFIG_FILE": "/home/me/.aws/config", "AWS_SHARED_CREDENTIALS_FILE": "/home/me/.aws/credentials",
		"AWS_EC2_METADATA_DISABLED": "false", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/", "AWS_REGION": "mars", "TABLE": "t",
	}
}

func TestAcceptedVariables(t *testing.T) {
	t.Parallel()
	f := &spec.Function{Name: "f", Environment: hostile()}
	names := func(given map[string]string) (accept, refuse []string) {
		for name := range accepted(f, given) {
			accept = append(accept, name)
		}
		for _, r := range refusals(f, given) {
			refuse = append(refuse, r.name)
		}
		slices.Sort(accept)
		return accept, refuse
	}
	closed := []string{"AWS_CONFIG_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_DISABLED", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"}
	accept, refuse := names(localEnv())
	if want := []string{"AWS_ENDPOINT_URL_S3", "SSL_CERT_FILE", "TABLE"}; !slices.Equal(accept, want) {
		t.Errorf("accepted %q", accept)
	}
	want := slices.Sorted(slices.Values(append([]string{
		"AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_SQS",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE",
	}, closed...)))
	if !slices.Equal(refuse, want) {
		t.Errorf("refused %q", refuse)
	}
	for _, given := range []map[string]string{nil, {"AWS_CA_BUNDLE": "/ca"}} { // real credentials
		accept, refuse := names(given)
		if len(accept) != len(f.Environment)-len(closed)-1 || !slices.Equal(refuse, closed) {
			t.Errorf("with real credentials: accepted %q, refused %q", accept, refuse)
		}
	}
}

// TestHostileTemplate looks at a process's environment and at the warnings.
func TestHostileTemplate(t *testing.T) {
	t.Parallel()
	f := fake(t, "f")
	f.Environment = hostile()
	log := &logBuffer{}
	fs, _ := openFake(t, func(o *Options) {
		o.Env = func(*spec.Function) map[string]string { return localEnv() }
		o.Log = slog.New(slog.NewTextHandler(log, nil))
	}, f)
	if n := strings.Count(log.String(), "a variable of the template is not given"); n != 5 {
		t.Errorf("%d warnings when opened:\n%s", n, log)
	}
	for range 2 {
		var list []string
		if err := json.Unmarshal(mustInvoke(t, fs, "f", `{"do":"env"}`), &list); err != nil {
			t.Fatal(err)
		}
		for name, value := range localEnv() {
			if !slices.Contains(list, name+"="+value) {
				t.Errorf("%s is not %s", name, value)
			}
		}
		text := strings.Join(list, "\n")
		for _, theirs := range []string{"AWS_PROFILE=", "AWS_CONTAINER_", "AWS_IGNORE_", "AWS_ENDPOINT_URL_SQS=", "/home/me", "amazonaws.com", "AWS_EC2_METADATA_DISABLED=false"} {
			if strings.Contains(text, theirs) {
				t.Errorf("%s came through", theirs)
			}
		}
		if !slices.Contains(list, "AWS_ENDPOINT_URL_S3=http://minio:9000") {
			t.Error("an endpoint on this machine did not come through")
		}
		wantError(t, fs, "f", `{"do":"exit","n":1}`, "Runtime.ExitError", "")
	}
	if n := strings.Count(log.String(), "a variable of the template is not given"); n != 13 {
		t.Errorf("%d warnings:\n%s", n, log)
	}
	if strings.Contains(log.String(), "/theirs") || strings.Contains(log.String(), "prod") {
		t.Error("a warning shows a value")
	}
	f.Environment = map[string]string{"AWS_PROFILE": "other"}
	if err := fs.Update([]spec.Function{f}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(log.String(), "a variable of the template is not given"); n != 14 {
		t.Errorf("%d warnings after an update", n)
	}
}
