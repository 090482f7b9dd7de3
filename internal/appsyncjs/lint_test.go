package appsyncjs

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestLint compares what is refused in testdata/lint.txtar with what AWS's ESLint
// plugin said of the same samples: the same rules on the same lines.
func TestLint(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	samples, err := txtar.ParseFile("testdata/lint.txtar")
	if err != nil {
		t.Fatal(err)
	}
	theirs := readESLint(t)
	rules := map[string]bool{}
	for _, s := range samples.Files {
		rule, kind, _ := strings.Cut(s.Name, "/")
		_, problems := e.Load(inline(string(s.Data)))
		var ours []string
		for _, p := range problems {
			ours = append(ours, fmt.Sprintf("%s %d", p.Rule, p.Line))
			rules[strings.TrimPrefix(p.Rule, "@aws-appsync/")] = true
		}
		slices.Sort(ours)
		if rule != "ours" {
			if diff := cmp.Diff(theirs[s.Name], slices.Compact(ours)); diff != "" {
				t.Errorf("%s (-eslint +ours):\n%s", s.Name, diff)
			}
		} else if rule = strings.TrimSuffix(strings.TrimSuffix(kind, ".js"), "-destructuring"); len(ours) == 0 || !strings.Contains(ours[0], rule) {
			t.Errorf("%s: %v", s.Name, ours)
		}
		if refused := strings.HasPrefix(kind, "refused"); refused && !strings.Contains(fmt.Sprint(ours), rule) {
			t.Errorf("%s: not refused: %v", s.Name, problems)
		}
	}
	if len(rules) != 23 {
		t.Errorf("%d of 23 rules have a sample: %v", len(rules), rules)
	}
}

// readESLint gives "RULE LINE" for each sample, sorted, without repetitions.
func readESLint(t *testing.T) map[string][]string {
	text, err := os.ReadFile("testdata/eslint.tsv")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && !strings.HasPrefix(line, "#") {
			at := strings.Split(fields[2], ":")
			found[fields[0]] = append(found[fields[0]], fields[1]+" "+at[1])
		}
	}
	for name := range found {
		slices.Sort(found[name])
		found[name] = slices.Compact(found[name])
	}
	return found
}

func TestProblemsAreSortedAndPlaced(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	_, problems := e.Load(inline("const é = 'ü';\n\texport function request(ctx) {\n  while (é) { this.a++; }\n}\nclass A {}\n"))
	var got []string
	for _, p := range problems {
		got = append(got, p.Error())
	}
	want := []string{
		"code.js:3:3: While statements are not supported. (@aws-appsync/no-while)",
		"code.js:3:15: The operator ++ is not supported (@aws-appsync/no-disallowed-unary-operators)",
		"code.js:3:15: This expressions are not supported. (@aws-appsync/no-this)",
		"code.js:5:1: Class declarations are not supported. (@aws-appsync/no-classes)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
