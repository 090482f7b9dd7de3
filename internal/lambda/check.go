package lambda

import (
	"archive/zip"
	"cmp"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// Check lists what keeps a function from running here, without starting
// anything: a runtime that cannot be run, code or handler file that is not
// there, an interpreter that is not on o.Path, variables that Lambda reserves.
// A function that o.Remote or o.Local replaces has no problems. Whether the
// handler's function exists shows when the module is loaded.
func Check(f *spec.Function, o *Options) []spec.Problem {
	if _, ok := o.remote(f); ok || o.closure(f) != nil {
		return nil
	}
	problems := checkVariables(f)
	if f.Code.Unavailable != "" {
		return append(problems, problem(f, codeProperty(f), "its code is not here: "+f.Code.Unavailable, elsewhereHint(f)))
	}
	k := kindOf(f)
	if ps := checkRuntime(f, k); len(ps) > 0 {
		return append(problems, ps...)
	}
	problems = append(problems, checkCode(f, k)...)
	return append(problems, checkProgram(f, k, o)...)
}

// problem is a problem of a function.
func problem(f *spec.Function, property, message, hint string) spec.Problem {
	return spec.Problem{At: f.At, Resource: f.LogicalID, Property: property, Message: message, Hint: hint}
}

// elsewhereHint says how to run a function somewhere else.
func elsewhereHint(f *spec.Function) string {
	name := cmp.Or(f.LogicalID, f.Name)
	return fmt.Sprintf("use --function %s=URL with a Lambda Invoke endpoint, or --function %s=ARN", name, name)
}

// codeProperty is the property that the code came from.
func codeProperty(f *spec.Function) string {
	if f.Code.Property != "" {
		return f.Code.Property
	}
	return "Properties.Code"
}

// checkVariables reports variables that Lambda refuses.
func checkVariables(f *spec.Function) []spec.Problem {
	var problems []spec.Problem
	for _, name := range reserved {
		if _, ok := f.Environment[name]; ok {
			problems = append(problems, problem(f, "Properties.Environment.Variables."+name,
				"Lambda reserves the environment variable "+name, "remove it: Lambda sets it and refuses to deploy this"))
		}
	}
	return problems
}

// checkRuntime reports a runtime that cannot be run.
func checkRuntime(f *spec.Function, k kind) []spec.Problem {
	switch {
	case k == kindElsewhere:
		return []spec.Problem{problem(f, "Properties.Runtime", fmt.Sprintf("runtime %s cannot be run here", f.Runtime), elsewhereHint(f))}
	case k == kindUnknown && f.Runtime == "":
		return []spec.Problem{problem(f, "Properties.Runtime", "the function has no runtime", "set Runtime, or "+elsewhereHint(f))}
	case k == kindUnknown:
		return []spec.Problem{problem(f, "Properties.Runtime", fmt.Sprintf("unknown runtime %q", f.Runtime),
			"known are python3.x, nodejs*.x, provided.al2023, provided.al2 and go1.x")}
	}
	return nil
}

// checkCode reports code that is not there.
func checkCode(f *spec.Function, k kind) []spec.Problem {
	switch {
	case f.Code.Inline != "":
		return checkInline(f, k)
	case f.Code.Zip != "" && !isFile(f.Code.Zip):
		return []spec.Problem{problem(f, codeProperty(f), "there is no file "+f.Code.Zip, "build the package first")}
	case f.Code.Dir != "" && !isDir(f.Code.Dir):
		return []spec.Problem{problem(f, codeProperty(f), "there is no directory "+f.Code.Dir, "paths are relative to the template")}
	case f.Code.Zip == "" && f.Code.Dir == "":
		return []spec.Problem{problem(f, codeProperty(f), "the function has no code", "give it a directory with its code")}
	case k == kindNative:
		return checkBootstrap(f)
	}
	return checkHandler(f, k)
}

// checkInline reports inline code that no runtime takes.
func checkInline(f *spec.Function, k kind) []spec.Problem {
	if k == kindNative {
		return []spec.Problem{problem(f, codeProperty(f), "inline code is for Python and Node functions only", "put the code into a directory")}
	}
	if stem, _ := handlerStem(f.Handler, k); stem != "index" {
		return []spec.Problem{problem(f, "Properties.Handler",
			fmt.Sprintf("inline code is written to a file called index, and the handler is %q", f.Handler), "use index.<function>")}
	}
	return nil
}

// checkBootstrap reports a native function that has nothing to run.
func checkBootstrap(f *spec.Function) []spec.Problem {
	for _, dir := range append([]string{f.Code.Dir}, layerDirs(f)...) {
		if path := filepath.Join(dir, "bootstrap"); dir != "" && isFile(path) {
			if isExecutable(path) {
				return nil
			}
			return []spec.Problem{problem(f, codeProperty(f), path+" is not executable", "chmod +x "+path)}
		}
	}
	if f.Code.Zip != "" {
		if names, err := zipNames(f.Code.Zip); err == nil && slices.Contains(names, "bootstrap") {
			return nil
		}
		return []spec.Problem{problem(f, codeProperty(f), f.Code.Zip+" holds no file called bootstrap", "add it at the top of the package")}
	}
	if goMain(f.Code.Dir) != "" {
		return nil
	}
	return []spec.Problem{problem(f, codeProperty(f),
		f.Code.Dir+" holds no executable called bootstrap and is no Go main package of a module", "build the function first")}
}

// checkHandler reports a handler whose file is not there.
func checkHandler(f *spec.Function, k kind) []spec.Problem {
	if !strings.Contains(path.Base(f.Handler), ".") {
		return []spec.Problem{problem(f, "Properties.Handler",
			fmt.Sprintf("the handler %q names no function", f.Handler), "write it as file.function")}
	}
	if strings.HasPrefix(f.Handler, "/opt/") || handlerExists(f, k) {
		return nil
	}
	stem, suffixes := handlerStem(f.Handler, k)
	where := f.Code.Dir + f.Code.Zip
	hint := "the handler is file.function, seen from the code directory"
	if isFile(filepath.Join(f.Code.Dir, filepath.FromSlash(stem)+".ts")) {
		hint = "there is a " + stem + ".ts: compile it first"
	}
	return []spec.Problem{problem(f, "Properties.Handler",
		fmt.Sprintf("the handler %q needs %s%s, and %s has none", f.Handler, stem, suffixes[0], where), hint)}
}

// handlerExists looks for the handler's file in the code and the layers.
func handlerExists(f *spec.Function, k kind) bool {
	stem, suffixes := handlerStem(f.Handler, k)
	if f.Code.Zip != "" {
		names, err := zipNames(f.Code.Zip)
		if err != nil {
			return false
		}
		for _, s := range suffixes {
			if slices.Contains(names, path.Clean(stem+s)) {
				return true
			}
		}
	}
	dirs := []string{f.Code.Dir}
	for _, layer := range layerDirs(f) {
		dirs = append(dirs, filepath.Join(layer, "python"))
	}
	for _, dir := range dirs {
		if dir != "" && isFile(handlerFile(f, k, dir)) {
			return !strings.HasSuffix(handlerFile(f, k, dir), "ts")
		}
	}
	return false
}

// zipNames are the names in a zip file.
func zipNames(file string) ([]string, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = z.Close() }()
	names := make([]string, 0, len(z.File))
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	return names, nil
}

// checkProgram reports an interpreter or tool that is not on the path.
func checkProgram(f *spec.Function, k kind, o *Options) []spec.Problem {
	if k == kindNative {
		if f.Code.Dir != "" && !isFile(filepath.Join(f.Code.Dir, "bootstrap")) && goMain(f.Code.Dir) != "" && look(o.Path, "go") == "" {
			return []spec.Problem{problem(f, codeProperty(f), "the function is Go source and the go command is not on PATH", "install Go, or build the bootstrap elsewhere")}
		}
		return nil
	}
	_, want := parseRuntime(f.Runtime)
	for _, name := range candidates(k, want) {
		if look(o.Path, name) != "" {
			return nil
		}
	}
	return []spec.Problem{problem(f, "Properties.Runtime",
		fmt.Sprintf("runtime %s needs %s, which is not on PATH", f.Runtime, programOf(k)), "install it, or "+elsewhereHint(f))}
}
