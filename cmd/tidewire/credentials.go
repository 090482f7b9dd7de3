package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/apigateway"
	"github.com/tidewire/tidewire/internal/state"
)

// identityFlags are the flags that say as whom to call.
type identityFlags struct {
	auth    string
	profile string
	region  string
	service string
	state   string

	auths []string // what auth may be
}

func (f *identityFlags) add(flags *pflag.FlagSet, auths string) {
	f.auths = strings.Split(auths, "|")
	flags.StringVar(&f.auth, "auth", "auto", "how to sign: `"+auths+"`")
	flags.StringVar(&f.profile, "profile", "", "profile of the AWS config files")
	flags.StringVar(&f.region, "region", "", "region to sign for (default: the address's)")
	flags.StringVar(&f.service, "service", "execute-api", "service to sign for")
	flags.StringVar(&f.state, "state", "", "use the local developer of this state `DIR`ectory")
}

func (f *identityFlags) check() error {
	if !slices.Contains(f.auths, f.auth) {
		return usagef("", "--auth must be one of %s, not %q", strings.Join(f.auths, ", "), f.auth)
	}
	if f.profile != "" && f.state != "" {
		return usagef("--profile is for AWS, --state for a local gateway", "--profile and --state exclude each other")
	}
	if f.auth == "none" && (f.profile != "" || f.state != "") {
		return usagef("", "--auth none sends no signature, so --profile and --state say nothing")
	}
	return nil
}

// caller is as whom to call and how that was found.
type caller struct {
	auth        apigateway.Auth
	credentials aws.CredentialsProvider // nil: unsigned
	region      string
	source      string      // a line for stderr
	tls         *tls.Config // nil: the system's roots
	listen      string      // where the gateway of the record listens; empty: it is not one
}

// client is an HTTP client for the caller. A recorded gateway is reached at
// the address that it holds, whatever the name in the URL leads to: another
// user may listen on the other loopback address, and would get a signed URL.
func (c *caller) client() *http.Client {
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: c.tls, DisableKeepAlives: true}
	if c.listen != "" {
		t.Proxy = nil
		t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, c.listen)
		}
	}
	return &http.Client{Transport: t}
}

// reachable is an address to dial for one that is listened on.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// choose finds the caller for target, in the order that connect's help tells.
func (f *identityFlags) choose(ctx context.Context, sh *shell, target *url.URL) (*caller, error) {
	gateway, err := f.running(sh, target)
	if err != nil {
		return nil, err
	}
	who, err := f.identify(ctx, sh, target, gateway)
	if err != nil {
		return nil, err
	}
	return who, who.reach(gateway)
}

// reach makes client talk to a recorded gateway; nil changes nothing.
func (c *caller) reach(gateway *state.Running) (err error) {
	if gateway != nil {
		c.listen = reachable(gateway.Listen)
	}
	if gateway != nil && gateway.CA != "" {
		c.tls, err = trusting(gateway.CA)
	}
	return err
}

func (f *identityFlags) identify(ctx context.Context, sh *shell, target *url.URL, gateway *state.Running) (*caller, error) {
	inAWS := apigateway.RegionOf(target.Host) != ""
	switch {
	case isSigned(target):
		return unsigned("not signing: the URL carries a signature"), nil
	case f.auth == "none":
		return unsigned("not signing: --auth none"), nil
	case inAWS && !secure(target):
		return nil, usagef("write wss:// or https://", "%s would send a signature in clear text, and AWS answers over TLS only", target.Scheme+"://"+target.Host)
	case f.profile != "":
		return f.fromSDK(ctx, sh, target)
	case f.state != "" || gateway != nil:
		return f.developer(sh, gateway)
	case inAWS || f.auth != "auto":
		return f.fromSDK(ctx, sh, target)
	}
	return unsigned("not signing: " + target.Host + " is neither in AWS nor a gateway of yours (--auth iam signs nevertheless)"), nil
}

func secure(target *url.URL) bool { return target.Scheme == "wss" || target.Scheme == "https" }

func unsigned(source string) *caller { return &caller{auth: apigateway.None, source: source} }

// kind is the signature that the flags ask for.
func (f *identityFlags) kind() apigateway.Auth {
	if f.auth == "iam-headers" {
		return apigateway.Headers
	}
	return apigateway.Presigned
}

// isSigned says whether a URL carries a signature in its query.
func isSigned(u *url.URL) bool {
	for name := range u.Query() {
		if strings.EqualFold(name, "X-Amz-Signature") {
			return true
		}
	}
	return false
}

// running is the gateway of this user that serves target, nil if there is
// none. Without a directory for records there can be none.
func (f *identityFlags) running(sh *shell, target *url.URL) (*state.Running, error) {
	dir, err := sh.runDir()
	if err != nil {
		return nil, nil
	}
	gateway, err := state.Find(dir, hostPort(target))
	if err != nil {
		return nil, fmt.Errorf("look for running gateways: %w", err)
	}
	return gateway, nil
}

// hostPort is target's host with a port, the scheme's if it names none.
func hostPort(target *url.URL) string {
	port := target.Port()
	switch {
	case port != "":
	case target.Scheme == "wss" || target.Scheme == "https":
		port = "443"
	default:
		port = "80"
	}
	return net.JoinHostPort(target.Hostname(), port)
}

// developer is the local developer of --state, or of a running gateway.
func (f *identityFlags) developer(sh *shell, gateway *state.Running) (*caller, error) {
	path := f.state
	if path == "" {
		path = gateway.StateDir
	}
	dev, err := readDeveloper(path)
	if err != nil {
		return nil, err
	}
	region := f.region
	if region == "" && gateway != nil {
		region = gateway.Region
	}
	if region == "" {
		region = defaultRegion(sh)
	}
	if own, ok := givenOut(sh, path, dev); ok {
		return &caller{
			auth:        f.kind(),
			credentials: credentials.StaticCredentialsProvider{Value: own},
			region:      region,
			source:      fmt.Sprintf("signing with the environment's key %s, which the gateway of %s gave out, region %s", own.AccessKeyID, path, region),
		}, nil
	}
	return &caller{
		auth:        f.kind(),
		credentials: credentials.NewStaticCredentialsProvider(dev.AccessKeyID, dev.SecretAccessKey, ""),
		region:      region,
		source:      fmt.Sprintf("signing as the local %s of %s, region %s", dev.UserName, path, region),
	}, nil
}

// givenOut are the credentials of the environment if the gateway of a state
// directory made them, as after eval "$(tidewire env --role R)": whoever did
// that means them.
func givenOut(sh *shell, path string, dev state.Developer) (aws.Credentials, bool) {
	own := aws.Credentials{AccessKeyID: sh.getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: sh.getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: sh.getenv("AWS_SESSION_TOKEN")}
	if !own.HasKeys() || own.AccessKeyID == dev.AccessKeyID {
		return own, false
	}
	key, err := gatewayKeys(path)
	if err != nil || key == nil {
		return own, false
	}
	_, err = key(context.Background(), own.AccessKeyID, own.SessionToken)
	return own, err == nil
}

// readDeveloper reads the developer of a state directory without making one.
func readDeveloper(path string) (dev state.Developer, err error) {
	dir, err := openState(path)
	if err != nil {
		return dev, err
	}
	dev, err = dir.Developer()
	return dev, errors.Join(err, dir.Close())
}

// defaultRegion is the region that serve takes when no flag names one.
func defaultRegion(sh *shell) string {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if region := sh.getenv(name); region != "" {
			return region
		}
	}
	return "us-east-1"
}
