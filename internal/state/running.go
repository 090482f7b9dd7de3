package state

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tidewire/tidewire/internal/private"
)

const maxRecords = 1000 // more are not looked at

// Running is the record of one running gateway. It holds no secret: StateDir
// says where those are.
type Running struct {
	Listen   string    `json:"listen"`          // "127.0.0.1:4577"
	Hosts    []string  `json:"hosts,omitempty"` // further "host:port" that the gateway serves
	StateDir string    `json:"stateDir"`        // absolute
	PID      int       `json:"pid"`
	Region   string    `json:"region"`
	Account  string    `json:"account"`
	Started  time.Time `json:"started"`
	CA       string    `json:"ca,omitempty"` // file of the local CA's certificate
}

// Record notes a running gateway in runDir, which is made (0700) if it is
// missing. The record counts until remove is called or this process ends;
// remove may be called more than once.
func Record(runDir string, r Running) (remove func() error, err error) {
	if !r.valid() {
		return nil, fmt.Errorf("state: a record needs a listen address and an absolute state directory, not %q and %q", r.Listen, r.StateDir)
	}
	files, err := OpenPrivate(runDir)
	if err != nil {
		return nil, err
	}
	remove, err = record(files, r)
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	return remove, nil
}

// record takes the lock before the record appears, so that nobody ever sees
// a living record without it.
func record(files *Private, r Running) (func() error, error) {
	var unique [8]byte
	if _, err := rand.Read(unique[:]); err != nil {
		return nil, fmt.Errorf("state: no random numbers: %w", err)
	}
	name := fmt.Sprintf("%d-%s", os.Getpid(), hex.EncodeToString(unique[:]))
	text, err := encode(r)
	if err != nil {
		return nil, err
	}
	held, err := files.TryLock(name + ".lock")
	if err != nil {
		return nil, err
	}
	if held == nil {
		return nil, &Error{Path: files.File(name + ".lock"), Problem: "somebody else holds a lock that was just made"}
	}
	if err := files.Write(name+".json", text); err != nil {
		return nil, errors.Join(err, held.Close(), files.Remove(name+".lock"))
	}
	return sync.OnceValue(func() error {
		err := files.Remove(name + ".json")
		return errors.Join(err, held.Close(), files.Remove(name+".lock"), files.Close())
	}), nil
}

// Find gives the running gateway of this user that serves hostport
// ("127.0.0.1:4577"), or nil if there is none. "localhost" and the addresses
// of the loopback interface stand for each other where the gateway listens on
// one of them, or on all interfaces. Records that nobody holds any more are
// removed. An error means that runDir cannot be trusted.
func Find(runDir, hostport string) (*Running, error) {
	abs, err := filepath.Abs(runDir)
	if err != nil {
		return nil, &Error{Path: runDir, Problem: "cannot be made absolute", Cause: err}
	}
	files, err := private.OpenExisting(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found, err := find(files, hostport)
	return found, errors.Join(err, files.Close())
}

func find(files *Private, hostport string) (*Running, error) {
	names, err := recordNames(files)
	if err != nil {
		return nil, err
	}
	var latest *Running
	for _, name := range names {
		r, err := readRecord(files, name)
		if err != nil {
			return nil, err
		}
		if r != nil && r.serves(hostport) && (latest == nil || r.Started.After(latest.Started)) {
			latest = r
		}
	}
	return latest, nil
}

// recordNames lists the records, without their extension.
func recordNames(files *Private) ([]string, error) {
	entries, err := files.Names(4 * maxRecords)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e, ".json"); ok && len(names) < maxRecords {
			names = append(names, name)
		}
	}
	return names, nil
}

// readRecord gives a living record; nil for one that is stale, which it
// removes, and for one that was removed meanwhile or makes no sense.
func readRecord(files *Private, name string) (*Running, error) {
	text, err := files.Read(name + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	held, err := files.TryLock(name + ".lock")
	if err != nil {
		return nil, err
	}
	if held != nil { // its writer is gone
		err := files.Remove(name + ".json")
		return nil, errors.Join(err, held.Close(), files.Remove(name+".lock"))
	}
	var r Running
	if json.Unmarshal(text, &r) != nil || !r.valid() { // another version's, perhaps
		return nil, nil
	}
	return &r, nil
}

func (r *Running) valid() bool {
	_, _, err := net.SplitHostPort(r.Listen)
	return err == nil && filepath.IsAbs(r.StateDir)
}

// serves says whether hostport names this gateway.
func (r *Running) serves(hostport string) bool {
	host, port, err := net.SplitHostPort(strings.ToLower(hostport))
	if err != nil {
		return false
	}
	for _, h := range r.Hosts {
		if strings.EqualFold(h, hostport) {
			return true
		}
	}
	listenHost, listenPort, err := net.SplitHostPort(strings.ToLower(r.Listen))
	return err == nil && port == listenPort && sameHost(host, listenHost)
}

func sameHost(host, listen string) bool {
	if host == listen {
		return true
	}
	addr, err := netip.ParseAddr(listen)
	all := listen == "" || err == nil && addr.IsUnspecified()
	return loopback(host) && (all || loopback(listen))
}

// loopback is true for localhost and the two addresses it stands for; other
// addresses of 127.0.0.0/8 are hosts of their own.
func loopback(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}
