package gateway

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/apigateway"
)

// TestYourOwnCredentialsReachConnectionsOnly gives a function the developer's
// AWS credentials, as --function-credentials does.
func TestYourOwnCredentialsReachConnectionsOnly(t *testing.T) {
	t.Parallel()
	own := aws.Credentials{AccessKeyID: "ASIAEXAMPLEEXAMPLE42", SecretAccessKey: "own-secret-own-secret-own-secret-own-sec", SessionToken: "own-token"}
	provider := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return own, nil })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g, err := Open(t.Context(), "testdata/chat.yaml", &Options{State: filepath.Join(t.TempDir(), "s"), Addr: l.Addr().String(),
		Functions:           map[string]func(context.Context, []byte) ([]byte, error){"F": func(context.Context, []byte) ([]byte, error) { return []byte(`{"statusCode":200}`), nil }},
		FunctionCredentials: map[string]aws.CredentialsProvider{"F": provider}, Endpoints: map[string]string{"sqs": "http://127.0.0.1:9324"}})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	defer func() {
		if err := g.Close(context.Background()); err != nil {
			t.Error(err)
		}
		<-served
	}()
	f := &g.Spec().Functions[0]
	if _, err := apigateway.Dial(t.Context(), g.APIs()[0].URL, &apigateway.DialOptions{Region: "us-east-1", Credentials: provider}); err == nil {
		t.Fatal("admitted before any function was given the credentials")
	}
	if c, err := g.credentials(t.Context(), f); err != nil || c.AccessKeyID != own.AccessKeyID {
		t.Fatalf("%+v %v", c.AccessKeyID, err)
	}
	env := g.environment(f)
	if env["AWS_ENDPOINT_URL"] != "" || env["AWS_ENDPOINT_URL_SQS"] != "http://127.0.0.1:9324" || !strings.HasSuffix(env["AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI"], "/dev") {
		t.Errorf("environment %v", env)
	}
	var refused *apigateway.RefusedError
	_, err = apigateway.Dial(t.Context(), g.APIs()[0].URL, &apigateway.DialOptions{Region: "us-east-1", Credentials: provider})
	if !errors.As(err, &refused) || refused.Type != "AccessDeniedException" {
		t.Errorf("$connect with the function's credentials: %v", err)
	}
	connections := &apigateway.Connections{Endpoint: "http://" + g.Addr() + "/dev", Region: "us-east-1", Credentials: provider}
	if err := connections.Post(t.Context(), "L0SM9cOFvHcCIhw=", []byte("x")); !errors.Is(err, apigateway.ErrGone) {
		t.Errorf("@connections with the function's credentials: %v", err)
	}
}

func TestEndpointVariables(t *testing.T) {
	t.Parallel()
	for service, want := range map[string]string{
		"dynamodb": "AWS_ENDPOINT_URL_DYNAMODB", "cognito-idp": "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
		"states": "AWS_ENDPOINT_URL_SFN", "secretsmanager": "AWS_ENDPOINT_URL_SECRETS_MANAGER", "SQS": "AWS_ENDPOINT_URL_SQS",
	} {
		if got := endpointVariable(service); got != want {
			t.Errorf("%s: %s, want %s", service, got, want)
		}
	}
}
