package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	explainQueue  = 16                     // refusals that wait for an explanation
	explainPause  = 100 * time.Millisecond // between two: at most ten a second
	keptRefusals  = 50                     // in RefusalsFile
	maxKeptReport = 16 << 10               // bytes of one report there
	maxKeptBody   = 128 << 10              // bytes of a body that is kept to explain it
)

// RefusalsFile is the name of the file in the state directory with the last
// refusals and their explanations: a JSON array of Refusal, newest last.
const RefusalsFile = "refusals.json"

// Refusal is a refused signature and why.
type Refusal struct {
	Time        time.Time     `json:"time"`
	Method      string        `json:"method"`
	Path        string        `json:"path"`
	API         string        `json:"api,omitempty"` // logical id
	AccessKeyID string        `json:"accessKeyId,omitempty"`
	Code        string        `json:"code"`
	Report      *sigv4.Report `json:"report"`
}

// explainer finds out why signatures were refused, off the path of requests:
// one goroutine, a bounded queue, a bounded rate. What does not fit is counted.
type explainer struct {
	g       *Gateway
	queue   chan unexplained
	skipped atomic.Uint64
	stop    context.CancelFunc
	done    sync.WaitGroup

	kept []Refusal // owned by run
}

// unexplained is a refusal and who refused.
type unexplained struct {
	identity.Refusal
	by *identity.Authenticator
}

func newExplainer(g *Gateway) *explainer {
	ctx, stop := context.WithCancel(context.Background())
	x := &explainer{g: g, queue: make(chan unexplained, explainQueue), stop: stop}
	if data, err := g.dir.ReadFile(RefusalsFile); err == nil {
		_ = json.Unmarshal(data, &x.kept) // what an older version wrote may be lost
	}
	x.done.Go(func() { x.run(ctx) })
	return x
}

// refused takes a refusal over, or counts it when the queue is full.
func (x *explainer) refused(by *identity.Authenticator, f identity.Refusal) {
	f.Request = f.Request.Clone()
	if len(f.Body) > maxKeptBody {
		f.Body, f.BodyUnknown = nil, true
	}
	select {
	case x.queue <- unexplained{f, by}:
	default:
		x.skipped.Add(1)
	}
}

func (x *explainer) run(ctx context.Context) {
	pause := time.NewTicker(explainPause)
	defer pause.Stop()
	for {
		select {
		case f := <-x.queue:
			x.explain(ctx, &f)
			if len(x.queue) == 0 {
				x.keep()
			}
		case <-ctx.Done():
			return
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return
		}
	}
}

// explain writes one readable block and keeps it.
func (x *explainer) explain(ctx context.Context, f *unexplained) {
	hosts, prefixes, api := x.g.knownAs(f.Request)
	r := Refusal{Time: f.At.UTC(), Method: f.Request.Method, Path: clipped(f.Request.Path), API: api, Code: f.Fault.Code,
		Report: f.by.Explain(ctx, &f.Refusal, hosts, prefixes)}
	if cause, ok := f.Fault.Cause.(*identity.RefusedError); ok {
		r.AccessKeyID = cause.AccessKeyID
	}
	skipped := ""
	if n := x.skipped.Swap(0); n > 0 {
		skipped = fmt.Sprintf("  (%d more refusals were not explained: too many at once)\n", n)
	}
	fmt.Fprintf(x.g.o.Stderr, "why %.20q %q was refused with %s:\n%s%s", r.Method, r.Path, r.Code, indented(r.Report.String()), skipped)
	x.kept = append(x.kept, r.bounded())
	if over := len(x.kept) - keptRefusals; over > 0 {
		x.kept = append(x.kept[:0], x.kept[over:]...)
	}
}

// bounded leaves the canonical requests out of a report that is very long.
func (r Refusal) bounded() Refusal {
	if data, err := json.Marshal(r.Report); err != nil || len(data) > maxKeptReport {
		short := *r.Report
		short.Signed, short.Canonical = nil, nil
		r.Report = &short
	}
	return r
}

func (x *explainer) keep() {
	data, err := json.Marshal(x.kept)
	if err == nil {
		err = x.g.dir.WriteFile(RefusalsFile, append(data, '\n'))
	}
	if err != nil {
		x.g.o.Log.Warn("refusals could not be kept for tidewire explain --last", "err", err)
	}
}

func (x *explainer) close() {
	x.stop()
	x.done.Wait()
	if n := len(x.queue); n > 0 {
		x.g.o.Log.Warn("refusals were not explained any more", "count", n)
	}
}

// knownAs is what else a signer may have taken for the host and the path of
// the API that a request came to.
func (g *Gateway) knownAs(r *sigv4.Request) (hosts, prefixes []string, api string) {
	s := g.serving.Load()
	t, _ := s.hosts.find(r.Host, false, nil)
	if p, ok := locateAppSync(s.spec, t, strings.TrimSuffix(r.Path, "/connect")); ok {
		return knownAppSync(s.spec, p.api)
	}
	p, located := locate(s.spec, t, r.Path)
	for i := range s.spec.WebSocketAPIs {
		a := &s.spec.WebSocketAPIs[i]
		if located && a.ID != p.api {
			continue
		}
		api = a.LogicalID
		hosts = append(hosts, awsName(s.spec, a.ID))
		for _, st := range a.Stages {
			prefixes = append(prefixes, "/"+st.Name, "/"+a.ID+"/"+st.Name)
		}
	}
	if !located {
		api = ""
	}
	return hosts, prefixes, api
}

// knownAppSync is what else a signer may have taken for the host and path of an
// API of AppSync.
func knownAppSync(s *spec.Spec, id string) (hosts, prefixes []string, api string) {
	name := id + ".appsync-api." + s.Region + "." + s.URLSuffix()
	for i := range s.GraphQLAPIs {
		if a := &s.GraphQLAPIs[i]; a.ID == id {
			return append([]string{name}, a.Domains...), []string{"/" + a.ID, "/graphql", "/graphql/realtime"}, a.LogicalID
		}
	}
	for i := range s.EventsAPIs {
		if a := &s.EventsAPIs[i]; a.ID == id {
			return append([]string{name}, a.Domains...), []string{"/" + a.ID, "/event", "/event/realtime"}, a.LogicalID
		}
	}
	return nil, nil, ""
}

// indented puts text under the line before it. A report escapes what came
// from the request.
func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
}
