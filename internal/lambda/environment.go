package lambda

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// reserved are the variables that a template may not set (Lambda developer
// guide, "Defined runtime environment variables").
var reserved = []string{
	"_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
	"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
	"AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
	"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
	markVariable,
}

// environment is the environment of a new process of v, and when its
// credentials expire.
func (fs *Functions) environment(ctx context.Context, v *version, p *program) ([]string, time.Time, error) {
	vars := fs.baseVariables()
	maps.Copy(vars, fs.o.PassEnv)
	var given map[string]string
	if fs.o.Env != nil {
		given = fs.o.Env(v.fn)
	}
	maps.Copy(vars, given)
	fs.warn(v.fn, refusals(v.fn, given))
	maps.Copy(vars, accepted(v.fn, given))
	v.searchPaths(vars, p)
	fs.reservedVariables(vars, v)
	expires, err := fs.credentials(ctx, vars, v.fn)
	if err != nil {
		return nil, time.Time{}, err
	}
	env := make([]string, 0, len(vars)+1)
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		env = append(env, name+"="+vars[name])
	}
	return env, expires, nil
}

// baseVariables is what every process has. The AWS settings keep the SDKs from
// every other source of credentials.
func (fs *Functions) baseVariables() map[string]string {
	empty := filepath.Join(fs.o.BuildDir, "empty")
	return map[string]string{
		"PATH":                        fs.o.Path,
		"TMPDIR":                      fs.o.TempDir,
		"LANG":                        "en_US.UTF-8",
		"TZ":                          ":UTC",
		"HOME":                        fs.home,
		"AWS_CONFIG_FILE":             empty,
		"AWS_SHARED_CREDENTIALS_FILE": empty,
		"AWS_EC2_METADATA_DISABLED":   "true",
	}
}

// reservedVariables sets Lambda's own.
func (fs *Functions) reservedVariables(vars map[string]string, v *version) {
	f := v.fn
	for _, name := range reserved {
		delete(vars, name)
	}
	maps.Copy(vars, map[string]string{
		"_HANDLER":                        f.Handler,
		"AWS_REGION":                      fs.o.Region,
		"AWS_DEFAULT_REGION":              fs.o.Region,
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(memory(f)),
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      newLogStream(time.Now()),
		"LAMBDA_TASK_ROOT":                v.dir,
		"LAMBDA_RUNTIME_DIR":              fs.bootstraps,
	})
	if v.kind != kindNative {
		vars["AWS_EXECUTION_ENV"] = "AWS_Lambda_" + f.Runtime
	}
}

// credentials sets the temporary credentials of the function's role.
func (fs *Functions) credentials(ctx context.Context, vars map[string]string, f *spec.Function) (time.Time, error) {
	if fs.o.Credentials == nil {
		return time.Time{}, nil
	}
	c, err := fs.o.Credentials(ctx, f)
	if err != nil {
		return time.Time{}, fmt.Errorf("credentials of the role of function %s: %w", f.Name, err)
	}
	if c.AccessKeyID == "" {
		return time.Time{}, nil
	}
	vars["AWS_ACCESS_KEY_ID"], vars["AWS_SECRET_ACCESS_KEY"] = c.AccessKeyID, c.SecretAccessKey
	if c.SessionToken != "" {
		vars["AWS_SESSION_TOKEN"] = c.SessionToken
	}
	if !c.CanExpire {
		return time.Time{}, nil
	}
	return c.Expires, nil
}

// searchPaths adds the directories that Lambda would have under /opt and
// /var/runtime to PATH, LD_LIBRARY_PATH, PYTHONPATH and NODE_PATH.
func (v *version) searchPaths(vars map[string]string, p *program) {
	bins, libs := []string{vars["PATH"]}, []string{vars["LD_LIBRARY_PATH"]}
	libs = append(libs, filepath.Join(v.dir, "lib"))
	for _, layer := range v.layers {
		bins = append(bins, filepath.Join(layer, "bin"))
		libs = append(libs, filepath.Join(layer, "lib"))
	}
	setPath(vars, "PATH", bins)
	setPath(vars, "LD_LIBRARY_PATH", libs)
	switch v.kind {
	case kindPython:
		setPath(vars, "PYTHONPATH", append([]string{vars["PYTHONPATH"]}, v.pythonLayers(p)...))
	case kindNode:
		setPath(vars, "NODE_PATH", append([]string{vars["NODE_PATH"]}, v.nodeModules(p)...))
	}
}

// setPath joins the directories that exist; the first entry, what was there
// before, is kept as it is.
func setPath(vars map[string]string, name string, entries []string) {
	kept := entries[:0:0]
	for i, e := range entries {
		if e != "" && (i == 0 || isDir(e)) {
			kept = append(kept, e)
		}
	}
	if len(kept) > 0 {
		vars[name] = strings.Join(kept, string(os.PathListSeparator))
	}
}

// pythonLayers are the layers' directories of Python packages.
func (v *version) pythonLayers(p *program) []string {
	var dirs []string
	for _, layer := range v.layers {
		base := filepath.Join(layer, "python")
		for _, r := range []release{v.release, p.actual} {
			dirs = append(dirs, filepath.Join(base, "lib", "python"+r.String(), "site-packages"))
		}
		dirs = append(dirs, base)
	}
	return slices.Compact(dirs)
}

// nodeModules are the directories of Node packages after the function's own:
// layers, the runtime folder, the machine.
func (v *version) nodeModules(p *program) []string {
	var dirs []string
	for _, layer := range v.layers {
		major := "node" + strconv.Itoa(v.release.major)
		dirs = append(dirs,
			filepath.Join(layer, "nodejs", major, "node_modules"),
			filepath.Join(layer, "nodejs", "node_modules"))
	}
	if v.runtimeDir != "" {
		dirs = append(dirs, filepath.Join(v.runtimeDir, "nodejs", "node_modules"))
	}
	prefix := filepath.Dir(filepath.Dir(p.argv[0]))
	return append(dirs,
		filepath.Join(prefix, "lib", "node_modules"),
		filepath.Join(prefix, "share", "nodejs"))
}

// memory is the function's memory in MB.
func memory(f *spec.Function) int {
	if f.MemoryMB > 0 {
		return f.MemoryMB
	}
	return 128
}
