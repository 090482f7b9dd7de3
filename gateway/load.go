package gateway

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/appsyncjs"
	"github.com/tidewire/tidewire/internal/graphqlapi"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/lambda"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/template"
	"github.com/tidewire/tidewire/internal/websocketapi"
)

// Problem is one thing that is wrong with a template.
type Problem = spec.Problem

// ProblemsError is why Open refused a template: everything that is wrong with
// it, each with file, line, resource and a hint.
type ProblemsError struct{ Problems []Problem }

// Error lists every problem.
func (e *ProblemsError) Error() string { return spec.Problems(e.Problems).Error() }

// Load reads and checks a template without starting anything: what
// `tidewire check` does. A *ProblemsError lists all that is wrong.
func Load(path string, o *Options) (*spec.Spec, error) {
	c := o.withDefaults()
	code := &engine{o: appsyncjs.Options{Runtimes: 1}}
	defer code.close()
	s, _, err := load(path, &c, nil, code)
	return s, err
}

// load reads the template and adds what only the gateway can check: guards
// and workers that are lacking, functions that cannot run, and code that is
// refused. files are what the answer depends on, an error's too.
func load(path string, o *Options, secret func(kind, logicalID string) (string, error), code *engine) (s *spec.Spec, files []string, err error) {
	file, err := template.Find(path)
	if err != nil {
		return nil, nil, err
	}
	files = []string{file}
	s, problems := template.Load(file, &template.Options{
		Region: o.Region, Account: o.Account, StackName: o.StackName,
		Parameters: o.Parameters, Resolve: o.Resolve, Imports: o.Imports, Secret: secret,
	})
	if s != nil {
		problems = append(problems, lacking(s, o.Strict)...)
		problems = append(problems, runnable(s, o, problems)...)
		problems = append(problems, unknownFunctions(s, o)...)
		problems = append(problems, undeployable(s, problems)...)
		problems = append(problems, unknownIssuers(s, o)...)
		problems = append(problems, unusablePatterns(s)...)
		more, err := appsyncProblems(s, problems, code)
		if err != nil {
			return nil, s.Files, err
		}
		problems = append(problems, more...)
		files = s.Files
	}
	if len(problems) > 0 {
		problems.Sort()
		return nil, files, &ProblemsError{problems}
	}
	adoptRoles(s)
	for i := range s.GraphQLAPIs {
		s.Notes = append(s.Notes, graphqlapi.Notes(&s.GraphQLAPIs[i])...)
	}
	for _, c := range collisions(s) {
		s.Notes = append(s.Notes, spec.Note{Resource: c.Resource, Message: c.Message + ": " + c.Hint, At: c.At})
	}
	return s, files, nil
}

// adoptRoles adds the roles that functions and data sources name and the template does not
// have, without a policy: such a function gets credentials of its role, as
// SDKs need some, and may do nothing with them here.
func adoptRoles(s *spec.Spec) {
	for i := range s.Functions {
		adoptRole(s, s.Functions[i].RoleARN, s.Functions[i].At)
	}
	for i := range s.GraphQLAPIs {
		for _, ds := range s.GraphQLAPIs[i].DataSources {
			adoptRole(s, ds.RoleARN, ds.At)
		}
	}
	for i := range s.EventsAPIs {
		for _, ds := range s.EventsAPIs[i].DataSources {
			adoptRole(s, ds.RoleARN, ds.At)
		}
	}
}

func adoptRole(s *spec.Spec, arn string, at spec.Source) {
	if arn == "" || s.RoleByARN(arn) != nil {
		return
	}
	sum := sha256.Sum256([]byte(arn))
	id := base32.StdEncoding.EncodeToString(sum[:])[:17]
	s.Roles = append(s.Roles, spec.Role{Name: arn[strings.LastIndexByte(arn, '/')+1:], ARN: arn, ID: "AROA" + id, At: at})
}

// unknownIssuers finds options that name no issuer of the template.
func unknownIssuers(s *spec.Spec, o *Options) spec.Problems {
	var names []string
	for i := range s.GraphQLAPIs {
		for _, p := range s.GraphQLAPIs[i].Auth {
			names = append(names, issuerNames(&p)...)
		}
	}
	for i := range s.EventsAPIs {
		for _, p := range s.EventsAPIs[i].Auth {
			names = append(names, issuerNames(&p)...)
		}
	}
	names = append(names, identityPoolIssuers(s)...)
	var ps spec.Problems
	for name := range o.Issuers {
		if !slices.Contains(names, name) {
			ps = append(ps, spec.Problem{At: spec.Source{File: s.File}, Message: fmt.Sprintf("--issuer names %s, which is no user pool or issuer of the template", name),
				Hint: "they are " + strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ", ")})
		}
	}
	return ps
}

// unusablePatterns are regular expressions of authorization modes that would
// keep the API from being served.
func unusablePatterns(s *spec.Spec) spec.Problems {
	var ps spec.Problems
	check := func(resource string, providers []spec.AuthProvider) {
		for i := range providers {
			if err := identity.CheckPatterns(&providers[i]); err != nil {
				ps = append(ps, spec.Problem{At: providers[i].At, Resource: resource, Message: err.Error(), Hint: "write it in the syntax of Go's regexp package (RE2): without look-around and back-references"})
			}
		}
	}
	for i := range s.GraphQLAPIs {
		check(s.GraphQLAPIs[i].LogicalID, s.GraphQLAPIs[i].Auth)
	}
	for i := range s.EventsAPIs {
		check(s.EventsAPIs[i].LogicalID, s.EventsAPIs[i].Auth)
	}
	return ps
}

// issuerNames are what --issuer may call a provider of tokens.
func issuerNames(p *spec.AuthProvider) []string {
	switch {
	case p.Pool != nil && p.Pool.LogicalID != "":
		return []string{p.Pool.LogicalID, p.Pool.ID, p.Pool.Issuer}
	case p.Pool != nil:
		return []string{p.Pool.ID, p.Pool.Issuer}
	case p.OIDC != nil:
		return []string{p.OIDC.Issuer}
	}
	return nil
}

// lacking turns gaps into problems: a guard always, a worker when strict.
func lacking(s *spec.Spec, strict bool) spec.Problems {
	var ps spec.Problems
	for _, g := range s.Gaps {
		if g.Kind == spec.Guard || strict {
			ps = append(ps, spec.Problem{At: g.At, Resource: g.Resource, Property: g.Property, Message: g.Message, Hint: g.Hint})
		}
	}
	return ps
}

// runnable checks every function that would run as a process here. What is
// known to be wrong with a property is not said twice.
func runnable(s *spec.Spec, o *Options, known spec.Problems) spec.Problems {
	var ps spec.Problems
	for i := range s.Functions {
		f := &s.Functions[i]
		if named(o.Functions, f) || named(o.Remote, f) {
			continue
		}
		for _, p := range lambda.Check(f, &lambda.Options{Path: o.Path}) {
			if !slices.ContainsFunc(known, func(k spec.Problem) bool { return sameMatter(k, p) }) {
				ps = append(ps, p)
			}
		}
	}
	return ps
}

// sameMatter tells whether two problems are about one property of one
// resource; Code, CodeUri and InlineCode are one, and Handler depends on it.
func sameMatter(a, b spec.Problem) bool {
	matter := func(p spec.Problem) string {
		name := strings.TrimPrefix(p.Property, "Properties.")
		if strings.Contains(name, "Code") || name == "Handler" {
			return "Code"
		}
		return name
	}
	return a.Resource == b.Resource && (matter(a) == matter(b) || a.Property == "")
}

// unknownFunctions finds options that name no function of the template.
func unknownFunctions(s *spec.Spec, o *Options) spec.Problems {
	var ps spec.Problems
	check := func(option, name string) {
		for i := range s.Functions {
			if f := &s.Functions[i]; name == f.LogicalID || name == f.Name || name == "" {
				return
			}
		}
		ps = append(ps, spec.Problem{At: spec.Source{File: s.File}, Message: fmt.Sprintf("%s names %s, which is no function of the template", option, name),
			Hint: "functions are " + functionNames(s)})
	}
	for name := range o.Functions {
		check("Functions", name)
	}
	for name := range o.Remote {
		if !integrated(s, name) {
			check("--function", name)
		}
	}
	for name := range o.FunctionCredentials {
		check("--function-credentials", name)
	}
	return ps
}

// undeployable finds what only the runtime can judge, in APIs that are right
// otherwise, so that neither serve nor a reload fails halfway.
func undeployable(s *spec.Spec, known spec.Problems) spec.Problems {
	var ps spec.Problems
	for i := range s.WebSocketAPIs {
		a := &s.WebSocketAPIs[i]
		if slices.ContainsFunc(known, func(p spec.Problem) bool { return p.Resource == a.LogicalID }) {
			continue
		}
		for _, err := range websocketapi.Check(s, a) {
			ps = append(ps, spec.Problem{At: a.At, Resource: a.LogicalID, Message: err.Error(), Hint: "AWS would not deploy it either"})
		}
	}
	return ps
}

// integrated tells whether an integration of the template runs a function of
// this name that the template does not define.
func integrated(s *spec.Spec, name string) bool {
	for i := range s.WebSocketAPIs {
		for _, in := range s.WebSocketAPIs[i].Integrations {
			if arn := spec.UnqualifiedFunctionARN(in.FunctionARN); arn != "" && arn[strings.LastIndexByte(arn, ':')+1:] == name {
				return true
			}
		}
	}
	return false
}

func functionNames(s *spec.Spec) string {
	names := make([]string, len(s.Functions))
	for i := range s.Functions {
		names[i] = s.Functions[i].LogicalID
	}
	return strings.Join(names, ", ")
}

// named finds an option for a function, by logical id or name.
func named[T any](options map[string]T, f *spec.Function) bool {
	_, ok := option(options, f)
	return ok
}

func option[T any](options map[string]T, f *spec.Function) (T, bool) {
	if v, ok := options[f.LogicalID]; ok {
		return v, true
	}
	v, ok := options[f.Name]
	return v, ok
}
