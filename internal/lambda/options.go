package lambda

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/spec"
)

// Limits of Lambda (developer guide, "Lambda quotas").
const (
	maxPayload      = 6 << 20     // bytes of a synchronous request
	maxReply        = 6<<20 + 100 // bytes of a response, as Lambda states it in its error
	initLimit       = 10 * time.Second
	defaultTimeout  = 3 * time.Second
	maxWaiting      = 10_000 // callers that wait for a process of one function
	patience        = 25 * time.Millisecond
	coldPatience    = 200 * time.Millisecond
	stopGrace       = 2 * time.Second
	defaultIdle     = 5 * time.Minute
	defaultMax      = 10
	expiryMargin    = time.Minute
	maxWait         = 15 * time.Minute // for callers without a deadline
	maxUnpackedSize = 250 << 20        // bytes of an unpacked deployment package
)

// Closure is a function written in Go, for tests.
type Closure = func(ctx context.Context, payload []byte) ([]byte, error)

// Remote is where a function runs that does not run here. Exactly one of URL
// and ARN is set.
type Remote struct {
	// URL is a Lambda Invoke endpoint such as http://127.0.0.1:3001: the
	// runtime interface emulator, or sam local start-lambda. A path that holds
	// /functions/ is used as it is.
	URL string
	// ARN is a function in AWS, called through the SDK with
	// Options.RemoteConfig.
	ARN string
}

// Options say what to run and how. BuildDir is required when any function runs
// here; the rest has useful zero values.
//
// A child's environment is, later ones winning: PATH, TMPDIR, LANG, TZ, HOME
// (an empty directory) and AWS settings that keep every credential source of
// this machine away; PassEnv; Env; the template's variables; Lambda's reserved
// variables (developer guide, "Defined runtime environment variables") with
// the temporary credentials of the function's role, and TIDEWIRE_PROCESS.
//
// Some of the template's variables do not count, each with a warning in Log:
// those that lead an SDK to other credentials, and, when Env sets
// AWS_ENDPOINT_URL, which means that the credentials are good on this machine
// only, those that would send them to AWS: AWS_ENDPOINT_URL_<SERVICE> with a host
// of AWS, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, and whatever Env sets of the
// endpoints and CA bundles that lead to the gateway.
type Options struct {
	Functions       []spec.Function
	Region, Account string
	// Credentials gives the temporary credentials of a function's role when a
	// process starts. A process is replaced before its credentials expire.
	// Nil: none.
	Credentials func(ctx context.Context, f *spec.Function) (aws.Credentials, error)
	// Env gives further variables (endpoints, CA bundle). Nil: none.
	Env func(f *spec.Function) map[string]string
	// Path is the search path for interpreters and for the children.
	Path string
	// TempDir becomes TMPDIR; default BuildDir/tmp.
	TempDir string
	// PassEnv are variables of the person's own environment, by name.
	PassEnv map[string]string
	// Remote and Local replace functions by name (or logical id).
	Remote map[string]Remote
	Local  map[string]Closure
	// RemoteConfig gives the AWS configuration for Remote.ARN.
	RemoteConfig func(ctx context.Context) (aws.Config, error)
	// BuildDir keeps builds, unpacked zips and bootstraps from one start to the
	// next, and the empty HOME; made 0700. One Functions at a time uses it.
	BuildDir string
	// RuntimeDir holds {nodejs/node_modules,python} of RuntimeInstall.
	RuntimeDir string
	// MaxProcesses bounds the processes of one function; default 10.
	MaxProcesses int
	// IdleAfter ends a process that had nothing to do; default 5 minutes.
	IdleAfter time.Duration
	// Stderr gets the functions' logs, each line prefixed by function and
	// request id. Nil: dropped. A writer that blocks loses lines, counted.
	Stderr io.Writer
	// Log gets what happens to processes and builds. Nil: dropped.
	Log *slog.Logger

	// overHTTP makes the bootstraps speak the Runtime API.
	overHTTP bool
	// initLimit is how long initialisation may take at first; default 10 s.
	initLimit time.Duration
}

// withDefaults is a copy of o with every default filled in.
func (o Options) withDefaults() Options {
	if o.MaxProcesses <= 0 {
		o.MaxProcesses = defaultMax
	}
	if o.IdleAfter <= 0 {
		o.IdleAfter = defaultIdle
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.TempDir == "" && o.BuildDir != "" {
		o.TempDir = filepath.Join(o.BuildDir, "tmp")
	}
	if o.initLimit <= 0 {
		o.initLimit = initLimit
	}
	o.overHTTP = o.overHTTP || runtime.GOOS == "windows"
	return o
}

// absolute makes the directories absolute: children run elsewhere.
func (o *Options) absolute() error {
	for _, dir := range []*string{&o.BuildDir, &o.RuntimeDir, &o.TempDir} {
		if *dir == "" {
			continue
		}
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return err
		}
		*dir = abs
	}
	return nil
}

// closure finds the Go closure that stands in for f.
func (o *Options) closure(f *spec.Function) Closure {
	if c := o.Local[f.Name]; c != nil {
		return c
	}
	return o.Local[f.LogicalID]
}

// remote finds the remote that stands in for f.
func (o *Options) remote(f *spec.Function) (Remote, bool) {
	if r, ok := o.Remote[f.Name]; ok {
		return r, true
	}
	r, ok := o.Remote[f.LogicalID]
	return r, ok
}

// isDir says whether path is a directory.
func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// isFile says whether path is a regular file.
func isFile(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular()
}
