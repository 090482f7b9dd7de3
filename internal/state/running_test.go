package state_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/state"
)

func running(listen string, hosts ...string) state.Running {
	dir, _ := filepath.Abs("/state") // cannot fail: the path is absolute or the test runs somewhere
	return state.Running{Listen: listen, Hosts: hosts, StateDir: dir, PID: 1, Region: "eu-west-1",
		Account: "123456789012", Started: time.Unix(1700000000, 0).UTC(), CA: "/ca.pem"}
}

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, listen string
		hosts        []string
		ask          string
		found        bool
	}{
		{"same", "127.0.0.1:4577", nil, "127.0.0.1:4577", true},
		{"localhost", "127.0.0.1:4577", nil, "localhost:4577", true},
		{"capitals", "127.0.0.1:4577", nil, "LocalHost:4577", true},
		{"v6", "[::1]:4577", nil, "localhost:4577", true},
		{"everywhere", "0.0.0.0:4577", nil, "127.0.0.1:4577", true},
		{"everywhere v6", "[::]:4577", nil, "[::1]:4577", true},
		{"no host", ":4577", nil, "localhost:4577", true},
		{"custom domain", "127.0.0.1:4577", []string{"chat.example.com:4577"}, "Chat.example.com:4577", true},
		{"other port", "127.0.0.1:4577", nil, "127.0.0.1:4578", false},
		{"other address", "127.0.0.1:4577", nil, "127.0.0.2:4577", false},
		{"foreign host", "0.0.0.0:4577", nil, "example.com:4577", false},
		{"suffix trick", "127.0.0.1:4577", nil, "localhost.example.com:4577", false},
		{"no port", "127.0.0.1:4577", nil, "127.0.0.1", false},
		{"AWS", "127.0.0.1:443", nil, "abc.execute-api.us-east-1.amazonaws.com:443", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "run")
			want := running(tt.listen, tt.hosts...)
			remove, err := state.Record(dir, want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := state.Find(dir, tt.ask)
			if err != nil || (got != nil) != tt.found {
				t.Fatalf("Find = %v, %v, want found %v", got, err, tt.found)
			}
			if tt.found && !cmp.Equal(want, *got) {
				t.Error(cmp.Diff(want, *got))
			}
			if err := errors.Join(remove(), remove()); err != nil {
				t.Fatal(err)
			}
			if got, err := state.Find(dir, tt.ask); got != nil || err != nil {
				t.Errorf("after remove: %v, %v", got, err)
			}
		})
	}
}

func TestFindNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "none")
	if r, err := state.Find(dir, "127.0.0.1:4577"); r != nil || err != nil {
		t.Errorf("no directory: %v, %v", r, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Error("Find made the directory")
	}
}

func TestFindRemovesStaleRecords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mkdir(t, dir, 0o700)
	write(t, filepath.Join(dir, "7-00.json"), `{"listen":"127.0.0.1:4577","stateDir":"/state","pid":7}`, 0o600)
	write(t, filepath.Join(dir, "7-00.lock"), "", 0o600)
	write(t, filepath.Join(dir, "8-00.json"), `{"listen":"127.0.0.1:4577","stateDir":"/state","pid":8}`, 0o600) // no lock file at all
	if r, err := state.Find(dir, "127.0.0.1:4577"); r != nil || err != nil {
		t.Errorf("Find = %v, %v", r, err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 0 {
		t.Errorf("left over: %q, %v", left, err)
	}
}

// TestRecordDiesWithProcess runs this test binary as the process that records
// and is then killed.
func TestRecordDiesWithProcess(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv("STATE_TEST_RECORD"); dir != "" {
		if _, err := state.Record(dir, running("127.0.0.1:4577")); err != nil {
			t.Fatal(err)
		}
		_, _ = os.Stdout.WriteString("recorded\n")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
		return
	}
	dir := filepath.Join(t.TempDir(), "run")
	cmd := exec.Command(os.Args[0], "-test.run=^TestRecordDiesWithProcess$")
	cmd.Env = append(os.Environ(), "STATE_TEST_RECORD="+dir)
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 9)
	if _, err := out.Read(line); err != nil || string(line) != "recorded\n" {
		t.Errorf("the process said %q, %v", line, err)
	}
	if r, err := state.Find(dir, "localhost:4577"); r == nil || err != nil {
		t.Errorf("while it lives: %v, %v", r, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // it was killed, and says so
	_ = in.Close()
	if r, err := state.Find(dir, "localhost:4577"); r != nil || err != nil {
		t.Errorf("after it was killed: %v, %v", r, err)
	}
}

func TestRunDirIsChecked(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("owner and mode are not checked on Windows")
	}
	dir := filepath.Join(t.TempDir(), "run")
	mkdir(t, dir, 0o777)
	if _, err := state.Find(dir, "127.0.0.1:4577"); err == nil || !strings.Contains(err.Error(), "mode 0777") {
		t.Errorf("Find in a directory open to all: %v", err)
	}
	if _, err := state.Record(dir, running("127.0.0.1:4577")); err == nil {
		t.Error("Record in a directory open to all succeeded")
	}
	mkdir(t, dir, 0o700)
	write(t, filepath.Join(dir, "9-00.json"), `{}`, 0o600)
	giveAway(t, filepath.Join(dir, "9-00.json"))
	if r, err := state.Find(dir, "127.0.0.1:4577"); r != nil || err == nil {
		t.Errorf("a planted record: %v, %v", r, err)
	}
}

func TestRecordRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, r := range []state.Running{{}, {Listen: "127.0.0.1:1", StateDir: "relative"}, {Listen: "127.0.0.1", StateDir: "/s"}} {
		if _, err := state.Record(filepath.Join(t.TempDir(), "run"), r); err == nil {
			t.Errorf("Record(%+v) succeeded", r)
		}
	}
}
