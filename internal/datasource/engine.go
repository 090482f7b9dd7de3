package datasource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/tidewire/tidewire/internal/spec"
)

// ErrNoEngine is what Open returns when no engine is installed. Its text is
// the one line that installs one.
var ErrNoEngine = errors.New("the template has tables and no DynamoDB engine is installed; " +
	"hint: npm install -g dynalite (or give --endpoint dynamodb=http://HOST:PORT)")

// startLimit is how long an engine may take until it answers.
const startLimit = 30 * time.Second

// Options are what Open needs to know.
type Options struct {
	Tables     []spec.Table
	Endpoint   string       // an engine that runs already; empty: find one and start it
	Region     string       // of the client
	Dir        string       // where a started engine keeps its data
	Path       string       // PATH to look for engines in
	RuntimeDir string       // per-user runtime folder, looked in after Path
	Log        *slog.Logger // nil discards
}

// Database is a DynamoDB engine with the stack's tables.
type Database struct {
	endpoint string
	engine   string
	client   *dynamodb.Client
	http     *http.Transport
	log      *slog.Logger
	process  *process // nil if the engine is not ours
	socket   string   // the engine's unix socket; empty: it listens on a port
}

// Open connects to the endpoint, or starts an engine, and creates the tables
// that are absent.
func Open(ctx context.Context, o Options) (*Database, error) {
	d := &Database{endpoint: strings.TrimSuffix(o.Endpoint, "/"), engine: "given endpoint", log: o.Log}
	d.http = &http.Transport{DialContext: d.dial, MaxIdleConnsPerHost: 16}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.endpoint == "" {
		if err := d.start(ctx, o); err != nil {
			return nil, err
		}
	}
	d.client = newClient(d.endpoint, o.Region, &http.Client{Transport: d.http})
	if err := d.Sync(ctx, o.Tables); err != nil {
		return nil, errors.Join(err, d.Close(ctx))
	}
	return d, nil
}

// Endpoint is the engine's URL. For an engine that listens on a socket of
// this user's the host in it means nothing: reach it through Transport.
func (d *Database) Endpoint() string { return d.endpoint }

// Transport reaches the engine.
func (d *Database) Transport() http.RoundTripper { return d.http }

// Started tells whether Open started the engine. Then it checks no signature
// and functions should be led to it through somebody who does.
func (d *Database) Started() bool { return d.process != nil }

func (d *Database) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.socket != "" {
		network, address = "unix", d.socket
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}

// Engine names what runs the tables: "dynalite", "DynamoDB Local",
// "dynoxide", or "given endpoint".
func (d *Database) Engine() string { return d.engine }

// Close ends an engine that Open started.
func (d *Database) Close(ctx context.Context) error {
	d.http.CloseIdleConnections()
	if d.process == nil {
		return nil
	}
	err := d.process.stop(ctx)
	if d.socket != "" {
		err = errors.Join(err, os.RemoveAll(filepath.Dir(d.socket)))
	}
	return err
}

// engine is a program that speaks DynamoDB.
type engine struct {
	name    string
	program string   // found executable
	args    []string // before the port's and the directory's
	listen  func(port int, dir string) []string
	// onSocket are the arguments for a unix socket, where the engine can: no
	// page and no other user reaches it there. Nil: it cannot.
	onSocket func(path, dir string) []string
}

// engines are the ones we know, in order of preference.
func engines() []engine {
	local := func(port int, dir string) []string {
		return []string{"-port", strconv.Itoa(port), "-dbPath", dir, "-sharedDb", "-disableTelemetry", "-cors", "none.invalid"}
	}
	dynalite := func(dir string, where ...string) []string {
		return append(where, "--path", dir, "--createTableMs", "0", "--deleteTableMs", "0", "--updateTableMs", "0")
	}
	return []engine{
		{name: "dynalite",
			listen: func(port int, dir string) []string {
				return dynalite(dir, "--host", "127.0.0.1", "--port", strconv.Itoa(port))
			},
			onSocket: func(path, dir string) []string { return dynalite(dir, "--port", path) }},
		{name: "dynoxide", listen: func(port int, dir string) []string {
			return []string{"--port", strconv.Itoa(port), "--db-path", filepath.Join(dir, "dynoxide.db")}
		}},
		{name: "dynamodb-local", listen: local},
	}
}

// find looks for an engine in PATH, then in the runtime folder.
func find(o Options) (engine, bool) {
	dirs := append(filepath.SplitList(o.Path), filepath.Join(o.RuntimeDir, "nodejs", "node_modules", ".bin"))
	for _, e := range engines() {
		for _, dir := range dirs {
			if p, ok := executable(dir, e.name); ok {
				e.program = p
				return e, true
			}
		}
	}
	return dynamoDBLocalJar(o, dirs)
}

// dynamoDBLocalJar is AWS's own download, unpacked in the runtime folder.
func dynamoDBLocalJar(o Options, dirs []string) (engine, bool) {
	jar := filepath.Join(o.RuntimeDir, "dynamodb-local", "DynamoDBLocal.jar")
	if _, err := os.Stat(jar); err != nil {
		return engine{}, false
	}
	for _, dir := range dirs {
		if java, ok := executable(dir, "java"); ok {
			e := engines()[2]
			e.name, e.program = "DynamoDB Local", java
			e.args = []string{"-Djava.library.path=" + filepath.Join(filepath.Dir(jar), "DynamoDBLocal_lib"), "-jar", jar}
			return e, true
		}
	}
	return engine{}, false
}

func executable(dir, name string) (string, bool) {
	if dir == "" {
		return "", false
	}
	p, err := exec.LookPath(filepath.Join(dir, name))
	if err != nil {
		return "", false
	}
	abs, err := filepath.Abs(p)
	return abs, err == nil
}

func (d *Database) start(ctx context.Context, o Options) error {
	e, ok := find(o)
	if !ok {
		return ErrNoEngine
	}
	dir, err := filepath.Abs(filepath.Join(o.Dir, e.name))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("data of %s: %w", e.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if e.onSocket != nil && runtime.GOOS != "windows" {
		return d.startOnSocket(ctx, o, e, dir)
	}
	var failed error
	for range 3 { // the free port may be taken by somebody else meanwhile
		port, err := freePort()
		if err != nil {
			return err
		}
		d.endpoint = "http://127.0.0.1:" + strconv.Itoa(port)
		if failed = d.launch(ctx, o, e, e.listen(port, dir)); failed == nil {
			d.log.Warn("the DynamoDB engine checks nobody and answers everybody who reaches its port", "engine", e.name, "endpoint", d.endpoint)
			return nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// startOnSocket starts an engine on a unix socket in a directory of this
// user's. The path must be short (about 100 bytes), so it is a temporary one.
func (d *Database) startOnSocket(ctx context.Context, o Options, e engine, dir string) error {
	private, err := os.MkdirTemp("", "tidewire-")
	if err != nil {
		return fmt.Errorf("socket of %s: %w", e.name, err)
	}
	d.socket, d.endpoint = filepath.Join(private, "dynamodb"), "http://dynamodb.internal"
	if err := d.launch(ctx, o, e, e.onSocket(d.socket, dir)); err != nil {
		return errors.Join(err, os.RemoveAll(private))
	}
	return nil
}

// launch starts the engine and waits until it answers.
func (d *Database) launch(ctx context.Context, o Options, e engine, args []string) error {
	p, err := startProcess(e, args, o.Path)
	if err != nil {
		return fmt.Errorf("%s (%s): %w", e.name, e.program, err)
	}
	if err := p.answers(ctx, d.endpoint, d.http); err != nil {
		return errors.Join(fmt.Errorf("%s does not answer: %w\n%s", e.name, err, p.output.String()), p.stop(ctx))
	}
	d.engine, d.process = e.name, p
	return nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// process is a started engine.
type process struct {
	cmd    *exec.Cmd
	output *tail
	done   chan struct{} // closed when it has ended
	err    error         // of Wait; read after done
}

func startProcess(e engine, args []string, path string) (*process, error) {
	cmd := exec.Command(e.program, append(e.args, args...)...)
	cmd.Env = []string{"PATH=" + path, "HOME=" + os.TempDir()}
	p := &process{cmd: cmd, output: &tail{}, done: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	started := make(chan error)
	go p.run(started) // stop waits for it
	return p, <-started
}

// answers waits until the engine speaks HTTP at endpoint.
func (p *process) answers(ctx context.Context, endpoint string, transport *http.Transport) error {
	client := &http.Client{Timeout: time.Second, Transport: transport}
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	for {
		res, err := client.Get(endpoint)
		if err == nil {
			return res.Body.Close()
		}
		select {
		case <-tick.C:
		case <-p.done:
			return fmt.Errorf("it ended: %w", p.err)
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		}
	}
}

// stop asks the engine to end, then makes it.
func (p *process) stop(ctx context.Context) error {
	interrupt(p.cmd)
	grace := time.NewTimer(2 * time.Second)
	defer grace.Stop()
	select {
	case <-p.done:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}
	kill(p.cmd)
	<-p.done
	return nil
}

// tail keeps the last of what an engine prints, for an error message.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b...)
	if over := len(t.buf) - 4<<10; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.buf))
}
