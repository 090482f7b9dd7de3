//go:build conformance

package conformance

import (
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dop251/goja"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

// TestUtilsTypings holds the resolver library against the typings that npm has:
// every function, with the parameters of its longest signature. The list of the
// package's own test is held against them too; "node typings.mjs" in
// conformance/clients/utils writes it anew.
func TestUtilsTypings(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "node", "typings.mjs")
	cmd.Dir = "clients/utils"
	published, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	vm := goja.New()
	m := library.New(vm, &library.Host{})
	var served []string
	for name, o := range map[string]*goja.Object{"util": m.Util, "extensions": m.Extensions, "runtime": m.Runtime, "dynamodb": m.DynamoDB} {
		served = append(served, functionsBelow(vm, name, o)...)
	}
	slices.Sort(served)
	if got := strings.Join(served, "\n") + "\n"; got != string(published) {
		t.Errorf("served:\n%s\npublished:\n%s", got, published)
	}
	kept, err := os.ReadFile("../internal/appsyncjs/library/testdata/typings.txt")
	if err != nil || string(kept) != string(published) {
		t.Errorf("testdata/typings.txt is not what is published (%v)", err)
	}
}

// functionsBelow lists functions as typings.mjs does.
func functionsBelow(vm *goja.Runtime, name string, o *goja.Object) (lines []string) {
	if _, ok := goja.AssertFunction(o); ok {
		return []string{name + " " + strconv.Itoa(int(o.Get("length").ToInteger()))}
	}
	for _, k := range o.Keys() {
		lines = append(lines, functionsBelow(vm, name+"."+k, o.Get(k).ToObject(vm))...)
	}
	return lines
}
