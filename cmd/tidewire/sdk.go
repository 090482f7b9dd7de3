package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go/logging"

	"github.com/tidewire/tidewire/apigateway"
)

const noCredentialsHint = "set AWS_PROFILE or give --profile, log in with aws sso login or aws configure, or give "

// noCredentials is what to do where the SDK finds nobody.
func (f *identityFlags) noCredentials() string {
	if f.auths == nil { // a command without --auth
		return noCredentialsHint + "--credentials-file"
	}
	return noCredentialsHint + "--auth none if the API is open"
}

// fromSDK is whoever the AWS SDK finds: the profile of the flags, else the
// environment, the shared files, SSO, roles, the container or the instance.
func (f *identityFlags) fromSDK(ctx context.Context, sh *shell, target *url.URL) (*caller, error) {
	loaded, err := config.LoadDefaultConfig(ctx,
		config.WithSharedConfigProfile(f.profile),
		config.WithLogger(logging.Nop{}), // the error says what failed
		config.WithAssumeRoleCredentialOptions(func(o *stscreds.AssumeRoleOptions) { o.TokenProvider = sh.askMFA }),
	)
	if err != nil {
		return nil, hint(fmt.Errorf("read the AWS configuration: %w", err), "see ~/.aws/config, AWS_PROFILE and --profile")
	}
	region := firstOf(f.region, apigateway.RegionOf(target.Host), loaded.Region)
	if region == "" {
		return nil, hint(fmt.Errorf("no region to sign for: %s names none", target.Host), f.noRegion(target))
	}
	found, err := retrieve(ctx, loaded.Credentials, f.profile, f.noCredentials())
	if err != nil {
		return nil, err
	}
	return &caller{
		auth:        f.kind(),
		credentials: loaded.Credentials,
		region:      region,
		source:      fmt.Sprintf("signing with AWS credentials from %s, region %s", sourceOf(found, f.profile), region),
	}, nil
}

// noRegion is what to do where nothing names a region.
func (f *identityFlags) noRegion(target *url.URL) string {
	advice := "give --region, or set AWS_REGION"
	if onThisMachine(target.Hostname()) {
		advice += "; if it is a gateway of yours: is tidewire serve running, as this user and on this port?"
	}
	return advice
}

// retrieve asks for credentials at once, so that their absence is found before
// anything is sent to the API.
func retrieve(ctx context.Context, provider aws.CredentialsProvider, profile, advice string) (aws.Credentials, error) {
	looked := "the environment, the shared config and credentials files, SSO, the container and the instance metadata"
	if profile != "" {
		looked = "profile " + profile
	}
	if provider == nil {
		return aws.Credentials{}, hint(&apigateway.NoCredentialsError{LookedFor: looked}, advice)
	}
	found, err := provider.Retrieve(ctx)
	if err == nil && !found.HasKeys() {
		err = errors.New("they hold no keys")
	}
	if err != nil {
		return found, hint(&apigateway.NoCredentialsError{LookedFor: looked, Cause: err}, advice)
	}
	return found, nil
}

// sourceOf names where credentials came from.
func sourceOf(found aws.Credentials, profile string) string {
	source := firstOf(found.Source, "the SDK")
	if profile != "" {
		source += " (profile " + profile + ")"
	}
	return source
}

// askMFA asks for the code of an MFA device, as profiles with mfa_serial need.
func (sh *shell) askMFA() (string, error) {
	if !sh.typing {
		return "", hint(errors.New("the profile wants the code of an MFA device, and stdin is no terminal to ask on"),
			"run it on a terminal, or use a profile with a session")
	}
	fmt.Fprint(sh.stderr, "MFA code: ")
	line, err := bufio.NewReaderSize(sh.stdin, 16).ReadString('\n')
	return strings.TrimSpace(line), err
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// trusting is a TLS configuration with the certificate in a file beside the
// system's roots.
func trusting(file string) (*tls.Config, error) {
	text, err := readSmall(file)
	if err != nil {
		return nil, hint(fmt.Errorf("read the local CA: %w", withoutPrefix(err)), "start tidewire serve again")
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, hint(fmt.Errorf("the local CA %s holds no certificate", file), "delete it and start tidewire serve again")
	}
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, nil
}
