// Command server is a gateway for the benchmarks: tidewire's gateway package
// as `tidewire serve` uses it, which collects its garbage on SIGUSR1 so that
// memory can be read settled too. It prints a comment of JSON with all of its
// APIs, then export lines, for the clients, and ends on an interrupt.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/tidewire/tidewire/gateway"
)

func main() {
	addr := flag.String("listen", "127.0.0.1:0", "address")
	state := flag.String("state", "", "state directory")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this file")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err == nil {
			err = pprof.StartCPUProfile(f)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "server:", err)
			os.Exit(1)
		}
		defer f.Close()
		defer pprof.StopCPUProfile()
	}
	if err := run(*addr, *state, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(addr, state, template string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	g, err := gateway.Open(ctx, template, &gateway.Options{Addr: l.Addr().String(), State: state, Path: os.Getenv("PATH"), Stderr: os.Stderr})
	if err != nil {
		return err
	}
	c := g.Credentials()
	all, err := json.Marshal(map[string]any{"pid": os.Getpid(), "ca": g.CAFile(), "apis": g.APIs()})
	if err != nil {
		return err
	}
	fmt.Printf("# %s\n", all)
	for _, a := range g.APIs() {
		fmt.Printf("export URL=%s SECURE_URL=%s\n", a.URL, a.SecureURL)
		for _, key := range a.APIKeys {
			fmt.Printf("export API_KEY=%s\n", key)
		}
	}
	fmt.Printf("export PID=%d CA=%s AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=%s\n", os.Getpid(), g.CAFile(), c.AccessKeyID, c.SecretAccessKey)
	collect := make(chan os.Signal, 1)
	signal.Notify(collect, syscall.SIGUSR1)
	go func() {
		for range collect {
			debug.FreeOSMemory()
		}
	}()
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	select {
	case <-ctx.Done():
	case err := <-served:
		return err
	}
	end, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := g.Close(end); err != nil {
		return err
	}
	if err := <-served; !errors.Is(err, gateway.ErrClosed) {
		return err
	}
	return nil
}
