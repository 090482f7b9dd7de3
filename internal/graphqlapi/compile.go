package graphqlapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/spec"
)

// config is an API at one reading of its template. Immutable but for its
// cache of documents.
type config struct {
	api    *spec.GraphQLAPI
	schema *ast.Schema // nil: the API has none
	types  map[string]*namedType
	env    json.RawMessage
	// resolverLimit is how many resolvers one request may run.
	resolverLimit int
	documents     *cache
	level         logLevel
	// listeners are the subscription fields that a mutation triggers.
	listeners map[string][]string
}

// Check is everything that is wrong with an API, each with where it is: errors
// of the schema with their lines, resolvers of fields that do not exist, code
// that load refuses. load may be nil: code is not looked at then. What cannot
// run here (Unsupported) is no problem.
func Check(api *spec.GraphQLAPI, load func(owner string, s *spec.Script) (*Module, spec.Problems)) spec.Problems {
	_, problems := compile(api, load, Limits{})
	return problems
}

// compile makes a config.
func compile(api *spec.GraphQLAPI, load func(string, *spec.Script) (*Module, spec.Problems), limits Limits) (*config, spec.Problems) {
	limits.defaults()
	schema, problems := parseSchema(api)
	cfg := &config{api: api, schema: schema, resolverLimit: cmp.Or(api.ResolverCountLimit, defaultResolvers), level: levelOf(api)}
	cfg.documents = newCache(limits.CacheCount, limits.CacheBytes)
	cfg.env = environment(api.Environment)
	b := binder{cfg: cfg, load: load, problems: problems}
	b.functions = make(map[string]*step)
	if schema != nil {
		cfg.types = compileTypes(schema, newPolicy(api))
		for i := range api.Functions {
			b.functions[api.Functions[i].ID] = b.function(&api.Functions[i])
		}
		for i := range api.Resolvers {
			b.bind(&api.Resolvers[i])
		}
		spreadResolvers(cfg.types)
		b.subscriptions()
		cfg.listeners = listenersOf(schema)
	}
	b.problems.Sort()
	return cfg, b.problems
}

// environment is ctx.env.
func environment(env map[string]string) json.RawMessage {
	if len(env) == 0 {
		return json.RawMessage("{}")
	}
	text, err := json.Marshal(env)
	if err != nil { // strings always marshal
		return json.RawMessage("{}")
	}
	return text
}

// binder attaches the resolvers of the template to the schema.
type binder struct {
	cfg       *config
	load      func(string, *spec.Script) (*Module, spec.Problems)
	functions map[string]*step // by PipelineFunction.ID
	problems  spec.Problems
}

func (b *binder) add(at spec.Source, id, message, hint string) {
	b.problems = append(b.problems, spec.Problem{At: at, Resource: id, Message: message, Hint: hint})
}

// bind attaches one resolver.
func (b *binder) bind(r *spec.Resolver) {
	field := b.field(r)
	compiled := b.resolver(r)
	if field == nil {
		return
	}
	if field.resolver != nil {
		b.add(r.At, r.LogicalID, fmt.Sprintf("the field %s.%s has a resolver already, %s", r.Type, r.Field, field.resolver.spec.LogicalID), "a field has one resolver; make it a pipeline if it has to do more")
		return
	}
	field.resolver = compiled
}

// field finds what a resolver is for.
func (b *binder) field(r *spec.Resolver) *fieldDef {
	t := b.cfg.types[r.Type]
	if t == nil || t.def.Kind != ast.Object {
		b.add(r.At, r.LogicalID, fmt.Sprintf("No type named %s found", r.Type), nearest(r.Type, b.objects()))
		return nil
	}
	f := t.fields[r.Field]
	if f == nil {
		b.add(r.At, r.LogicalID, fmt.Sprintf("No field named %s found on type %s", r.Field, r.Type), nearest(r.Field, fieldNames(t)))
	}
	return f
}

// objects are the names of the schema's own object types.
func (b *binder) objects() []string {
	var names []string
	for name, t := range b.cfg.types {
		if t.def.Kind == ast.Object && !t.def.BuiltIn {
			names = append(names, name)
		}
	}
	return names
}

func fieldNames(t *namedType) []string {
	names := make([]string, 0, len(t.fields))
	for name := range t.fields {
		if len(name) < 2 || name[:2] != "__" {
			names = append(names, name)
		}
	}
	return names
}

// resolver compiles one resolver with its code and data sources.
func (b *binder) resolver(r *spec.Resolver) *resolver {
	out := &resolver{spec: r, unsupported: r.Unsupported}
	if out.unsupported != "" {
		return out
	}
	if r.Pipeline {
		out.code = b.module(r.LogicalID, r.Code, r.At)
		for _, id := range r.Functions {
			out.steps = append(out.steps, b.step(r, id))
		}
		return out
	}
	out.unit = &step{source: b.source(r.At, r.LogicalID, r.DataSource), maxBatch: r.MaxBatchSize}
	out.unit.code = b.code(r.LogicalID, r.Code, r.At, out.unit.source)
	return out
}

// function compiles a function of pipelines.
func (b *binder) function(f *spec.PipelineFunction) *step {
	s := &step{name: f.Name, unsupported: f.Unsupported, maxBatch: f.MaxBatchSize}
	if s.unsupported != "" {
		return s
	}
	s.source = b.source(f.At, f.LogicalID, f.DataSource)
	s.code = b.code(f.LogicalID, f.Code, f.At, s.source)
	return s
}

// step finds a function of a pipeline.
func (b *binder) step(r *spec.Resolver, id string) *step {
	s := b.functions[id]
	if s == nil {
		b.add(r.At, r.LogicalID, "there is no pipeline function "+id, "Functions: [!GetAtt MyFunction.FunctionId]")
	}
	return s
}

// code loads the code around a data source. Only a Lambda function does
// without.
func (b *binder) code(id string, s *spec.Script, at spec.Source, ds *spec.DataSource) *Module {
	if s != nil {
		return b.module(id, s, at)
	}
	if ds != nil && ds.Type != spec.SourceLambda && ds.Unsupported == "" {
		b.add(at, id, "it has no code, which only works with a Lambda data source", "give it Code or CodeS3Location, and a Runtime")
	}
	return nil
}

func (b *binder) source(at spec.Source, id, name string) *spec.DataSource {
	ds := b.cfg.api.DataSource(name)
	if ds == nil {
		var names []string
		for i := range b.cfg.api.DataSources {
			names = append(names, b.cfg.api.DataSources[i].Name)
		}
		b.add(at, id, fmt.Sprintf("there is no data source %q", name), nearest(name, names))
	}
	return ds
}

// module loads code and looks whether it has the functions that are called.
func (b *binder) module(owner string, s *spec.Script, at spec.Source) *Module {
	if s == nil || b.load == nil {
		return nil
	}
	m, problems := b.load(owner, s)
	b.problems = append(b.problems, problems...)
	if m == nil {
		return nil
	}
	for _, name := range []string{"request", "response"} {
		if !m.Has(name) {
			b.add(at, owner, "the code exports no function "+name, "export function "+name+"(ctx) { … }")
		}
	}
	return m
}

// subscriptions looks whether @aws_subscribe names mutations that exist.
func (b *binder) subscriptions() {
	if b.cfg.schema.Subscription == nil {
		return
	}
	for _, f := range b.cfg.schema.Subscription.Fields {
		for _, m := range mutationsOf(f) {
			b.subscription(f, m)
		}
	}
}

func (b *binder) subscription(f *ast.FieldDefinition, mutation *ast.Value) {
	var m *ast.FieldDefinition
	if root := b.cfg.schema.Mutation; root != nil {
		m = root.Fields.ForName(mutation.Raw)
	}
	switch {
	case m == nil:
		b.blame(mutation, "", "the subscription %s listens to the mutation %s, which does not exist", f.Name, mutation.Raw)
	case !sameOutput(f.Type, m.Type):
		b.blame(mutation, "a subscription has the type of its mutations", "the subscription %s has an invalid output type: it is %s, the mutation %s gives %s", f.Name, f.Type, m.Name, m.Type)
	}
}

// blame notes a problem of a value in the schema.
func (b *binder) blame(v *ast.Value, hint, format string, args ...any) {
	at, message := sourceOf(b.cfg.api, v.Position, fmt.Sprintf(format, args...))
	b.add(at, b.cfg.api.LogicalID, message, hint)
}

// nearest is a hint with the name that is closest to one that was not found.
func nearest(name string, names []string) string {
	sort.Strings(names)
	best, distance := "", len(name)/2+2
	for _, candidate := range names {
		if d := editDistance(name, candidate); d < distance {
			best, distance = candidate, d
		}
	}
	switch {
	case best != "":
		return "did you mean " + best + "?"
	case len(names) > 0 && len(names) <= 8:
		return fmt.Sprintf("there are %v", names)
	}
	return ""
}

// editDistance is the Levenshtein distance of two names.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
