package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/gateway"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
)

func newServeCommand(sh *shell) *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [TEMPLATE]",
		Short: "Serve the APIs of a SAM or CloudFormation template",
		Long: "serve runs the APIs of a template on this machine and checks every credential.\n" +
			"TEMPLATE is a file, or a directory with template.yaml, .yml or .json; default: here.",
		Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return serve(cmd.Context(), sh, &f, templateArg(args))
		},
	}
	f.add(cmd)
	return cmd
}

func templateArg(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

func serve(ctx context.Context, sh *shell, f *serveFlags, path string) error {
	o, err := f.options(sh)
	if err != nil {
		return err
	}
	if o.Log, err = logger(sh.stderr, f.logLevel); err != nil {
		return err
	}
	keepFiles()
	l, err := listen(ctx, sh, f.listen)
	if err != nil {
		return err
	}
	o.Addr = addressGiven(f.listen, l)
	g, err := gateway.Open(ctx, path, o)
	if err != nil {
		return errors.Join(withProblems("nothing was started: ", err), l.Close())
	}
	forget, err := record(sh, g)
	if err != nil {
		o.Log.Warn("connect and env will need --state: this gateway could not be recorded", "err", err)
		forget = func() error { return nil }
	}
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	if err := announce(sh, f, g); err != nil {
		o.Log.Warn("announcing", "err", err)
	}
	select {
	case err = <-served:
		served <- nil
	case <-ctx.Done():
		err = nil
	}
	err = errors.Join(err, end(g, f.grace, o.Log))
	if s := <-served; s != nil && !errors.Is(s, gateway.ErrClosed) {
		err = errors.Join(err, s)
	}
	return errors.Join(err, forget())
}

// end closes the gateway within the grace period.
func end(g *gateway.Gateway, grace time.Duration, log *slog.Logger) error {
	log.Info("closing: every connection gets 1001, every $disconnect runs", "grace", grace)
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := g.Close(ctx); err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	return nil
}

// withProblems says first how many problems a template has, if err is those.
func withProblems(prefix string, err error) error {
	var problems *gateway.ProblemsError
	if !errors.As(err, &problems) {
		return err
	}
	return fmt.Errorf("%sthe template has %s\n%w", prefix, counted(len(problems.Problems), "problem"), err)
}

// addressGiven is the address that is told to others: as the person wrote
// it, with the port that was taken.
func addressGiven(asked string, l net.Listener) string {
	host, _, err := net.SplitHostPort(asked)
	tcp, ok := l.Addr().(*net.TCPAddr)
	if err != nil || !ok {
		return l.Addr().String()
	}
	return net.JoinHostPort(host, fmt.Sprint(tcp.Port))
}

// record lets other commands of this user find the gateway.
func record(sh *shell, g *gateway.Gateway) (func() error, error) {
	dir, err := sh.runDir()
	if err != nil {
		return nil, err
	}
	s := g.Spec()
	return state.Record(dir, state.Running{Listen: g.Addr(), Hosts: g.Hosts(), StateDir: g.StateDir(), PID: os.Getpid(), Region: s.Region,
		Account: s.Account, Started: time.Now(), CA: g.CAFile()})
}

// ready is the first line of serve --output json.
type ready struct {
	Event         string                 `json:"event"`
	Listen        string                 `json:"listen"`
	APIs          []gateway.API          `json:"apis"`
	IdentityPools []gateway.IdentityPool `json:"identityPools,omitempty"`
}

func announce(sh *shell, f *serveFlags, g *gateway.Gateway) error {
	if f.output == "json" {
		line, err := json.Marshal(ready{Event: "ready", Listen: g.Addr(), APIs: g.APIs(), IdentityPools: g.IdentityPools()})
		if err != nil {
			return err
		}
		if _, err = sh.stdout.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	name := program(os.Args[0])
	_, err := io.WriteString(sh.stderr, greeting(g, name, f.state)+trustAdvice(g, name, f.certificate != ""))
	return err
}

// program is how the person calls tidewire: `go run` builds into a directory
// that is gone afterwards.
func program(arg0 string) string {
	if strings.Contains(arg0, "go-build") {
		return "go run ./cmd/tidewire"
	}
	if filepath.Base(arg0) == arg0 {
		return arg0
	}
	return "tidewire"
}

// greeting says what is served, and what is not.
func greeting(g *gateway.Gateway, program, stateDir string) string {
	var b strings.Builder
	s := g.Spec()
	fmt.Fprintf(&b, "tidewire serves %s (stack %s, region %s, account %s)\n", flat(s.File), s.StackName, s.Region, s.Account)
	apis := g.APIs()
	for _, a := range apis {
		if a.Kind != gateway.KindWebSocket {
			b.WriteString(appsyncGreeting(a, program, namespace(s, a)))
			continue
		}
		fmt.Fprintf(&b, "\n  WebSocket API %s, stage %s\n", a.LogicalID, a.Stage)
		if a.URL != "" {
			fmt.Fprintf(&b, "    ws       %s\n", a.URL)
		}
		fmt.Fprintf(&b, "    wss      %s\n    auth     %s\n", a.SecureURL, authText(a))
		fmt.Fprintf(&b, "    try      %s connect %s%s\n", program, firstURL(a), keyFlag(a))
	}
	for _, p := range g.IdentityPools() {
		b.WriteString(poolGreeting(p))
	}
	if len(apis) > 0 {
		fmt.Fprintf(&b, "\n  credentials  eval \"$(%s env%s)\"\n", program, stateFlag(stateDir))
		fmt.Fprintf(&b, "  authority    %s (signs the wss certificate)\n", g.CAFile())
	} else {
		b.WriteString("\n  no API: the template has no WebSocket API with a stage, no GraphQL API and no Event API\n")
	}
	if endpoint, engine := g.Database(); endpoint != "" {
		fmt.Fprintf(&b, "  DynamoDB     %s (%s)\n", endpoint, engine)
	}
	if unavailable := g.Unavailable(); len(unavailable) > 0 {
		b.WriteString("\n  refusing everybody\n")
		for _, text := range unavailable {
			fmt.Fprintf(&b, "    %s\n", flat(text))
		}
	}
	writeOutputs(&b, s)
	b.WriteString(remarks(s))
	return visible(b.String())
}

// appsyncGreeting says where an API of AppSync answers.
func appsyncGreeting(a gateway.API, program, namespace string) string {
	var b strings.Builder
	name, try := "GraphQL API", program+" query "+firstURL(a)+" '{ __typename }'"
	if a.Kind == gateway.KindEvents {
		name, try = "Event API", program+" events subscribe "+firstURL(a)+" '/"+namespace+"/*'"
	}
	fmt.Fprintf(&b, "\n  %s %s\n", name, a.LogicalID)
	if a.URL != "" {
		fmt.Fprintf(&b, "    http     %s\n    ws       %s\n", a.URL, a.RealtimeURL)
	}
	fmt.Fprintf(&b, "    https    %s\n    wss      %s\n    auth     %s\n    try      %s\n", a.SecureURL, a.SecureRealtimeURL, strings.Join(a.Modes, ", "), try)
	return b.String()
}

// namespace is a channel namespace of an Event API.
func namespace(s *spec.Spec, a gateway.API) string {
	for i := range s.EventsAPIs {
		if e := &s.EventsAPIs[i]; e.LogicalID == a.LogicalID && len(e.Namespaces) > 0 {
			return e.Namespaces[0].Name
		}
	}
	return "NAMESPACE"
}

func authText(a gateway.API) string {
	switch a.Auth {
	case spec.AuthNone:
		return "none: everybody may connect"
	case spec.AuthIAM:
		return "AWS_IAM on $connect"
	}
	return a.Auth + " on $connect"
}

func keyFlag(a gateway.API) string {
	if len(a.APIKeys) == 0 {
		return ""
	}
	return " --api-key env:TIDEWIRE_API_KEY"
}

func stateFlag(dir string) string {
	if dir == ".tidewire" {
		return ""
	}
	return " --state " + quoted(dir)
}

func firstURL(a gateway.API) string {
	if a.URL != "" {
		return a.URL
	}
	return a.SecureURL
}

func writeOutputs(b *strings.Builder, s *spec.Spec) {
	if len(s.Outputs) == 0 {
		return
	}
	b.WriteString("\n  outputs (as they would be on AWS)\n")
	for _, o := range s.Outputs {
		fmt.Fprintf(b, "    %s = %s\n", o.Name, flat(o.Value))
	}
}

// flat keeps text of a template on its line.
func flat(s string) string { return strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(s) }

// remarks lists by name what of the template is not run, and what else is
// worth knowing.
func remarks(s *spec.Spec) string {
	var b strings.Builder
	if len(s.Gaps) > 0 {
		b.WriteString("\n  lacking here: these routes and fields answer an error\n")
		for _, g := range s.Gaps {
			fmt.Fprintf(&b, "    %s (line %d) %s\n", dotted(g.Resource, g.Property), g.At.Line, flat(g.Message))
		}
	}
	if len(s.NotRun) > 0 {
		b.WriteString("\n  not run\n")
		for _, n := range s.NotRun {
			fmt.Fprintf(&b, "    %s  %s%s\n", n.LogicalID, n.Type, inParentheses(n.Reason))
		}
	}
	if len(s.Notes) > 0 {
		b.WriteString("\n  notes\n")
		for _, n := range s.Notes {
			fmt.Fprintf(&b, "    %s\n", flat(note(n)))
		}
	}
	return b.String()
}

func note(n spec.Note) string {
	where := ""
	if n.At.Line > 0 {
		where = fmt.Sprintf(" (line %d)", n.At.Line)
	}
	if n.Resource == "" {
		return n.Message + where
	}
	return n.Resource + where + ": " + n.Message
}

func dotted(resource, property string) string {
	if property == "" {
		return resource
	}
	return resource + "." + property
}

func inParentheses(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
