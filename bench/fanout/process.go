//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// started are the servers that run, by us.
var started struct {
	sync.Mutex
	all []*exec.Cmd
}

// stopAll ends the servers, and waits.
func stopAll() {
	started.Lock()
	defer started.Unlock()
	for _, c := range started.all {
		_ = c.Process.Signal(syscall.SIGINT)
	}
	for _, c := range started.all {
		timer := time.AfterFunc(10*time.Second, func() { _ = c.Process.Kill() })
		_ = c.Wait()
		timer.Stop()
	}
	started.all = nil
}

// launch starts a server, with what it says in a file. If ready is not nil it is
// called with what the server prints, line by line, until it gives true.
func (b *bench) launch(name string, cmd *exec.Cmd, ready func(line string) bool) error {
	log, err := os.Create(filepath.Join(b.cache, "fanout-"+name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	started.Lock()
	started.all = append(started.all, cmd)
	started.Unlock()
	if ready == nil {
		return nil
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if ready(lines.Text()) {
			return nil
		}
	}
	return fmt.Errorf("%s has not started, see %s", name, log.Name())
}

// tidewire starts bench/server with a template and gives its first API.
func (b *bench) tidewire(template string) (*served, int, string, error) {
	state, err := filepath.Abs(filepath.Join(b.cache, "state-fanout-"+template))
	if err != nil {
		return nil, 0, "", err
	}
	args := []string{"-state", state}
	if b.profile != "" {
		args = append(args, "-cpuprofile", b.profile)
	}
	cmd := exec.Command(b.server, append(args, filepath.Join(b.templates, template))...)
	var said struct {
		PID  int
		CA   string
		APIs []served
	}
	err = b.launch("tidewire", cmd, func(line string) bool {
		return json.Unmarshal([]byte(strings.TrimPrefix(line, "#")), &said) == nil && len(said.APIs) > 0
	})
	if err != nil {
		return nil, 0, "", err
	}
	return &said.APIs[0], said.PID, said.CA, nil
}

const howCentrifugo = `Centrifugo is not here: set CENTRIFUGO to its program, version 6.
Get it from https://github.com/centrifugal/centrifugo/releases, or build it:
  git clone https://github.com/centrifugal/centrifugo && cd centrifugo && go build -o /tmp/centrifugo .
then CENTRIFUGO=/tmp/centrifugo bench/run fanout`

func (b *bench) centrifugoTarget() (target, error) {
	if b.centrifugo == "" {
		return target{}, errors.New(howCentrifugo)
	}
	if _, err := exec.LookPath(b.centrifugo); err != nil {
		return target{}, fmt.Errorf("%w\n%s", err, howCentrifugo)
	}
	port, err := freePort()
	if err != nil {
		return target{}, err
	}
	config := filepath.Join(b.cache, "centrifugo.json")
	if err := os.WriteFile(config, []byte(centrifugoConfig(port)), 0o600); err != nil {
		return target{}, err
	}
	cmd := exec.Command(b.centrifugo, "--config", config)
	if err := b.launch("centrifugo", cmd, nil); err != nil {
		return target{}, err
	}
	at := "127.0.0.1:" + strconv.Itoa(port)
	return centrifugo(at, cmd.Process.Pid), answers(at)
}

// answers waits for a server to listen.
func answers(at string) error {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		nc, err := net.Dial("tcp", at)
		if err == nil {
			return nc.Close()
		}
		if time.Since(began) > patience {
			return err
		}
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// simulatorKey is an API key in the form of AppSync's.
const simulatorKey = "da2-bench0bench0bench0bench0be"

func (b *bench) simulatorTarget() (target, error) {
	if _, err := os.Stat(filepath.Join(b.simulator, "node_modules")); err != nil {
		return target{}, fmt.Errorf("AWS's simulator is not installed: cd %s && npm ci --ignore-scripts: %w", b.simulator, err)
	}
	cmd := exec.Command("node", "fanout.mjs")
	cmd.Dir, cmd.Env = b.simulator, append(os.Environ(), "API_KEY="+simulatorKey)
	var at string
	err := b.launch("simulator", cmd, func(line string) bool {
		at = strings.TrimPrefix(line, "export URL=")
		return at != line
	})
	if err != nil {
		return target{}, err
	}
	return graphql("simulator", at, "ws"+strings.TrimPrefix(at, "http")+"/realtime", simulatorKey, "", cmd.Process.Pid), nil
}
