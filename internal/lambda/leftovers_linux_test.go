package lambda

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// wantEnd expects that whoever holds the other end of a connection dies.
func wantEnd(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("a process lives on")
	}
}

// alive counts the processes of a session.
func alive(session string) int {
	n := 0
	e := environ{wanted: func(mark string) bool { return sessionOf(mark) == session }}
	for _, pid := range processes() {
		if e.isWanted(pid) {
			n++
		}
	}
	return n
}

func TestDaemonsEndWithTheirProcess(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		fs, _ := openFake(t, func(o *Options) { o.MaxProcesses = 2 }, f)
		ln := listen(t)
		order := string(event(t, order{Do: "daemon", Addr: ln.Addr().String()}))
		mustInvoke(t, fs, "f", order)
		first := accept1(t, ln)
		wantError(t, fs, "f", `{"do":"exit","n":3}`, "Runtime.ExitError", "exit status 3")
		if n := alive(fs.leftovers.marks.session); n != 0 {
			t.Errorf("%d processes are alive after the end of the function's", n)
		}
		wantEnd(t, first)

		mustInvoke(t, fs, "f", order)
		second := accept1(t, ln)
		if n := alive(fs.leftovers.marks.session); n != 2 {
			t.Errorf("%d processes are alive, want the function's and its daemon", n)
		}
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if n := alive(fs.leftovers.marks.session); n != 0 {
			t.Errorf("%d processes are alive after Close", n)
		}
		wantEnd(t, second)
	})
}

func TestDaemonsOfAKilledServe(t *testing.T) {
	t.Parallel()
	bothKinds(t, func(t *testing.T, f spec.Function) {
		build := t.TempDir()
		conn := killedServe(t, f, "daemon", build)
		record, err := os.ReadFile(filepath.Join(build, "sessions"))
		session := strings.TrimSpace(string(record))
		if err != nil || !isSession(session) || alive(session) == 0 {
			t.Fatalf("%q, %v: no daemon to end", record, err)
		}
		fs, _ := openFake(t, func(o *Options) { o.BuildDir = build }, f)
		wantEnd(t, conn)
		if err := fs.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if b, err := os.ReadFile(filepath.Join(build, "sessions")); err != nil || len(b) > 0 {
			t.Errorf("sessions after the end: %q, %v", b, err)
		}
	})
}

// TestLeftoversRecord opens a build directory that another uses.
func TestLeftoversRecord(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	path := filepath.Join(dir, "sessions")
	dead := strings.Repeat("ab", 16)
	if err := os.WriteFile(path, []byte("\x00garbage\n"+dead+"\n../../x\n"+strings.ToUpper(dead)+"\n"+dead+"0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	first := newLeftovers(dir, log)
	if !slices.Equal(first.old, []string{dead}) {
		t.Errorf("old sessions %q", first.old)
	}
	second := newLeftovers(dir, log)
	if second.file != nil || len(second.old) > 0 {
		t.Error("two sessions own the record")
	}
	second.endOld()
	second.close()
	if b, err := os.ReadFile(path); err != nil || string(b) != dead+"\n"+first.marks.session+"\n" {
		t.Errorf("%q, %v", b, err)
	}
	first.endOld()
	if b, err := os.ReadFile(path); err != nil || string(b) != first.marks.session+"\n" {
		t.Errorf("%q, %v", b, err)
	}
	first.close()
	third := newLeftovers(dir, log)
	defer third.close()
	if third.file == nil || len(third.old) > 0 {
		t.Errorf("after an orderly end: %q", third.old)
	}
}

// TestLeftoversRecordLink has the record be a link, which is not followed.
func TestLeftoversRecordLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := errors.Join(os.WriteFile(victim, []byte("mine"), 0o600), os.Symlink(victim, filepath.Join(dir, "sessions"))); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	l := newLeftovers(dir, slog.New(slog.NewTextHandler(&text, nil)))
	l.close()
	if b, err := os.ReadFile(victim); err != nil || string(b) != "mine" || !strings.Contains(text.String(), "level=WARN") {
		t.Errorf("%q, %v, %s", b, err, &text)
	}
}

func TestMarked(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]bool{
		"TIDEWIRE_PROCESS=m\x00":                          true,
		"A=b\x00TIDEWIRE_PROCESS=m\x00C=d\x00":            true,
		"A=b\x00TIDEWIRE_PROCESS=m":                       true,
		"TIDEWIRE_PROCESS=x\x00TIDEWIRE_PROCESS=m\x00":    true,
		"TIDEWIRE_PROCESS=mm\x00":                         false,
		"TIDEWIRE_PROCESS=\x00":                           false,
		"A=TIDEWIRE_PROCESS=m\x00":                        false,
		"XTIDEWIRE_PROCESS=m\x00":                         false,
		"":                                                false,
		"A=\nTIDEWIRE_PROCESS=m\x00TIDEWIRE_PROCESS\x00m": false,
	} {
		if got := marked([]byte(env), func(mark string) bool { return mark == "m" }); got != want {
			t.Errorf("%q: %v", env, got)
		}
	}
	s := strings.Repeat("0a", 16)
	for mark, want := range map[string]string{s + "-1": s, s: "", s + "-": "", s + "0-1": "", strings.ToUpper(s) + "-1": "", "": "", "-1": ""} {
		if got := sessionOf(mark); got != want {
			t.Errorf("%q: %q", mark, got)
		}
	}
}

func FuzzMarked(f *testing.F) {
	f.Add([]byte("A=b\x00"), []byte("C=d\x00"))
	f.Add([]byte("TIDEWIRE_PROCESS=x\x00"), []byte("TIDEWIRE_PROCESS"))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		wanted := func(mark string) bool { return mark == "wanted" }
		if len(before) > 0 {
			before = append(before, 0)
		}
		env := slices.Concat(before, []byte("TIDEWIRE_PROCESS=wanted\x00"), after)
		if !marked(env, wanted) {
			t.Errorf("%q is not found", env)
		}
		if none := slices.Concat(before, after); marked(none, wanted) && !bytes.Contains(none, []byte("TIDEWIRE_PROCESS=wanted")) {
			t.Errorf("%q is found", none)
		}
	})
}

func BenchmarkLeftovers(b *testing.B) {
	b.ReportAllocs()
	l := newLeftovers(b.TempDir(), slog.New(slog.DiscardHandler))
	defer l.close()
	for b.Loop() {
		l.end(l.next())
	}
	b.ReportMetric(float64(len(processes())), "processes")
}
