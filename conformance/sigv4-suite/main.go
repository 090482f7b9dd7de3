// Command sigv4-suite runs AWS's own signing test suite against package sigv4:
//
//	go run ./conformance/sigv4-suite PATH
//
// PATH is a JSON file {"cases":{NAME:{FILE:TEXT}}} with the files of
// aws-c-auth's tests/aws-signing-test-suite/v4, such as context.json,
// request.txt, header-canonical-request.txt and query-signature.txt. They are
// AWS's and not part of this repository, so that neither the tests nor .ci/run
// need them.
//
// Every case is tried with the signature in headers and in the query: signing
// gives AWS's canonical request, string to sign and signature; what AWS signed
// verifies, and so does what was signed here; and with any one byte of the
// signed request changed, it verifies no longer, unless the canonical request
// is still the same one (a byte that no signature covers, such as the case of a
// header's name). A session token that was added after signing is refused, as
// API Gateway does, and must be named as the only mistake; without it, the
// request must verify.
//
// Exit codes: 0 all hold, 1 some do not, 2 wrong usage.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run runs the suite and gives the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: go run ./conformance/sigv4-suite PATH")
		return 2
	}
	cases, err := load(args[0])
	if err != nil {
		fmt.Fprintln(stderr, "sigv4-suite:", err)
		return 1
	}
	var total tally
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		for _, form := range []string{"header", "query"} {
			c, err := newCheck(name, form, cases[name])
			if err == nil {
				err = c.run(context.Background(), &total)
			}
			total.checks++
			if err != nil {
				total.failed++
				fmt.Fprintf(stdout, "FAIL %s (%s): %v\n", name, form, err)
			}
		}
	}
	fmt.Fprintf(stdout, "%d cases, %d checks in both forms, %d failed; %d requests with one byte changed: %d refused, %d the same to a signature\n",
		len(cases), total.checks, total.failed, total.refused+total.same, total.refused, total.same)
	if total.failed > 0 {
		return 1
	}
	return 0
}

// tally counts what was tried.
type tally struct{ checks, failed, refused, same int }

// files are the files of a case by name.
type files map[string]string

func load(path string) (map[string]files, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var suite struct{ Cases map[string]files }
	if err := json.Unmarshal(text, &suite); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(suite.Cases) == 0 {
		return nil, fmt.Errorf("%s holds no cases", path)
	}
	return suite.Cases, nil
}
