package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/internal/state"
)

// templateFlags are the flags of every command that reads a template.
type templateFlags struct {
	region, account, stackName string
	parameters, resolve        []string
	imports, functions         []string
	issuers                    []string
	strict                     bool
}

func (f *templateFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.region, "region", "", "region of the stack (default $AWS_REGION, $AWS_DEFAULT_REGION, us-east-1)")
	flags.StringVar(&f.account, "account", "123456789012", "account id of the stack")
	flags.StringVar(&f.stackName, "stack-name", "", "name of the stack (default: the directory's name)")
	flags.StringArrayVar(&f.parameters, "parameter", nil, "template parameter `Name=Value` (repeatable)")
	flags.StringArrayVar(&f.resolve, "resolve", nil, "value `KEY=VALUE` of an SSM parameter or {{resolve:…}} (repeatable)")
	flags.StringArrayVar(&f.imports, "import", nil, "value `NAME=VALUE` of an Fn::ImportValue (repeatable)")
	flags.StringArrayVar(&f.functions, "function", nil, "run a function elsewhere: `Name=http://host:port` or Name=arn:aws:lambda:… (repeatable)")
	flags.StringArrayVar(&f.issuers, "issuer", nil, "where the keys of a user pool or OpenID Connect issuer are: `LogicalIdOrIssuer=URL` or =jwks.json (repeatable)")
	flags.BoolVar(&f.strict, "strict", false, "refuse a template with parts that tidewire lacks")
}

// options turns the flags into a gateway's options.
func (f *templateFlags) options(sh *shell) (*gateway.Options, error) {
	o := &gateway.Options{Account: f.account, StackName: f.stackName, Strict: f.strict, Path: sh.getenv("PATH"), Region: f.region}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if o.Region == "" {
			o.Region = sh.getenv(name)
		}
	}
	if len(f.account) != 12 || strings.Trim(f.account, "0123456789") != "" {
		return nil, usagef("an account id has twelve digits", "--account %q is no account id", f.account)
	}
	for _, p := range []struct {
		flag string
		from []string
		to   *map[string]string
	}{{"--parameter", f.parameters, &o.Parameters}, {"--resolve", f.resolve, &o.Resolve}, {"--import", f.imports, &o.Imports}, {"--function", f.functions, &o.Remote},
		{"--issuer", f.issuers, &o.Issuers}} {
		m, err := pairs(p.flag, p.from)
		if err != nil {
			return nil, err
		}
		*p.to = m
	}
	for name, to := range o.Remote {
		if err := invokable(name, to); err != nil {
			return nil, err
		}
	}
	o.AWSConfig = func(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx) }
	return o, nil
}

func invokable(name, to string) error {
	if strings.HasPrefix(to, "arn:") {
		return nil
	}
	if u, err := url.Parse(to); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return nil
	}
	return usagef("give http://host:port of a Lambda-Invoke endpoint, or arn:aws:lambda:…", "--function %s=%s leads nowhere", name, to)
}

// pairs reads repeated Name=Value flags.
func pairs(flag string, values []string) (map[string]string, error) {
	m := make(map[string]string, len(values))
	for _, v := range values {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, usagef("write "+flag+" Name=Value", "%s %q has no name and value", flag, v)
		}
		m[name] = value
	}
	return m, nil
}

// serveFlags are the flags of serve.
type serveFlags struct {
	templateFlags
	listen, state, output, logLevel     string
	plain, ordered, noLambdaPermissions bool
	noReload                            bool
	hosts, origins, proxies, limits     []string
	certificate, key                    string
	credentials, endpoints, passEnv     []string
	grace                               time.Duration
}

func (f *serveFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.templateFlags.add(flags)
	flags.StringVar(&f.listen, "listen", "127.0.0.1:4577", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&f.state, "state", ".tidewire", "state `directory`: keys, and what functions keep")
	flags.StringVar(&f.output, "output", "text", "text, or json: one object a line on stdout, the first is \"ready\"")
	flags.StringVar(&f.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.BoolVar(&f.plain, "plain", false, "answer plain connections on an address that other machines reach")
	flags.BoolVar(&f.ordered, "ordered", false, "work on one message of a connection at a time")
	flags.BoolVar(&f.noLambdaPermissions, "no-lambda-permissions", false, "invoke functions without an AWS::Lambda::Permission, and let data sources' roles do everything")
	flags.BoolVar(&f.noReload, "no-reload", false, "do not reload when the template changes")
	flags.StringArrayVar(&f.hosts, "host", nil, "serve this host `name` too (repeatable)")
	flags.StringArrayVar(&f.origins, "allow-origin", nil, "admit pages of this `origin` on loopback (repeatable)")
	flags.StringArrayVar(&f.proxies, "trusted-proxy", nil, "believe X-Forwarded-For of this `CIDR` (repeatable)")
	flags.StringArrayVar(&f.limits, "limit", nil, "a quota: `NAME=VALUE` of message, frame, url, queue, inflight, idle, life (repeatable)")
	flags.StringVar(&f.certificate, "tls-cert", "", "certificate `file` (PEM); default: the local authority's")
	flags.StringVar(&f.key, "tls-key", "", "private key `file` of --tls-cert (PEM)")
	flags.StringArrayVar(&f.credentials, "function-credentials", nil, "`[Name=]chain` gives functions your own AWS credentials (repeatable)")
	flags.StringArrayVar(&f.endpoints, "endpoint", nil, "`SERVICE=URL` for functions and data sources, such as dynamodb=http://127.0.0.1:8000 (repeatable)")
	flags.StringArrayVar(&f.passEnv, "pass-env", nil, "pass this variable of yours, `NAME`, to functions (repeatable)")
	flags.DurationVar(&f.grace, "grace", 30*time.Second, "how long an orderly end may take")
}

func (f *serveFlags) options(sh *shell) (*gateway.Options, error) {
	o, err := f.templateFlags.options(sh)
	if err != nil {
		return nil, err
	}
	if f.output != "text" && f.output != "json" {
		return nil, usagef("text or json", "--output %q is unknown", f.output)
	}
	if o.ConfigDir, err = sh.configDir(); err != nil {
		return nil, err
	}
	o.State, o.Plain, o.Ordered, o.NoLambdaPermissions, o.Watch = f.state, f.plain, f.ordered, f.noLambdaPermissions, !f.noReload
	o.Hosts, o.AllowOrigins = f.hosts, f.origins
	o.Stderr = sh.stderr
	if o.TrustedProxies, err = prefixes(f.proxies); err != nil {
		return nil, err
	}
	if o.Endpoints, err = endpoints(f.endpoints); err != nil {
		return nil, err
	}
	if o.Limits, err = limits(f.limits); err != nil {
		return nil, err
	}
	if o.Certificate, err = certificate(f.certificate, f.key); err != nil {
		return nil, err
	}
	if o.FunctionCredentials, err = functionCredentials(f.credentials); err != nil {
		return nil, err
	}
	o.Environment = map[string]string{}
	for _, name := range f.passEnv {
		o.Environment[name] = sh.getenv(name)
	}
	return o, nil
}

func prefixes(list []string) ([]netip.Prefix, error) {
	var found []netip.Prefix
	for _, text := range list {
		p, err := netip.ParsePrefix(text)
		if a, addrErr := netip.ParseAddr(text); err != nil && addrErr == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil {
			return nil, usagef("write an address or a prefix such as 10.0.0.0/8", "--trusted-proxy %q is no address and no prefix", text)
		}
		found = append(found, p.Masked())
	}
	return found, nil
}

func endpoints(list []string) (map[string]string, error) {
	m, err := pairs("--endpoint", list)
	if err != nil {
		return nil, err
	}
	for service, text := range m {
		if u, err := url.Parse(text); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			return nil, usagef("write --endpoint "+service+"=http://host:port", "--endpoint %s: %q is no http URL", service, text)
		}
	}
	return m, nil
}

// limits reads --limit NAME=VALUE.
func limits(list []string) (gateway.Limits, error) {
	var l gateway.Limits
	counts := map[string]*int{"message": &l.Message, "frame": &l.Frame, "url": &l.URL, "queue": &l.Queue, "inflight": &l.InFlight}
	times := map[string]*time.Duration{"idle": &l.Idle, "life": &l.Life}
	m, err := pairs("--limit", list)
	if err != nil {
		return l, err
	}
	for name, value := range m {
		switch {
		case counts[name] != nil:
			*counts[name], err = strconv.Atoi(value)
			if err != nil || *counts[name] <= 0 {
				return l, usagef("a positive number", "--limit %s=%q is no count", name, value)
			}
		case times[name] != nil:
			*times[name], err = time.ParseDuration(value)
			if err != nil || *times[name] <= 0 {
				return l, usagef("a duration such as 90s or 10m", "--limit %s=%q is no duration", name, value)
			}
		default:
			return l, usagef("message, frame, url, queue, inflight, idle or life", "--limit %s is unknown", name)
		}
	}
	return l, nil
}

func certificate(certFile, keyFile string) (*tls.Certificate, error) {
	if certFile == "" && keyFile == "" {
		return nil, nil
	}
	c, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, hint(fmt.Errorf("the TLS certificate: %w", err), "--tls-cert and --tls-key name PEM files that belong together")
	}
	return &c, nil
}

// functionCredentials reads --function-credentials [Name=]chain.
func functionCredentials(list []string) (map[string]aws.CredentialsProvider, error) {
	m := map[string]aws.CredentialsProvider{}
	for _, text := range list {
		name, chain, ok := strings.Cut(text, "=")
		if !ok {
			name, chain = "", text
		}
		if chain != "chain" {
			return nil, usagef("write [Name=]chain", "--function-credentials %q: only chain, your own credential chain, can be given", text)
		}
		m[name] = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
			c, err := config.LoadDefaultConfig(ctx)
			if err != nil {
				return aws.Credentials{}, err
			}
			return c.Credentials.Retrieve(ctx)
		}))
	}
	return m, nil
}

// listen opens the address, saying what to do when it is taken.
func listen(ctx context.Context, sh *shell, address string) (net.Listener, error) {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		return nil, usagef("write host:port, such as 127.0.0.1:4577", "--listen %q is no address", address)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, hint(err, whoListens(sh, address, err)+" choose another with --listen (port 0 takes a free one)")
	}
	return l, nil
}

// whoListens says why an address cannot be had.
func whoListens(sh *shell, address string, err error) string {
	if !errors.Is(err, syscall.EADDRINUSE) {
		return "another program listens there, or the address is not this machine's:"
	}
	if dir, err := sh.runDir(); err == nil {
		if own, _ := state.Find(dir, address); own != nil { // a person is waiting for the error of listen, not of this
			return fmt.Sprintf("your gateway of %s listens there (process %d): stop it, or", own.StateDir, own.PID)
		}
	}
	return "another program listens there:"
}
