package gateway

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/internal/lambda"
	"github.com/tidewire/tidewire/internal/spec"
)

// sessionLife is how long a function's credentials hold; processes are
// renewed before.
const sessionLife = 6 * time.Hour

func (g *Gateway) lambdaOptions(s *spec.Spec) lambda.Options {
	o := lambda.Options{
		Functions: g.allFunctions(s), Region: s.Region, Account: s.Account,
		Credentials: g.credentials, Env: g.environment,
		Path: g.o.Path, TempDir: g.o.TempDir, PassEnv: g.o.Environment,
		Local: map[string]func(context.Context, []byte) ([]byte, error){}, Remote: map[string]lambda.Remote{},
		BuildDir: filepath.Join(g.dir.Path(), "build"), RuntimeDir: g.runtimeDir(),
		RemoteConfig: g.o.AWSConfig, Stderr: g.o.Stderr, Log: g.o.Log,
	}
	for name, f := range g.o.Functions {
		o.Local[name] = f
	}
	for name, to := range g.o.Remote {
		o.Remote[name] = remote(to)
	}
	return o
}

// remote reads the value of --function: an ARN in AWS, or an endpoint's URL.
func remote(to string) lambda.Remote {
	if strings.HasPrefix(to, "arn:") {
		return lambda.Remote{ARN: to}
	}
	return lambda.Remote{URL: to}
}

// allFunctions are the template's functions and those that run elsewhere and
// that only an integration names.
func (g *Gateway) allFunctions(s *spec.Spec) []spec.Function {
	all := s.Functions
	for name := range g.o.Remote {
		if !slices.ContainsFunc(all, func(f spec.Function) bool { return f.Name == name || f.LogicalID == name }) {
			all = append(all[:len(all):len(all)], spec.Function{LogicalID: name, Name: name})
		}
	}
	return all
}

// remoteByARN finds a function that runs elsewhere by the ARN that an
// integration gives.
func (g *Gateway) remoteByARN(arn string) (string, bool) {
	arn = spec.UnqualifiedFunctionARN(arn)
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	_, ok := g.o.Remote[name]
	return name, ok
}

var errNoFunction = errors.New("no function has this ARN here")

// invokeByARN runs a function that a data source or an authorizer names.
func (g *Gateway) invokeByARN(ctx context.Context, arn string, payload []byte) ([]byte, error) {
	if name, ok := g.remoteByARN(arn); ok {
		return g.functions.Invoke(ctx, name, payload)
	}
	if f := g.Spec().FunctionByARN(arn); f != nil {
		return g.functions.Invoke(ctx, f.Name, payload)
	}
	return nil, fmt.Errorf("%s: %w: give --function NAME=URL or ARN", arn, errNoFunction)
}

// credentials gives a function temporary credentials of its own role, or the
// developer's own AWS credentials where the operator asked for that.
func (g *Gateway) credentials(ctx context.Context, f *spec.Function) (aws.Credentials, error) {
	if chain := g.chain(f); chain != nil {
		c, err := chain.Retrieve(ctx)
		if err == nil {
			g.foreign.admit(c)
		}
		return c, err
	}
	return g.auth.AssumeRole(f.RoleARN, f.Name, sessionLife, nil)
}

func (g *Gateway) chain(f *spec.Function) aws.CredentialsProvider {
	if p, ok := option(g.o.FunctionCredentials, f); ok {
		return p
	}
	return g.o.FunctionCredentials[""]
}

// environment is what a function finds besides Lambda's own variables: where
// the gateway and the other services are, and whom to trust.
func (g *Gateway) environment(f *spec.Function) map[string]string {
	env := map[string]string{
		"AWS_CA_BUNDLE": g.bundle, "NODE_EXTRA_CA_CERTS": g.bundle, "SSL_CERT_FILE": g.bundle, "REQUESTS_CA_BUNDLE": g.bundle,
		"AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": g.managementEndpoint(f),
	}
	if g.chain(f) == nil {
		env["AWS_ENDPOINT_URL"] = "https://" + g.clientAddr()
	}
	if d := g.database.Load(); d != nil && g.chain(f) == nil {
		env[endpointVariable("dynamodb")] = g.databaseEndpoint(d)
	}
	for service, url := range g.o.Endpoints {
		env[endpointVariable(service)] = url
	}
	return env
}

// databaseEndpoint is where functions find DynamoDB: the gateway itself,
// which checks signatures, in front of an engine that it started.
func (g *Gateway) databaseEndpoint(d *datasource.Database) string {
	if d.Started() {
		return "https://" + g.clientAddr()
	}
	return d.Endpoint()
}

// clientAddr is an address that a process on this machine reaches the
// gateway at.
func (g *Gateway) clientAddr() string {
	host, port := hostOnly(g.Addr()), portOf(g.Addr())
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "127.0.0.1"
	}
	return join(host, port)
}

// managementEndpoint is the @connections endpoint of the API that runs f; of
// the first, if several do.
func (g *Gateway) managementEndpoint(f *spec.Function) string {
	s := g.Spec()
	for i := range s.WebSocketAPIs {
		a := &s.WebSocketAPIs[i]
		for _, in := range a.Integrations {
			if spec.UnqualifiedFunctionARN(in.FunctionARN) == f.ARN && len(a.Stages) > 0 {
				return "https://" + g.apiAddr(a) + "/" + a.Stages[0].Name
			}
		}
	}
	if len(s.WebSocketAPIs) > 0 && len(s.WebSocketAPIs[0].Stages) > 0 {
		a := &s.WebSocketAPIs[0]
		return "https://" + g.apiAddr(a) + "/" + a.Stages[0].Name
	}
	return "https://" + g.clientAddr()
}

// apiAddr is where an API's stages answer: the address, with the API's id
// when there are several.
func (g *Gateway) apiAddr(a *spec.WebSocketAPI) string {
	if len(g.Spec().WebSocketAPIs) > 1 {
		return g.clientAddr() + "/" + a.ID
	}
	return g.clientAddr()
}

// serviceIDs are the services whose name in AWS_ENDPOINT_URL_<SERVICE> is not
// the name people know them by (AWS SDKs and tools reference guide,
// "Service-specific endpoints").
var serviceIDs = map[string]string{
	"cognito-idp": "COGNITO_IDENTITY_PROVIDER", "events": "EVENTBRIDGE", "states": "SFN", "stepfunctions": "SFN",
	"logs": "CLOUDWATCH_LOGS", "monitoring": "CLOUDWATCH", "secretsmanager": "SECRETS_MANAGER",
	"execute-api": "APIGATEWAYMANAGEMENTAPI", "es": "OPENSEARCH", "email": "SES", "streams.dynamodb": "DYNAMODB_STREAMS",
}

func endpointVariable(service string) string {
	id, ok := serviceIDs[strings.ToLower(service)]
	if !ok {
		id = strings.ToUpper(strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(service))
	}
	return "AWS_ENDPOINT_URL_" + id
}

// foreignKeys are AWS credentials that functions were given. On this gateway
// they are admitted for execute-api:ManageConnections only; they live in
// memory and are never stored. Safe for concurrent use.
type foreignKeys struct {
	mu   sync.Mutex
	keys map[string]aws.Credentials // by access key id
}

// maxForeign bounds the keys kept; rotation adds some over a day.
const maxForeign = 64

func (k *foreignKeys) admit(c aws.Credentials) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil || len(k.keys) >= maxForeign {
		k.keys = map[string]aws.Credentials{}
	}
	k.keys[c.AccessKeyID] = c
}

func (k *foreignKeys) lookup(accessKeyID string) (aws.Credentials, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.keys[accessKeyID]
	return c, ok
}
