package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/internal/state"
)

const keysHelp = `Credentials: with --credentials-file the static keys of a profile in that file
(the profile "default" unless --profile says otherwise); with --profile the AWS
SDK's; for a gateway that you are running, or with --state, those of its local
developer; else the SDK's (environment, profiles, SSO, roles, instance). There
is no flag for a secret: it would stand in the list of processes.

Service and region are those of an AWS host name or of the running gateway
unless --service and --region say otherwise; other hosts are taken for
execute-api in the region of the profile or of AWS_REGION.`

// keyFlags are the flags that say with which credentials to sign or verify,
// and for which service and region.
type keyFlags struct {
	profile string
	file    string
	state   string
	region  string
	service string
}

func (f *keyFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.service, "service", "", "service in the signature (default: the address's, else execute-api)")
	flags.StringVar(&f.region, "region", "", "region in the signature (default: the address's, else the profile's)")
	flags.StringVar(&f.profile, "profile", "", "profile of the AWS config files")
	flags.StringVar(&f.file, "credentials-file", "", "take static keys from this `FILE`, written like ~/.aws/credentials")
	flags.StringVar(&f.state, "state", "", "use the local developer of this state `DIR`ectory")
}

func (f *keyFlags) check() error {
	if f.state != "" && (f.profile != "" || f.file != "") {
		return usagef("--profile and --credentials-file are for AWS, --state for a local gateway",
			"--state excludes --profile and --credentials-file")
	}
	return nil
}

// signingAs is who signs, and for what.
type signingAs struct {
	caller
	service string
}

// choose finds who signs for target, in the order that keysHelp tells.
func (f *keyFlags) choose(ctx context.Context, sh *shell, target *url.URL) (*signingAs, error) {
	id := identityFlags{auth: "iam-headers", profile: f.profile, state: f.state}
	gateway, err := id.running(sh, target)
	if err != nil {
		return nil, err
	}
	service, region := scopeOf(target)
	id.region = firstOf(f.region, region, stackRegion(f.state))
	who, err := f.identify(ctx, sh, &id, target, gateway)
	if err != nil {
		return nil, err
	}
	if err := who.reach(gateway); err != nil {
		return nil, err
	}
	service = firstOf(f.service, service, defaultService)
	who.source += ", service " + service
	return &signingAs{*who, service}, nil
}

func (f *keyFlags) identify(ctx context.Context, sh *shell, id *identityFlags, target *url.URL, gateway *state.Running) (*caller, error) {
	switch {
	case f.file != "":
		return f.fromFile(ctx, sh, id, gateway)
	case f.profile != "":
		return id.fromSDK(ctx, sh, target)
	case f.state != "" || gateway != nil:
		return id.developer(sh, gateway)
	}
	return id.fromSDK(ctx, sh, target)
}

// fromFile is the caller of --credentials-file.
func (f *keyFlags) fromFile(ctx context.Context, sh *shell, id *identityFlags, gateway *state.Running) (*caller, error) {
	found, err := f.readFile(ctx)
	if err != nil {
		return nil, err
	}
	region := firstOf(id.region, regionOf(gateway), sh.getenv("AWS_REGION"), sh.getenv("AWS_DEFAULT_REGION"))
	if region == "" {
		return nil, hint(errors.New("no region to sign for: the host names none"), "give --region, or set AWS_REGION")
	}
	return &caller{
		auth:        id.kind(),
		credentials: credentials.StaticCredentialsProvider{Value: found},
		region:      region,
		source:      fmt.Sprintf("signing with the keys of profile %s in %s, region %s", firstOf(f.profile, "default"), f.file, region),
	}, nil
}

// readFile reads static keys out of --credentials-file and nothing else: no
// other file, no program, no network.
func (f *keyFlags) readFile(ctx context.Context) (aws.Credentials, error) {
	if _, err := os.Stat(f.file); err != nil {
		return aws.Credentials{}, hint(fmt.Errorf("read the credentials file: %w", withoutPrefix(err)), "give a file written like ~/.aws/credentials")
	}
	profile := firstOf(f.profile, "default")
	found, err := staticKeys(ctx, profile, []string{f.file}, []string{})
	if err != nil || !found.HasKeys() {
		return found, hint(fmt.Errorf("%s has no static keys of a profile %q", f.file, profile),
			"it needs a line ["+profile+"], and below it aws_access_key_id and aws_secret_access_key")
	}
	return found, nil
}

// staticKeys are the keys that stand in shared files for a profile. Nothing is
// run or asked for them.
func staticKeys(ctx context.Context, profile string, credentialsFiles, configFiles []string) (aws.Credentials, error) {
	shared, err := config.LoadSharedConfigProfile(ctx, profile, func(o *config.LoadSharedConfigOptions) {
		o.CredentialsFiles, o.ConfigFiles = credentialsFiles, configFiles
	})
	return shared.Credentials, err
}

func regionOf(gateway *state.Running) string {
	if gateway == nil {
		return ""
	}
	return gateway.Region
}

// openState opens a state directory without making one.
func openState(path string) (*state.Dir, error) {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%s: there is no such state directory", path)
		}
		return nil, hint(withoutPrefix(err), "start tidewire serve here first, or give the directory that it uses with --state")
	}
	return state.Open(path, nil)
}
