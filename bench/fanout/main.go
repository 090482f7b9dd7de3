//go:build linux

// Command fanout measures how events come to many subscribers, beside other
// servers in turns: one client for all, on loopback.
//
//	fanout [flags] [PART …]     parts: publish paced mutation filters idle; default: all
//
//	publish    events over HTTP to 1,000 subscribers, as fast as answers come:
//	           8 connections, 1, and 8 with batches of five; beside Centrifugo
//	paced      20 events a second to 1,000 subscribers; beside Centrifugo
//	mutation   GraphQL mutations to 1,000 subscriptions; beside AWS's simulator
//	filters    100,000 subscriptions with equality filters on 1,000 sockets
//	idle       memory of sockets that have subscribed
//
// It starts the servers itself and prints a line of JSON for each measurement,
// and for each figure that is asked for one with the medians. Every subscriber
// counts every publisher's events: one that is lost, doubled or out of its
// order is an error.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// bench is what the flags say.
type bench struct {
	server, templates, cache string // of tidewire
	centrifugo, simulator    string
	rounds, sockets, idle    int
	d                        time.Duration
	profile                  string
	only, shape              string
	failed                   bool
}

var parts = []struct {
	name string
	run  func(*bench) error
}{
	{"publish", (*bench).publish}, {"paced", (*bench).paced}, {"mutation", (*bench).mutation},
	{"filters", (*bench).filters}, {"idle", (*bench).idleSockets},
}

func main() {
	var b bench
	flag.StringVar(&b.server, "server", ".cache/server", "the program of bench/server")
	flag.StringVar(&b.templates, "templates", "templates", "where the templates are")
	flag.StringVar(&b.cache, "cache", ".cache", "where state and logs go")
	flag.StringVar(&b.centrifugo, "centrifugo", os.Getenv("CENTRIFUGO"), "the program of Centrifugo 6; default: $CENTRIFUGO")
	flag.StringVar(&b.simulator, "simulator", "rivals/appsync-simulator", "where AWS's simulator is installed")
	flag.IntVar(&b.rounds, "rounds", 5, "rounds")
	flag.IntVar(&b.sockets, "sockets", 1000, "subscribers")
	flag.IntVar(&b.idle, "idle", 5000, "sockets of idle")
	flag.DurationVar(&b.d, "d", 5*time.Second, "how long each measurement takes")
	flag.StringVar(&b.profile, "cpuprofile", "", "where tidewire writes a profile of its processor time")
	flag.StringVar(&b.only, "only", "", "measure this server alone: tidewire, centrifugo or simulator")
	flag.StringVar(&b.shape, "shape", "", "of publish, measure this shape alone, such as \"8 connections\"")
	flag.Parse()
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stopAll()
		os.Exit(1)
	}()
	err := b.run(flag.Args())
	stopAll()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fanout:", err)
		os.Exit(1)
	}
	if b.failed {
		os.Exit(1)
	}
}

func (b *bench) run(asked []string) error {
	for _, a := range asked {
		known := false
		for _, p := range parts {
			known = known || p.name == a
		}
		if !known {
			return fmt.Errorf("no part %q: they are publish, paced, mutation, filters and idle", a)
		}
	}
	for _, p := range parts {
		if len(asked) > 0 && !strings.Contains(" "+strings.Join(asked, " ")+" ", " "+p.name+" ") {
			continue
		}
		if err := p.run(b); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

// wants says whether a server takes part.
func (b *bench) wants(name string) bool { return b.only == "" || b.only == name }

// say prints a result as one line, with the load of the machine.
func say(what string, result any) {
	load, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(load), " ")
	line, err := json.Marshal(result)
	if err != nil {
		line = []byte(err.Error())
	}
	fmt.Printf("%-40s load %-6s %s\n", what, one, line)
}
