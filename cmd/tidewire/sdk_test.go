package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/apigateway"
)

func TestAskMFA(t *testing.T) {
	t.Parallel()
	var asked bytes.Buffer
	sh := &shell{stdin: strings.NewReader("123456\nrest"), stderr: &asked}
	if code, err := sh.askMFA(); err == nil {
		t.Errorf("code %q without a terminal", code)
	}
	sh.typing = true
	if code, err := sh.askMFA(); code != "123456" || err != nil || asked.String() != "MFA code: " {
		t.Errorf("code %q, error %v, asked %q", code, err, asked.String())
	}
}

func TestRetrieve(t *testing.T) {
	t.Parallel()
	broken := errors.New("sso session expired")
	for name, provider := range map[string]aws.CredentialsProvider{
		"none":   nil,
		"empty":  aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, nil }),
		"broken": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, broken }),
	} {
		_, err := retrieve(t.Context(), provider, "dev", "what to do")
		var missing *apigateway.NoCredentialsError
		if !errors.As(err, &missing) || missing.LookedFor != "profile dev" || adviceOf(err) != "what to do" {
			t.Errorf("%s: %v", name, err)
		}
		if name == "broken" && !errors.Is(err, broken) {
			t.Errorf("the cause is lost: %v", err)
		}
	}
}

func TestTrustingRefuses(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/missing", "testdata/usage.txtar"} {
		if _, err := trusting(file); err == nil {
			t.Errorf("%s: no error", file)
		}
	}
}
