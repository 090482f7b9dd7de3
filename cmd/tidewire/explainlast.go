package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
)

// refusalsFile is where a gateway keeps what it refused: a JSON array of
// keptRefusal, newest last, in its state directory.
const refusalsFile = "refusals.json"

// keptRefusal is a refused request. The gateway redacted it before keeping it.
type keptRefusal struct {
	Time        time.Time     `json:"time"`
	Method      string        `json:"method"`
	Path        string        `json:"path"`
	API         string        `json:"api"`
	AccessKeyID string        `json:"accessKeyId"`
	Code        string        `json:"code"`
	Report      *sigv4.Report `json:"report"`
}

// printLast prints the last refusals of a gateway, oldest first.
func (f *explainFlags) printLast(sh *shell, args []string) error {
	count, err := f.lastCount(args)
	if err != nil {
		return err
	}
	path := firstOf(f.keys.state, ".tidewire")
	kept, err := readRefusals(path)
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		fmt.Fprintf(sh.stderr, "tidewire: %s keeps no refused signature; what a policy, key or token was refused for stands in the log of serve\n", path)
		return nil
	}
	shown := kept[max(0, len(kept)-count):]
	if len(shown) < len(kept) {
		fmt.Fprintf(sh.stderr, "tidewire: the last %d of %d refused requests in %s; --last %d prints all\n", len(shown), len(kept), path, len(kept))
	}
	for i := range shown {
		if err := f.printRefusal(sh, &shown[i], i > 0); err != nil {
			return err
		}
	}
	return nil
}

// lastCount is the N of --last N, which may stand apart.
func (f *explainFlags) lastCount(args []string) (int, error) {
	text := f.last
	if len(args) == 1 {
		text = args[0]
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, usagef("write --last, or --last 3", "--last takes a number of refusals, at least 1")
	}
	return n, nil
}

func readRefusals(path string) (kept []keptRefusal, err error) {
	dir, err := openState(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // it was only read
	return decodeRefusals(dir)
}

func decodeRefusals(dir *state.Dir) (kept []keptRefusal, err error) {
	text, err := dir.ReadFile(refusalsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return nil, hint(fmt.Errorf("read the kept refusals of %s: %w", dir.Path(), err), "delete "+refusalsFile+" there: it is only a memory")
	}
	return kept, nil
}

func (f *explainFlags) printRefusal(sh *shell, r *keptRefusal, apart bool) error {
	if f.output == "json" {
		return sh.putJSON(r)
	}
	text := r.text()
	if apart {
		text = "\n" + text
	}
	if _, err := fmt.Fprint(sh.stdout, text); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}

// text is a refusal for a person.
func (r *keptRefusal) text() string {
	head := fmt.Sprintf("%s %s %s", r.Time.UTC().Format(time.RFC3339), r.Method, r.Path)
	for _, part := range []struct{ name, value string }{{"API", r.API}, {"access key", r.AccessKeyID}, {"answered", r.Code}} {
		if part.value != "" {
			head += ", " + part.name + " " + part.value
		}
	}
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(visible(head), "\n", `\n`) + "\n")
	if r.Report != nil {
		b.WriteString("    " + indented(visible(r.Report.String())) + "\n")
	}
	return b.String()
}
