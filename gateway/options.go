package gateway

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Options configure a Gateway. The zero value, and nil, work. Open copies
// them; the caller's copy is untouched.
type Options struct {
	// The stack. Defaults: us-east-1, 123456789012, the directory's name.
	Region, Account, StackName string
	Parameters                 map[string]string // template parameters
	Resolve                    map[string]string // values of {{resolve:…}} and SSM parameters
	Imports                    map[string]string // values of Fn::ImportValue

	// Addr is the address clients use, "host:port"; the default is
	// 127.0.0.1:4577. Serve replaces an unset port by the listener's.
	Addr string
	// State is the state directory; default ".tidewire".
	State string
	// ConfigDir is the user's directory for the local certificate authority
	// and the runtime folders of functions; default State.
	ConfigDir string

	Strict              bool // refuse a template with parts that tidewire lacks
	Plain               bool // plain connections off loopback
	Ordered             bool // one message of a connection at a time
	NoLambdaPermissions bool // do not ask for AWS::Lambda::Permission
	Watch               bool // reload when the template's files change, or what its code imports

	Hosts          []string       // more host names to serve
	AllowOrigins   []string       // more origins to admit on loopback; "*" for all
	TrustedProxies []netip.Prefix // peers whose X-Forwarded-For counts
	Certificate    *tls.Certificate
	Limits         Limits

	// Functions replaces functions, by logical id or name, with Go code.
	Functions map[string]func(ctx context.Context, payload []byte) ([]byte, error)
	// Remote runs functions elsewhere, by logical id or name: the URL of a
	// Lambda-Invoke endpoint, or the ARN of a function in AWS.
	Remote map[string]string
	// AWSConfig gives the configuration for functions in AWS; asked only
	// when Remote holds an ARN.
	AWSConfig func(ctx context.Context) (aws.Config, error)
	// Endpoints are service endpoints for functions, by service ("dynamodb").
	Endpoints map[string]string
	// Issuers say where the keys of an issuer of tokens are: by the logical id
	// or the id of a user pool, or by an issuer, the URL of an issuer or the
	// path of a file with a JSON Web Key Set. Tokens of others are refused.
	Issuers map[string]string
	// FunctionCredentials gives functions the developer's own AWS
	// credentials, by logical id or name; "" stands for every function.
	FunctionCredentials map[string]aws.CredentialsProvider
	// Environment is passed to functions (--pass-env).
	Environment map[string]string
	// Path is where interpreters are looked for (PATH).
	Path string
	// TempDir is the functions' TMPDIR; default os.TempDir.
	TempDir string
	// NoDatabase keeps Open from starting a DynamoDB engine that it finds.
	NoDatabase bool

	Log    *slog.Logger // default: discard
	Stderr io.Writer    // the functions' output, and why signatures were refused; default: discard
	Now    func() time.Time
}

// Limits bound a connection. Zero means AWS's quota (API Gateway developer
// guide, "Amazon API Gateway quotas"), which stands behind each.
type Limits struct {
	Message  int           // bytes of a message; 131,072
	Frame    int           // bytes of a frame; 32,768
	URL      int           // bytes of the handshake's URL; 4,096
	Queue    int           // bytes waiting for a slow client; 512 KiB
	InFlight int           // messages of one connection being worked on; 10
	Idle     time.Duration // 10 minutes
	Life     time.Duration // 2 hours
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	setDefault(&c.Addr, "127.0.0.1:4577")
	setDefault(&c.State, ".tidewire")
	setDefault(&c.ConfigDir, c.State)
	setDefault(&c.Region, "us-east-1")
	setDefault(&c.Account, "123456789012")
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Stderr == nil {
		c.Stderr = io.Discard
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
