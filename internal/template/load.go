package template

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// Options are what a template needs from outside. The zero value works.
type Options struct {
	Region    string // default "us-east-1"
	Account   string // twelve digits, default "123456789012"
	StackName string // default: the name of the template's directory

	Parameters map[string]string // values of template parameters, by name
	// Resolve are the values of SSM parameters and dynamic references, by
	// what stands in the reference ("ssm:/path:1", or "/path" alone).
	Resolve map[string]string
	Imports map[string]string // values for Fn::ImportValue, by export name

	// Secret gives the stable random values of access keys and API keys;
	// kinds are "access-key-id", "secret-access-key", "api-key" and
	// "appsync-api-key". Nil makes placeholders that are derived from names:
	// good for checking a template, not for serving it.
	Secret func(kind, logicalID string) (string, error)
}

// Find says which file is meant: path itself, or the template of a directory,
// template.yaml, template.yml or template.json. None and several are errors.
func Find(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("no template at %s: %w", path, err)
	}
	if !info.IsDir() {
		return path, nil
	}
	var found []string
	for _, name := range []string{"template.yaml", "template.yml", "template.json"} {
		file := filepath.Join(path, name)
		if fi, err := os.Stat(file); err == nil && !fi.IsDir() {
			found = append(found, name)
		}
	}
	switch len(found) {
	case 1:
		return filepath.Join(path, found[0]), nil
	case 0:
		return "", fmt.Errorf("no template in %s: none of template.yaml, template.yml and template.json is there; name the file", path)
	default:
		return "", fmt.Errorf("several templates in %s: %s; name the one that is meant", path, strings.Join(found, ", "))
	}
}

// Load reads the template in the file path (see [Find]) and everything that it
// says. All problems come at once, in the order of the file. With any, the
// Spec is not to be served: it holds what could be read, so that a caller can
// look for problems of its own at the same time, and is nil if nothing could.
// o may be nil.
func Load(path string, o *Options) (*spec.Spec, spec.Problems) {
	data, err := readBounded(path)
	if err != nil {
		return nil, spec.Problems{{At: spec.Source{File: path}, Message: "the template cannot be read: " + err.Error()}}
	}
	return load(path, data, o)
}

// readBounded reads one byte more than is allowed, so that parse can tell.
func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a directory", path)
	}
	if info.Size() > maxBytes {
		return nil, fmt.Errorf("it has %d bytes, at most %d are read (CloudFormation takes 1 MB)", info.Size(), maxBytes)
	}
	return os.ReadFile(path)
}

// load is Load for a template in memory.
func load(path string, data []byte, o *Options) (*spec.Spec, spec.Problems) {
	l := newLoader(path, o)
	l.checkOptions()
	l.root = parse(data, strings.EqualFold(filepath.Ext(path), ".json"), l.problem)
	if l.root == nil {
		return nil, tidy(l.problems)
	}
	l.read()
	l.finish()
	l.problems = append(l.problems, l.consequent(l.validate())...)
	if len(l.problems) == 0 {
		return l.spec, nil
	}
	return l.spec, tidy(l.problems)
}

// consequent leaves out what is wrong with the Spec only because something
// could not be read: problems of a resource that has one already, and those of
// no resource in particular.
func (l *loader) consequent(ps spec.Problems) spec.Problems {
	if len(l.problems) == 0 {
		return ps
	}
	known := map[string]bool{"": true}
	for _, p := range l.problems {
		known[p.Resource] = true
	}
	return slices.DeleteFunc(ps, func(p spec.Problem) bool { return known[p.Resource] })
}

// read goes through the sections in the order in which they depend on each
// other.
func (l *loader) read() {
	l.checkSections()
	l.readTransforms()
	l.readParameters()
	l.readMappings()
	l.expandLoops()
	l.readConditions()
	l.readResources()
	l.checkConditions()
	l.runResources()
	l.readOutputs()
	l.findCycles()
	l.checkUnused()
}

// finish flattens the drafts into the Spec.
func (l *loader) finish() {
	s := l.spec
	for _, a := range l.apis {
		s.WebSocketAPIs = append(s.WebSocketAPIs, *a.api)
	}
	for _, d := range l.apps {
		switch {
		case d.events != nil:
			s.EventsAPIs = append(s.EventsAPIs, *d.events.api)
		case len(d.graph.api.Schema) > 0:
			s.GraphQLAPIs = append(s.GraphQLAPIs, *d.graph.api)
		}
	}
	for _, d := range l.pools {
		s.IdentityPools = append(s.IdentityPools, *d.pool)
	}
	for _, u := range l.users {
		s.Users = append(s.Users, *u)
	}
	for _, r := range l.roles {
		s.Roles = append(s.Roles, *r)
	}
	for _, p := range l.plans {
		s.UsagePlans = append(s.UsagePlans, *p)
	}
	for _, d := range l.domains {
		s.Domains = append(s.Domains, *d)
	}
	sort.SliceStable(s.Gaps, func(i, j int) bool { return s.Gaps[i].At.Line < s.Gaps[j].At.Line })
	sort.SliceStable(s.Notes, func(i, j int) bool { return s.Notes[i].At.Line < s.Notes[j].At.Line })
}
