//go:build conformance

package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/sigv4"
)

// Keys of the requests that are signed in bulk; the second needs its token.
const (
	longTerm      = "AKIAOUTSIDE000000001"
	temporary     = "ASIAOUTSIDE000000002"
	outsideSecret = "bPxRfiCYEXAMPLEKEY/K7MDENG+wJalrXUtnFEMI"
	outsideToken  = "FwoGZXIvYXdzEBYaDH//outside+token/of==AAAA=="
)

func outsideKey(_ context.Context, id, token string) (string, error) {
	if id == longTerm && token == "" || id == temporary && token == outsideToken {
		return outsideSecret, nil
	}
	return "", sigv4.ErrUnknownKey
}

// seed is that of the random requests, unless CONFORMANCE_SEED is another.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(or(os.Getenv("CONFORMANCE_SEED"), "20260715"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("CONFORMANCE_SEED=%d", n)
	return n
}

// perSigner is how many requests each signer signs.
const perSigner = 4000

// TestOutsideSigners has botocore, aws4 and smithy sign random requests. All
// of them verify, but those of the clients' own quirks, which must not; and
// none does after one change.
func TestOutsideSigners(t *testing.T) {
	t.Parallel()
	for i, o := range outsiders() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed(t), uint64(i)))
			jobs := make([]job, perSigner)
			for i := range jobs {
				jobs[i] = sketch(r, o.name)
			}
			o.judge(t, r, jobs, signAll(t, jobs))
		})
	}
}

// judge verifies what a signer made.
func (o outsider) judge(t *testing.T, r *rand.Rand, jobs []job, wires []wire) {
	t.Helper()
	v := &sigv4.Verifier{Service: "execute-api", Region: "eu-west-1", Key: outsideKey}
	held, changed, odd, named := 0, map[string]int{}, map[string]int{}, map[string]int{}
	for i := range jobs {
		j, w := &jobs[i], &wires[i]
		if w.Error != "" {
			t.Errorf("%s could not sign %+v: %s", o.name, *j, w.Error)
			continue
		}
		w.Host = sentHost(r, j)
		err := w.verify(v)
		if q := o.quirk(j, w); q != "" {
			if odd[q]++; err == nil {
				t.Errorf("verified, though %s:\n%s", q, w.text())
			}
			continue
		}
		if err != nil {
			t.Errorf("refused: %v\n%s\n%s", err, w.text(), w.explained(v))
			continue
		}
		held++
		kind, other := w.changed(r)
		if changed[kind]++; other.verify(v) == nil {
			t.Errorf("verified after a change of %s:\n%s\n%s", kind, w.text(), other.text())
		}
		if held%explainedOnceIn == 0 {
			named[other.blamed(t, kind, v)]++
		}
	}
	t.Logf("%s: %d of %d verified, and none after one change of %v; left out: %v; explained: %v", o.name, held, len(jobs), changed, odd, named)
	if held < len(jobs)*2/3 {
		t.Errorf("only %d of %d were tried", held, len(jobs))
	}
}

// explainedOnceIn is how many changed requests there are for each that is
// explained, which takes milliseconds.
const explainedOnceIn = 16

// truths are what may be said after a change: nothing else was done. A changed
// query or header may be one that says who signed, for what, and when.
var truths = map[string]string{
	"signature": ``,
	"method":    ``,
	"path":      `path-`,
	"host":      `host-|scheme`,
	"body":      `body-|header-changed`, // that is the Content-Length
	"query":     `query-|service|region|scope-date|date-skew|expired|access-key|token-|header-`,
	"header":    `header-|body-|scope-date|date-skew|expired|access-key|token-`,
}

// blamed explains a request that was changed, and wants no mistake to be named
// that it cannot be. It gives the kinds.
func (w wire) blamed(t *testing.T, where string, v *sigv4.Verifier) string {
	t.Helper()
	report := w.explained(v)
	var kinds []string
	for _, all := range append(report.Alternatives, report.Mistakes) {
		for _, m := range all {
			if truth := truths[where]; truth == "" || !regexp.MustCompile("^("+truth+")").MatchString(string(m.Kind)) {
				t.Errorf("after a change of %s, a mistake is named that was not made:\n%s\n%s", where, w.text(), report)
			}
			kinds = append(kinds, string(m.Kind))
		}
	}
	if report.Holds {
		t.Errorf("explained as holding after a change of %s:\n%s", where, w.text())
	}
	slices.Sort(kinds)
	return where + ":" + strings.Join(slices.Compact(kinds), "+")
}

// verify verifies the request as a server receives it.
func (w wire) verify(v *sigv4.Verifier) error {
	r, body, err := w.read()
	if err != nil {
		return fmt.Errorf("no server reads it: %w", err)
	}
	_, err = v.Verify(context.Background(), r, body)
	return err
}

// explained says why the request is refused.
func (w wire) explained(v *sigv4.Verifier) *sigv4.Report {
	r, body, err := w.read()
	if err != nil {
		return &sigv4.Report{Reason: err.Error()}
	}
	return sigv4.Explain(context.Background(), v.Question(r, body))
}

func (o outsider) quirk(j *job, w *wire) string {
	for _, q := range o.quirks {
		if q.hits(j, w) {
			return q.name
		}
	}
	return ""
}
