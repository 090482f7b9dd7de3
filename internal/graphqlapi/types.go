package graphqlapi

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/graphqlapi/scalars"
)

// leaf says how values of a type without fields are read and written.
type leaf int

const (
	noLeaf leaf = iota
	leafString
	leafInt
	leafFloat
	leafBoolean
	leafID
	leafEnum
	leafText // an AWS scalar that is a string
	leafTimestamp
	leafJSON
)

// namedType is a type of the schema, compiled. Immutable.
type namedType struct {
	name   string
	def    *ast.Definition
	leaf   leaf
	scalar *scalars.Scalar      // of leafText, leafTimestamp, leafJSON
	enum   map[string]bool      // values of an enum
	fields map[string]*fieldDef // of objects and interfaces
	// concrete are the object types that a value may have, by name.
	concrete map[string]*namedType
	// resolves says that a resolver may be met at or below a field of this
	// type, whatever is selected.
	resolves bool
	// batches says the same of resolvers whose calls go out in batches.
	batches bool
	root    string // "query", "mutation", "subscription" or empty
}

// composite says whether the type has fields to select.
func (t *namedType) composite() bool { return t.leaf == noLeaf }

// abstract says whether a value has to name its type.
func (t *namedType) abstract() bool {
	return t.def.Kind == ast.Interface || t.def.Kind == ast.Union
}

// fieldType is the type of a field: list or name, nullable or not.
type fieldType struct {
	nonNull bool
	elem    *fieldType // of a list
	named   *namedType // at the bottom of all lists
	text    string     // without the outer "!", for messages
}

// fieldDef is a field of an object, compiled. Immutable.
type fieldDef struct {
	name     string
	def      *ast.FieldDefinition
	parent   *namedType
	typ      *fieldType
	resolver *resolver // nil: the property of the parent's value
	access   access
}

// typeTable compiles the types of a schema.
type typeTable struct {
	schema *ast.Schema
	types  map[string]*namedType
}

func compileTypes(s *ast.Schema, policy *policy) map[string]*namedType {
	t := typeTable{schema: s, types: make(map[string]*namedType, len(s.Types))}
	for name, def := range s.Types {
		t.types[name] = compileNamed(name, def)
	}
	for _, root := range []struct {
		def  *ast.Definition
		name string
	}{{s.Query, "query"}, {s.Mutation, "mutation"}, {s.Subscription, "subscription"}} {
		if root.def != nil {
			t.types[root.def.Name].root = root.name
		}
	}
	for _, typ := range t.types { // which asks for the roots
		t.members(typ, policy)
	}
	return t.types
}

// compileNamed compiles what a type is by itself.
func compileNamed(name string, def *ast.Definition) *namedType {
	typ := &namedType{name: name, def: def, leaf: leafOf(name, def)}
	if typ.leaf == leafEnum {
		typ.enum = make(map[string]bool, len(def.EnumValues))
		for _, v := range def.EnumValues {
			typ.enum[v.Name] = true
		}
	}
	typ.scalar = scalars.Lookup(name)
	return typ
}

func leafOf(name string, def *ast.Definition) leaf {
	switch def.Kind {
	case ast.Enum:
		return leafEnum
	case ast.Scalar:
	default:
		return noLeaf
	}
	switch name {
	case "Int":
		return leafInt
	case "Float":
		return leafFloat
	case "Boolean":
		return leafBoolean
	case "ID":
		return leafID
	case scalars.Timestamp:
		return leafTimestamp
	case scalars.JSON:
		return leafJSON
	}
	if scalars.Lookup(name) != nil {
		return leafText
	}
	return leafString
}

// members compiles the fields of a type and which objects it may be.
func (t *typeTable) members(typ *namedType, policy *policy) {
	switch typ.def.Kind {
	case ast.Object:
		typ.concrete = map[string]*namedType{typ.name: typ}
	case ast.Interface, ast.Union:
		typ.concrete = make(map[string]*namedType)
		for _, possible := range t.schema.PossibleTypes[typ.name] {
			if possible.Kind == ast.Object {
				typ.concrete[possible.Name] = t.types[possible.Name]
			}
		}
	default:
		return
	}
	typ.fields = make(map[string]*fieldDef, len(typ.def.Fields))
	for _, f := range typ.def.Fields {
		typ.fields[f.Name] = &fieldDef{name: f.Name, def: f, parent: typ, typ: t.fieldType(f.Type), access: policy.field(typ, f)}
	}
}

func (t *typeTable) fieldType(a *ast.Type) *fieldType {
	bare := *a
	bare.NonNull = false
	f := &fieldType{nonNull: a.NonNull, text: bare.String()}
	if a.Elem != nil {
		f.elem = t.fieldType(a.Elem)
		f.named = f.elem.named
		return f
	}
	f.named = t.types[a.NamedType]
	return f
}

// spreadResolvers marks the types from which a resolver may be reached.
func spreadResolvers(types map[string]*namedType) {
	for changed := true; changed; {
		changed = false
		for _, t := range types {
			resolves, batches := t.reaches()
			if resolves != t.resolves || batches != t.batches {
				t.resolves, t.batches, changed = resolves, batches, true
			}
		}
	}
}

// reaches says whether a resolver, and one that batches, is one step away.
func (t *namedType) reaches() (resolves, batches bool) {
	resolves, batches = t.resolves, t.batches
	for _, f := range t.fields {
		resolves = resolves || f.resolver != nil || f.typ.named.resolves
		batches = batches || f.resolver.batches() || f.typ.named.batches
	}
	for _, c := range t.concrete {
		resolves, batches = resolves || c.resolves, batches || c.batches
	}
	return resolves, batches
}
