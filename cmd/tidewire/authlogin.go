package main

import (
	"context"
	"net/url"

	"github.com/tidewire/tidewire/appsync"
)

// byLogin is the token of a saved login, renewed when it must be.
func (f *authFlags) byLogin(ctx context.Context, sh *shell, mode string) (*prover, error) {
	source, err := sh.loginSource(ctx, f.login)
	if err != nil {
		return nil, err
	}
	if _, err := source.Fetch(ctx); err != nil {
		return nil, loginError(f.login, err)
	}
	return &prover{auth: appsync.Token(source), source: "sending the token of login " + f.login + tokenMode(mode)}, nil
}

// byIdentityPool is mode iam with credentials of a saved login's identity pool.
func (f *authFlags) byIdentityPool(ctx context.Context, sh *shell, target *url.URL) (*prover, error) {
	provider, err := sh.loginCredentials(ctx, f.login)
	if err != nil {
		return nil, err
	}
	region := firstOf(f.region, appsync.RegionOf(f.host), appsync.RegionOf(target.Host), sh.getenv("AWS_REGION"), sh.getenv("AWS_DEFAULT_REGION"))
	if region == "" {
		return nil, usagef("give --region", "no region to sign for: %s names none", target.Host)
	}
	return &prover{auth: appsync.IAM(provider, region),
		source: "signing with the identity pool of login " + f.login + ", region " + region + ", service " + appsyncService}, nil
}
