package lambda

import (
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// kind is the way in which a runtime is run here.
type kind int

const (
	kindUnknown kind = iota
	kindPython
	kindNode
	kindNative    // an executable that speaks the Runtime API
	kindElsewhere // a runtime of Lambda that cannot be run here
)

// release is a runtime's version: 3.12 is {3, 12}, nodejs22.x is {22, 0}.
type release struct{ major, minor int }

// parseRuntime reads a Runtime property.
func parseRuntime(name string) (kind, release) {
	switch {
	case name == "go1.x", name == "go", name == "provided", strings.HasPrefix(name, "provided."):
		return kindNative, release{}
	case strings.HasPrefix(name, "python3."):
		minor, err := strconv.Atoi(name[len("python3."):])
		if err != nil {
			return kindUnknown, release{}
		}
		return kindPython, release{3, minor}
	case strings.HasPrefix(name, "nodejs"):
		return parseNode(strings.TrimSuffix(name[len("nodejs"):], ".x"))
	}
	for _, p := range []string{"java", "dotnet", "ruby", "python2"} {
		if strings.HasPrefix(name, p) {
			return kindElsewhere, release{}
		}
	}
	return kindUnknown, release{}
}

// parseNode reads what stands between "nodejs" and ".x"; nothing is the newest.
func parseNode(version string) (kind, release) {
	if version == "" {
		return kindNode, release{99, 0}
	}
	major, err := strconv.Atoi(version)
	if err != nil || major < 4 || major > 99 {
		return kindUnknown, release{}
	}
	return kindNode, release{major, 0}
}

// kindOf is the kind of a function's runtime.
func kindOf(f *spec.Function) kind {
	k, _ := parseRuntime(f.Runtime)
	return k
}
