package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// query sends one request again and again over each of c connections, with
// the API key in API_KEY, and wants the same answer each time.
func query(ctx context.Context, o *options) (map[string]any, error) {
	var workers []worker
	for range o.c {
		w, err := asker(ctx, o)
		if err != nil {
			return nil, err
		}
		workers = append(workers, w)
	}
	return closedLoop(o, workers), nil
}

// asker sends the same bytes on a connection of its own.
func asker(ctx context.Context, o *options) (worker, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, o.url, strings.NewReader(o.message))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("x-api-key", os.Getenv("API_KEY"))
	var request bytes.Buffer
	if err := r.Write(&request); err != nil {
		return nil, err
	}
	nc, err := dial(ctx, r.URL, o.ca)
	if err != nil {
		return nil, err
	}
	answers := bufio.NewReader(nc)
	return func() error {
		if err := nc.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			return err
		}
		if _, err := nc.Write(request.Bytes()); err != nil {
			return err
		}
		return expected(answers, r, o.expect)
	}, nil
}

func expected(answers *bufio.Reader, r *http.Request, want string) error {
	resp, err := http.ReadResponse(answers, r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err == nil && string(bytes.TrimSpace(body)) != want {
		err = fmt.Errorf("answered %.200s, not %s", body, want)
	}
	return errors.Join(err, resp.Body.Close())
}

// answer starts a command and says when the first query is answered as it
// should be.
func answer(ctx context.Context, o *options) (map[string]any, error) {
	if len(o.args) == 0 {
		return nil, errors.New("answer needs -- COMMAND")
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
		w, err := asker(ctx, o)
		if err == nil {
			err = w()
		}
		if err == nil {
			took := time.Since(began)
			kb, err := status(cmd.Process.Pid, "VmRSS:")
			return map[string]any{"ms": float64(took.Microseconds()) / 1000, "residentKB": kb}, err
		}
		if ctx.Err() != nil || time.Since(began) > 30*time.Second {
			return nil, err
		}
		time.Sleep(time.Millisecond)
	}
}
