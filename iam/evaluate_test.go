package iam_test

import (
	"testing"

	"github.com/tidewire/tidewire/iam"
)

// parse is Parse for documents known to be good.
func parse(tb testing.TB, doc string) *iam.Policy {
	tb.Helper()
	p, err := iam.Parse([]byte(doc))
	if err != nil {
		tb.Fatalf("Parse(%s): %v", doc, err)
	}
	return p
}

// named wraps documents, naming them a, b, c….
func named(tb testing.TB, docs ...string) []iam.Named {
	tb.Helper()
	var all []iam.Named
	for i, doc := range docs {
		all = append(all, iam.Named{Name: string(rune('a' + i)), Policy: parse(tb, doc)})
	}
	return all
}

func TestEvaluateNothing(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*iam.Policies{"nil": nil, "empty": {}, "nil policy": {Identity: []iam.Named{{Name: "x"}}}} {
		d, why := iam.Evaluate(p, &iam.Request{Action: "a:B", Resource: "*"})
		if d != iam.Deny || why.Explicit {
			t.Errorf("%s: %v, %v", name, d, why)
		}
		t.Log(why.String())
	}
	if d, why := iam.Evaluate(&iam.Policies{}, nil); d != iam.Deny || why.String() == "" {
		t.Errorf("nil request: %v, %v", d, why)
	}
}
