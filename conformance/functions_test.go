//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The functions post their answer to their own connection, at the endpoint
// that everybody builds from the event.
const postbackPython = `
import json, os

import boto3
from botocore.exceptions import ClientError


def handler(event, context):
    about = event["requestContext"]
    if about["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    if "KEEP" in os.environ:
        with open(os.environ["KEEP"], "w") as file:
            file.write(os.environ["AWS_SECRET_ACCESS_KEY"] + "\n" + os.environ["AWS_SESSION_TOKEN"])
    client = boto3.client("apigatewaymanagementapi", endpoint_url=f"https://{about['domainName']}/{about['stage']}")
    try:
        client.post_to_connection(ConnectionId=about["connectionId"], Data=("posted: " + event["body"]).encode())
    except ClientError as error:
        answer = error.response
        return {"statusCode": 200, "body": json.dumps({"error": answer["Error"]["Code"], "status": answer["ResponseMetadata"]["HTTPStatusCode"]})}
    return {"statusCode": 200}
`

const postbackNode = `
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";

export const handler = async ({ body, requestContext: { eventType, domainName, stage, connectionId } }) => {
  if (eventType !== "MESSAGE") return { statusCode: 200 };
  const client = new ApiGatewayManagementApiClient({ endpoint: "https://" + domainName + "/" + stage });
  try {
    await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: "posted: " + body }));
  } catch (error) {
    return { statusCode: 200, body: JSON.stringify({ error: error.name, status: error.$metadata.httpStatusCode }) };
  }
  return { statusCode: 200 };
};
`

// postback is an API whose function posts; Python uses Debian's old boto3,
// Node the runtime folder.
func postback(language string) (api, map[string]string) {
	a := api{auth: "NONE", policies: []any{policy("execute-api:ManageConnections", object{"Resource": sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*")})}}
	switch language {
	case "python":
		a.runtime = "python3.12"
		return a, map[string]string{"app.py": postbackPython}
	case "go":
		a.runtime, a.handler, a.code = "provided.al2023", "bootstrap", filepath.Join(suite.root, "conformance", "testdata", "postback-go")
		return a, map[string]string{}
	}
	return a, map[string]string{"app.mjs": postbackNode}
}

// installed makes sure, once, that the runtime folder has the AWS SDK for
// JavaScript; it is kept between runs.
var installed = sync.OnceValues(func() (config string, err error) {
	config = filepath.Join(suite.cache, "config")
	if err := os.MkdirAll(config, 0o700); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(config, "runtime", "nodejs", "node_modules", "@aws-sdk", "lib-dynamodb")); err == nil {
		return config, nil
	}
	return config, runtimeInstall(config)
})

func TestFunctionsPostBack(t *testing.T) {
	t.Parallel()
	config, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"python", "node", "go"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			a, files := postback(language)
			s := serve(t, a.write(t, files), serveOptions{config: config})
			for _, text := range []string{"one", "two ünd drei"} {
				if got := s.connect(t).ask(t, text); got != "posted: "+text {
					t.Errorf("received %q\n%s", got, s.stderr)
				}
			}
		})
	}
}

// TestSeveralAPIs has two APIs with one function: domainName carries the API's
// id, so that the endpoint that everybody builds is right for each.
func TestSeveralAPIs(t *testing.T) {
	t.Parallel()
	a, files := postback("python")
	a.policies = []any{policy("execute-api:ManageConnections", object{"Resource": "*"})}
	second := func(kind string, more object) object {
		properties := object{"ApiId": ref("Second")}
		for name, v := range more {
			properties[name] = v
		}
		return resource("AWS::ApiGatewayV2::"+kind, properties)
	}
	a.more = object{
		"Second":           resource("AWS::ApiGatewayV2::Api", object{"Name": "second", "ProtocolType": "WEBSOCKET", "RouteSelectionExpression": "$request.body.action"}),
		"SecondStage":      second("Stage", object{"StageName": "dev"}),
		"SecondRoute":      second("Route", object{"RouteKey": "$default", "Target": sub("integrations/${SecondIntegration}")}),
		"SecondPermission": resource("AWS::Lambda::Permission", object{"Action": "lambda:InvokeFunction", "FunctionName": ref("Function"), "Principal": "apigateway.amazonaws.com"}),
		"SecondIntegration": second("Integration", object{"IntegrationType": "AWS_PROXY",
			"IntegrationUri": sub("arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations")}),
	}
	s := serve(t, a.write(t, files), serveOptions{})
	if len(s.apis) != 2 {
		t.Fatalf("serves %+v", s.apis)
	}
	for _, a := range s.apis {
		if got := open(t, a.URL, nil).ask(t, a.LogicalID); got != "posted: "+a.LogicalID || !strings.Contains(a.URL, "/"+a.ID+"/dev") {
			t.Errorf("%s: received %q\n%s", a.URL, got, s.stderr)
		}
	}
}

// TestFunctionElsewhere invokes a function at a Lambda-Invoke endpoint, as the
// runtime interface emulator and sam local start-lambda are.
func TestFunctionElsewhere(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var event struct{ Body string }
		if err := json.NewDecoder(r.Body).Decode(&event); err != nil || !strings.HasPrefix(r.URL.Path, "/2015-03-31/functions/") {
			http.Error(w, "not an invocation", http.StatusNotFound)
			return
		}
		if event.Body == "fail" {
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			fmt.Fprint(w, `{"errorType":"Error","errorMessage":"asked for it"}`)
			return
		}
		fmt.Fprintf(w, `{"statusCode":200,"body":%q}`, "elsewhere: "+event.Body)
	}))
	t.Cleanup(elsewhere.Close)
	s := serve(t, api{auth: "NONE"}.write(t, nil), serveOptions{args: []string{"--function", "Function=" + elsewhere.URL}})
	c := s.connect(t)
	if got := c.ask(t, "hello"); got != "elsewhere: hello" {
		t.Errorf("received %q", got)
	}
	if got := c.ask(t, "fail"); !errorFrame.MatchString(got) {
		t.Errorf("received %q", got)
	}
	if n := len(descendants(t, s.cmd.Process.Pid)); n != 0 {
		t.Errorf("%d processes were started for it", n)
	}
}

// TestFunctionThatMayNotPost has functions whose role lacks the permission:
// their SDK sees AWS's error, and the log says which role lacks what.
func TestFunctionThatMayNotPost(t *testing.T) {
	t.Parallel()
	config, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"python", "node"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			a, files := postback(language)
			a.policies = nil
			s := serve(t, a.write(t, files), serveOptions{config: config})
			var got struct {
				Error  string
				Status int
			}
			answer := s.connect(t).ask(t, "unheard")
			if err := json.Unmarshal([]byte(answer), &got); err != nil || got.Error != "AccessDeniedException" || got.Status != 403 {
				t.Errorf("the function saw %q", answer)
			}
			s.stderr.await(t, `level=WARN.*AccessDenied.*execute-api:ManageConnections`)
		})
	}
}

// TestFunctionsCredentialsStayInside reads what a function was given and
// wants none of it in any output.
func TestFunctionsCredentialsStayInside(t *testing.T) {
	t.Parallel()
	a, files := postback("python")
	kept := filepath.Join(t.TempDir(), "kept")
	a.env = map[string]string{"KEEP": kept}
	s := serve(t, a.write(t, files), serveOptions{args: []string{"--log-level", "debug"}})
	if got := s.connect(t).ask(t, "hello"); got != "posted: hello" {
		t.Errorf("received %q\n%s", got, s.stderr)
	}
	text, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	secret, token, _ := strings.Cut(string(text), "\n")
	if len(secret) != 40 || len(token) < 100 {
		t.Fatalf("the function has a secret of %d and a token of %d characters", len(secret), len(token))
	}
	s.keep(secret, token)
}

// TestChat is the example: two people, their connections in DynamoDB
// (dynalite), and the SDK that the functions do not ship.
func TestChat(t *testing.T) {
	t.Parallel()
	config, err := installed()
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, filepath.Join(suite.root, "examples", "chat"), serveOptions{config: config})
	ann, bob := s.connect(t), s.connect(t)
	ann.send(t, `{"action":"sendmessage","data":"hello, all"}`)
	for name, c := range map[string]*socket{"ann": ann, "bob": bob} {
		if got := c.receive(t); got != "hello, all" {
			t.Errorf("%s received %q\n%s", name, got, s.stderr)
		}
	}
	ann.close(t, 1000)
	bob.send(t, `{"action":"sendmessage","data":"alone"}`)
	if got := bob.receive(t); got != "alone" {
		t.Errorf("bob received %q\n%s", got, s.stderr)
	}
}

// TestSDKThatIsNowhere wants the error to say how to get it.
func TestSDKThatIsNowhere(t *testing.T) {
	t.Parallel()
	a, files := postback("node")
	s := serve(t, a.write(t, files), serveOptions{})
	_, refused := handshake(t, s.apis[0].URL, nil)
	if refused == nil || refused.status != 502 {
		t.Errorf("the handshake: %+v", refused)
	}
	s.stderr.await(t, `@aws-sdk/client-apigatewaymanagementapi`)
	s.stderr.await(t, `tidewire runtime install nodejs`)
}

// TestServiceThatTidewireLacks sends a function's S3 call to the gateway,
// which must say what to do, and never to AWS.
func TestServiceThatTidewireLacks(t *testing.T) {
	t.Parallel()
	a, _ := postback("python")
	s := serve(t, a.write(t, map[string]string{"app.py": `
import boto3
from botocore.exceptions import ClientError


def handler(event, context):
    if event["requestContext"]["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    try:
        return {"statusCode": 200, "body": str(boto3.client(event["body"]).list_buckets())}
    except ClientError as error:
        return {"statusCode": 200, "body": error.response["Error"]["Message"]}
`}), serveOptions{})
	if got := s.connect(t).ask(t, "s3"); !strings.Contains(got, "tidewire does not run s3: give --endpoint s3=") {
		t.Errorf("the function saw %q\n%s", got, s.stderr)
	}
}
