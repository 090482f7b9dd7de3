// Command load is the client half of the benchmarks: it opens sockets, sends
// messages and posts, and prints what it measured as one line of JSON.
//
//	load idle       -url ws://… -pid PID -n 10000       resident memory of a server per idle socket
//	load roundtrip  -url ws://… -c 10 -d 5s             messages through a function and back
//	load post       -endpoint http://… -url ws://… -c 8 -d 5s   POST @connections to one connection
//	load soak       -url ws://… -pid PID -c 50 -d 10m   sockets that come, talk and go
//	load ready      -url ws://… -- COMMAND …            time from starting COMMAND to the first 101
//	load query      -url http://… -message … -expect … -c 64 -d 5s   GraphQL requests with the key in API_KEY
//	load answer     -url http://… -message … -expect … -- COMMAND …  time from starting COMMAND to the first answer
//
// Requests are signed with AWS_ACCESS_KEY_ID and so on, unless -unsigned.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"
)

// options are the flags of every mode.
type options struct {
	url, endpoint, ca, message, expect string
	pid, n, c                          int
	d                                  time.Duration
	unsigned                           bool
	args                               []string
}

var modes = map[string]func(context.Context, *options) (map[string]any, error){
	"idle": idle, "roundtrip": roundtrip, "post": post, "ready": ready, "soak": soak, "query": query, "answer": answer,
}

func main() {
	if len(os.Args) < 2 || modes[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: load idle|roundtrip|post|ready|soak|query|answer [flags]")
		os.Exit(2)
	}
	var o options
	f := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	f.StringVar(&o.url, "url", "", "WebSocket URL")
	f.StringVar(&o.endpoint, "endpoint", "", "base of @connections")
	f.StringVar(&o.ca, "ca", "", "certificate authority (PEM) for wss")
	f.StringVar(&o.message, "message", `{"message":"send","body":"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"}`, "what to send")
	f.StringVar(&o.expect, "expect", "", "what comes back; default: the message")
	f.IntVar(&o.pid, "pid", 0, "the server's process")
	f.IntVar(&o.n, "n", 10000, "sockets")
	f.IntVar(&o.c, "c", 1, "clients at once")
	f.DurationVar(&o.d, "d", 5*time.Second, "how long")
	f.BoolVar(&o.unsigned, "unsigned", false, "do not sign")
	_ = f.Parse(os.Args[2:]) // ExitOnError
	o.args = f.Args()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute+o.d)
	defer cancel()
	result, err := modes[os.Args[1]](ctx, &o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	result["mode"] = os.Args[1]
	line, err := json.Marshal(result)
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
	fmt.Println(string(line))
}
