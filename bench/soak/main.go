// Command soak lives with a server that drops its WebSockets every few seconds,
// refuses some tokens and delays its answers, and then says whether anything
// was left over, lost without notice, or delivered twice:
//
//	soak -d 30m -clients 8  by hand
//	soak -d 60s -every 10s  a line every 10 seconds
//
// The server is a process of its own, this program again, so that the client's
// descriptors and memory are the client's only. It keeps books: what it dropped,
// whom, and what was missed; every subscription that ends is reported to it, and
// what does not agree is a violation. The last line is the verdict, the exit
// code 1 if it is a bad one.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var o options
	serve := flag.Bool("serve", false, "be the server: print the address, end when stdin does")
	flag.DurationVar(&o.d, "d", time.Minute, "how long")
	flag.DurationVar(&o.every, "every", time.Minute, "how often to say how it goes")
	flag.IntVar(&o.clients, "clients", 4, "clients at once")
	flag.IntVar(&o.subscriptions, "subscriptions", 8, "subscriptions of each client")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	run := func() error { return o.soak(ctx) }
	if *serve {
		run = serveUntilEOF
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	d, every               time.Duration
	clients, subscriptions int
}

// soak starts the server, lives with it for a while and judges.
func (o *options) soak(ctx context.Context) error {
	server, err := startServer()
	if err != nil {
		return err
	}
	defer server.stop()
	k := &soaking{url: server.url, options: o}
	if err := k.warm(ctx); err != nil {
		return err
	}
	before := measure()
	limit, cancel := context.WithTimeout(ctx, o.d)
	defer cancel()
	stop := k.sample(limit)
	k.run(limit)
	samples := stop()
	after := settled(before)
	books, err := server.books()
	if err != nil {
		return err
	}
	v := k.judge(before, after, samples, books)
	if err := say(v); err != nil {
		return err
	}
	if len(v.Faults) > 0 {
		return errors.New("not clean")
	}
	return nil
}

// say prints a line of JSON.
func say(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(line))
	return err
}
