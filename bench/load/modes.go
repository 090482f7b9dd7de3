package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/sigv4"
)

// idle opens n sockets and says how the server's memory grew.
func idle(ctx context.Context, o *options) (map[string]any, error) {
	s := signer()
	warm, err := connect(ctx, s, o, 512) // code and pools that the first connection brings in
	if err != nil {
		return nil, err
	}
	if err := warm.Close(); err != nil {
		return nil, err
	}
	before, err := resident(o.pid, false)
	if err != nil {
		return nil, err
	}
	sockets := make([]*socket, 0, o.n)
	began := time.Now()
	for range o.n {
		c, err := connect(ctx, s, o, 512)
		if err != nil {
			return nil, fmt.Errorf("socket %d: %w", len(sockets), err)
		}
		sockets = append(sockets, c)
	}
	took := time.Since(began)
	after, err := resident(o.pid, false)
	if err != nil {
		return nil, err
	}
	settled, err := resident(o.pid, true)
	if err != nil {
		return nil, err
	}
	for _, c := range sockets {
		_ = c.Close()
	}
	per := func(kb int) float64 { return float64(kb-before) / float64(o.n) }
	return map[string]any{"sockets": o.n, "rssBeforeKB": before, "kbPerSocket": per(after), "kbPerSocketSettled": per(settled),
		"handshakesPerSecond": float64(o.n) / took.Seconds()}, nil
}

// resident is a process's resident memory in KB; collected, after SIGUSR1
// made the bench server collect its garbage and give memory back.
func resident(pid int, collected bool) (int, error) {
	if collected {
		if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
			return 0, err
		}
		time.Sleep(2 * time.Second)
	}
	return status(pid, "VmRSS:")
}

func status(pid int, field string) (int, error) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
		}
	}
	return 0, fmt.Errorf("no %s of process %d", field, pid)
}

// cpu is a process's used processor time.
func cpu(pid int) time.Duration {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// worker does one exchange and says how long it took.
type worker func() error

// closedLoop runs each worker again and again for d, after a tenth of that to
// warm up, and gives rate and quantiles. A worker that fails ends, and counts.
func closedLoop(o *options, workers []worker) map[string]any {
	var mu sync.Mutex
	var all []time.Duration
	failed := 0
	var last error
	warm, end := time.Now().Add(o.d/10), time.Now().Add(o.d/10+o.d)
	began := cpu(o.pid)
	var group sync.WaitGroup
	for _, w := range workers {
		group.Go(func() {
			var mine []time.Duration
			for {
				at := time.Now()
				if at.After(end) {
					break
				}
				if err := w(); err != nil {
					mu.Lock()
					failed++
					last = err
					mu.Unlock()
					break
				}
				if at.After(warm) {
					mine = append(mine, time.Since(at))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
		})
	}
	group.Wait()
	used := cpu(o.pid) - began
	slices.Sort(all)
	q := func(p float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return float64(all[int(p*float64(len(all)-1))].Microseconds())
	}
	r := map[string]any{"clients": len(workers), "perSecond": float64(len(all)) / o.d.Seconds(), "p50us": q(0.5), "p99us": q(0.99), "lost": failed}
	if o.pid > 0 && len(all) > 0 {
		r["serverCPUus"] = float64(used.Microseconds()) / float64(len(all)) / 1.1
	}
	if last != nil {
		r["error"] = last.Error()
	}
	return r
}

// roundtrip sends a message on each of c sockets and waits for the answer.
func roundtrip(ctx context.Context, o *options) (map[string]any, error) {
	expect := o.expect
	if expect == "" {
		expect = o.message
	}
	var workers []worker
	for range o.c {
		c, err := connect(ctx, signer(), o, 4096)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		buffer := make([]byte, 0, 4096)
		workers = append(workers, func() error {
			if err := c.SetDeadline(time.Now().Add(4 * time.Second)); err != nil {
				return err
			}
			if err := c.send([]byte(o.message)); err != nil {
				return err
			}
			got, err := c.receive(buffer)
			if err != nil {
				return err
			}
			if string(got) != expect {
				return fmt.Errorf("%q came back", got)
			}
			return nil
		})
	}
	return closedLoop(o, workers), nil
}

// post opens one socket, learns its id, and posts to it from c clients. The
// requests are signed beforehand.
func post(ctx context.Context, o *options) (map[string]any, error) {
	c, err := connect(ctx, signer(), o, 64<<10)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	id, err := connectionID(c)
	if err != nil {
		return nil, err
	}
	drained := make(chan int)
	go func() {
		n, buffer := 0, make([]byte, 0, 4096)
		for {
			if _, err := c.receive(buffer); err != nil {
				drained <- n
				return
			}
			n++
		}
	}()
	var workers []worker
	for range o.c {
		w, err := poster(ctx, o, id)
		if err != nil {
			return nil, err
		}
		workers = append(workers, w)
	}
	r := closedLoop(o, workers)
	time.Sleep(200 * time.Millisecond)
	_ = c.Close()
	r["received"] = <-drained
	return r, nil
}

// connectionID asks the function for it: the id is in the error frame that an
// unknown route answers, and in {"connectionId":…} of the benchmark's function.
func connectionID(c *socket) (string, error) {
	if err := c.send([]byte(`{"message":"id"}`)); err != nil {
		return "", err
	}
	got, err := c.receive(nil)
	if err != nil {
		return "", err
	}
	var frame struct {
		ConnectionID string `json:"connectionId"`
	}
	if err := json.Unmarshal(got, &frame); err != nil || frame.ConnectionID == "" {
		return "", fmt.Errorf("no connectionId in %q", got)
	}
	return frame.ConnectionID, nil
}

// poster posts the same signed request again and again over one connection.
// The request's bytes are made beforehand, so that the client costs little.
func poster(ctx context.Context, o *options, id string) (worker, error) {
	target := o.endpoint + "/@connections/" + strings.ReplaceAll(id, "=", "%3D")
	body := []byte(o.message)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if !o.unsigned {
		if err := signer().Sign(ctx, r, sigv4.HashPayload(body)); err != nil {
			return nil, err
		}
	}
	var request bytes.Buffer
	if err := r.Write(&request); err != nil {
		return nil, err
	}
	nc, err := dial(ctx, r.URL, o.ca)
	if err != nil {
		return nil, err
	}
	answers := textproto.NewReader(bufio.NewReader(nc))
	return func() error {
		if err := nc.SetDeadline(time.Now().Add(4 * time.Second)); err != nil {
			return err
		}
		if _, err := nc.Write(request.Bytes()); err != nil {
			return err
		}
		return accepted(answers)
	}, nil
}

// accepted reads one answer without a body and wants a 2xx.
func accepted(answers *textproto.Reader) error {
	status, err := answers.ReadLine()
	if err != nil {
		return err
	}
	for {
		line, err := answers.ReadLineBytes()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			break
		}
	}
	if !strings.HasPrefix(status, "HTTP/1.1 2") {
		return errors.New(status)
	}
	return nil
}

// ready starts a command and says when the first handshake succeeds.
func ready(ctx context.Context, o *options) (map[string]any, error) {
	if len(o.args) == 0 {
		return nil, errors.New("ready needs -- COMMAND")
	}
	cmd := exec.CommandContext(ctx, o.args[0], o.args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	for {
		c, err := connect(ctx, signer(), o, 512)
		if err == nil {
			took := time.Since(began)
			kb, err := status(cmd.Process.Pid, "VmRSS:")
			if err != nil {
				return nil, err
			}
			return map[string]any{"ms": float64(took.Microseconds()) / 1000, "residentKB": kb}, c.Close()
		}
		if ctx.Err() != nil || time.Since(began) > 30*time.Second {
			return nil, err
		}
		time.Sleep(time.Millisecond)
	}
}
