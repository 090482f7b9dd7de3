package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
)

// inform adds to a question what is known here: what the API expects, and
// whose secrets may have signed.
func (f *explainFlags) inform(ctx context.Context, sh *shell, q *sigv4.Question) error {
	target := &url.URL{Scheme: "http", Host: q.Request.Host}
	local, err := (&identityFlags{}).running(sh, target)
	if err != nil {
		return err
	}
	f.expect(sh, q, target, local)
	if local != nil {
		q.Hosts = append([]string{local.Listen}, local.Hosts...)
	}
	if f.keys.state != "" || local != nil && f.keys.profile == "" && f.keys.file == "" {
		return f.localKeys(ctx, sh, q, local)
	}
	return f.awsKeys(ctx, sh, q, target)
}

// expect sets the service and the region that the API wants. Where nothing
// tells them, they are those that the request claims: not judged.
func (f *explainFlags) expect(sh *shell, q *sigv4.Question, target *url.URL, local *state.Running) {
	_, claimed, claimedRegion := claimedScope(q.Request)
	service, region := scopeOf(target)
	if local != nil || f.keys.state != "" {
		service, region = defaultService, firstOf(regionOf(local), stackRegion(f.keys.state))
	}
	q.Service = firstOf(f.keys.service, service)
	q.Region = firstOf(f.keys.region, region)
	var open []string
	if q.Service == "" {
		q.Service, open = firstOf(claimed, defaultService), append(open, "service")
	}
	if q.Region == "" {
		q.Region, open = firstOf(claimedRegion, defaultRegion(sh)), append(open, "region")
	}
	if len(open) > 0 {
		fmt.Fprintf(sh.stderr, "tidewire: not judging the %s: %s does not tell what it should be; --%s does\n",
			strings.Join(open, " and the "), visible(q.Request.Host), strings.Join(open, " and --"))
	}
}

// gatewayKeys looks up what the gateway of a state directory knows: the keys of
// its developer and of the template's users, and role sessions.
func gatewayKeys(path string) (sigv4.Key, error) {
	dir, err := openState(path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	stack, err := readStack(dir)
	if err != nil {
		return nil, nil // never served: the developer's key is all there is
	}
	return gateway.Keys(dir, stack)
}

// localKeys adds the keys of a local gateway, unless the request names one of
// the user's AWS keys, which the gateway does not know.
func (f *explainFlags) localKeys(ctx context.Context, sh *shell, q *sigv4.Question, local *state.Running) error {
	path := f.keys.state
	if path == "" {
		path = local.StateDir
	}
	dev, err := readDeveloper(path)
	if err != nil {
		return err
	}
	q.Candidates = []sigv4.Candidate{{Name: "the local " + dev.UserName, AccessKeyID: dev.AccessKeyID, Secret: dev.SecretAccessKey}}
	fmt.Fprintf(sh.stderr, "tidewire: verifying as the gateway of %s, with the key of its local %s\n", path, dev.UserName)
	if q.Key, err = gatewayKeys(path); err != nil {
		return err
	}
	key, _, _ := claimedScope(q.Request)
	ours := key == dev.AccessKeyID || q.Key != nil && servesKey(ctx, q, key)
	for _, c := range append(f.awsCandidates(ctx, sh), environmentKeys(sh)...) {
		if c.AccessKeyID != key {
			q.Candidates = append(q.Candidates, c)
		} else if !ours { // the gateway does not know it
			fmt.Fprintf(sh.stderr, "tidewire: the request was signed with the AWS key of %s, not with one of this gateway\n", visible(c.Name))
		}
	}
	return nil
}

// servesKey tells whether the gateway knows the key that a request names, expired
// or not.
func servesKey(ctx context.Context, q *sigv4.Question, key string) bool {
	token := q.Request.Header.Get("X-Amz-Security-Token")
	if values, err := url.ParseQuery(q.Request.RawQuery); token == "" && err == nil {
		token = values.Get("X-Amz-Security-Token")
	}
	_, err := q.Key(ctx, key, token)
	return err == nil || errors.Is(err, sigv4.ErrExpiredToken)
}

// environmentKeys are the keys in the environment, if there are any.
func environmentKeys(sh *shell) []sigv4.Candidate {
	found := aws.Credentials{AccessKeyID: sh.getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: sh.getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: sh.getenv("AWS_SESSION_TOKEN")}
	if !found.HasKeys() {
		return nil
	}
	return []sigv4.Candidate{candidate("the environment", found)}
}

// awsKeys adds the credentials of the flags or the chain, and the static keys
// of other profiles.
func (f *explainFlags) awsKeys(ctx context.Context, sh *shell, q *sigv4.Question, target *url.URL) error {
	own, err := f.ownKeys(ctx, sh, q, target)
	others := f.awsCandidates(ctx, sh)
	if err != nil && (q.Against == nil && len(others) == 0 || f.keys.profile != "" || f.keys.file != "") {
		return err
	}
	if err == nil {
		q.Candidates = append(q.Candidates, own)
		fmt.Fprintln(sh.stderr, "tidewire: verifying with", visible(own.Name))
	}
	for _, c := range others {
		if c.AccessKeyID != own.AccessKeyID || c.Secret != own.Secret {
			q.Candidates = append(q.Candidates, c)
		}
	}
	return nil
}

// ownKeys are the credentials of the flags or the chain.
func (f *explainFlags) ownKeys(ctx context.Context, sh *shell, q *sigv4.Question, target *url.URL) (sigv4.Candidate, error) {
	if f.keys.file != "" {
		found, err := f.keys.readFile(ctx)
		return candidate("profile "+firstOf(f.keys.profile, "default")+" in "+f.keys.file, found), err
	}
	id := identityFlags{profile: f.keys.profile, region: q.Region}
	who, err := id.fromSDK(ctx, sh, target)
	if err != nil {
		return sigv4.Candidate{}, err
	}
	found, err := who.credentials.Retrieve(ctx)
	return candidate("AWS credentials from "+sourceOf(found, f.keys.profile), found), err
}

func candidate(name string, c aws.Credentials) sigv4.Candidate {
	return sigv4.Candidate{Name: name, AccessKeyID: c.AccessKeyID, Secret: c.SecretAccessKey, SessionToken: c.SessionToken}
}

// awsCandidates are the static keys of all profiles in the shared files, or in
// --credentials-file. No program is run and no server asked for any.
func (f *explainFlags) awsCandidates(ctx context.Context, sh *shell) []sigv4.Candidate {
	const most = 64
	credentialsFiles := []string{firstOf(f.keys.file, sh.getenv("AWS_SHARED_CREDENTIALS_FILE"), config.DefaultSharedCredentialsFilename())}
	configFiles := []string{}
	if f.keys.file == "" {
		configFiles = append(configFiles, firstOf(sh.getenv("AWS_CONFIG_FILE"), config.DefaultSharedConfigFilename()))
	}
	var all []sigv4.Candidate
	for _, name := range profilesIn(slices.Concat(credentialsFiles, configFiles)) {
		found, err := staticKeys(ctx, name, credentialsFiles, configFiles)
		if err == nil && found.HasKeys() && len(all) < most {
			all = append(all, candidate("profile "+name, found))
		}
	}
	return all
}

// profilesIn lists the profiles that have a section in one of the files.
func profilesIn(files []string) []string {
	var names []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // there need not be one
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			section, found := strings.CutPrefix(strings.TrimSpace(lines.Text()), "[")
			name, _, closed := strings.Cut(section, "]")
			name = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(name), "profile "))
			if found && closed && name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
