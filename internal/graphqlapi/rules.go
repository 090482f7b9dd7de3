package graphqlapi

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// rule is all validation rules that have graphql-java's names and words.
func (v *checker) rule() validator.Rule {
	return validator.Rule{Name: "graphql-java", RuleFunc: func(on *validator.Events, _ validator.AddErrFunc) {
		on.OnOperation(v.operation)
		on.OnVariable(v.variable)
		on.OnField(v.field)
		on.OnFragment(v.fragment)
		on.OnInlineFragment(v.inlineFragment)
		on.OnFragmentSpread(v.fragmentSpread)
		on.OnDirective(v.directive)
		on.OnValue(v.value)
	}}
}

func (v *checker) operation(_ *validator.Walker, o *ast.OperationDefinition) {
	if first := v.doc.Operations[0]; len(v.doc.Operations) > 1 {
		switch {
		case o.Name == "":
			v.add("LoneAnonymousOperationViolation", nil, o.Position, "Anonymous operation with other operations.")
		case first.Name == "" && o != first:
			v.add("LoneAnonymousOperationViolation", nil, o.Position, "Operation %s is following anonymous operation.", o.Name)
		}
	}
	for _, d := range o.VariableDefinitions {
		if !d.Used {
			v.add("UnusedVariable", nil, d.Position, "Unused variable %s", d.Variable)
		}
	}
}

func (v *checker) variable(_ *validator.Walker, d *ast.VariableDefinition) {
	switch {
	case d.Definition == nil:
		v.add("UnknownType", nil, d.Type.Position, "Unknown type %s", d.Type.Name())
	case !d.Definition.IsInputType():
		v.add("NonInputTypeOnVariable", nil, d.Position, "Wrong type for a variable")
	case d.DefaultValue != nil && v.cfg.checkLiteral(d.Type, d.DefaultValue, d.Variable) != nil:
		v.add("BadValueForDefaultArg", nil, d.Position, "Bad default value %s for type %s", javaValue(d.DefaultValue), d.Type)
	}
}

func (v *checker) field(_ *validator.Walker, f *ast.Field) {
	if f.ObjectDefinition == nil {
		return
	}
	if f.Definition == nil {
		v.add("FieldUndefined", f, f.Position, "Field '%s' in type '%s' is undefined", f.Name, f.ObjectDefinition.Name)
		return
	}
	v.leaf(f)
	for _, a := range f.Arguments {
		if f.Definition.Arguments.ForName(a.Name) == nil {
			v.add("UnknownArgument", a, a.Position, "Unknown field argument %s", a.Name)
		}
	}
	v.arguments(f.Definition.Arguments, f.Arguments)
	for _, d := range f.Definition.Arguments {
		if d.Type.NonNull && d.DefaultValue == nil && f.Arguments.ForName(d.Name) == nil {
			v.add("MissingFieldArgument", f, f.Position, "Missing field argument %s", d.Name)
		}
	}
}

// leaf checks that objects have selections and that leaves have none.
func (v *checker) leaf(f *ast.Field) {
	t := v.cfg.types[f.Definition.Type.Name()]
	if t == nil {
		return
	}
	if !t.composite() && len(f.SelectionSet) > 0 {
		v.add("SubSelectionNotAllowed", f, f.Position, "Sub selection not allowed on leaf type %s of field %s", f.Definition.Type, f.Name)
	}
	if t.composite() && len(f.SelectionSet) == 0 {
		v.add("SubSelectionRequired", f, f.Position, "Sub selection required for type %s of field %s", f.Definition.Type, f.Name)
	}
}

// arguments checks the literals of arguments.
func (v *checker) arguments(defs ast.ArgumentDefinitionList, given ast.ArgumentList) {
	for _, a := range given {
		d := defs.ForName(a.Name)
		if d == nil {
			continue
		}
		if bad := v.cfg.checkLiteral(d.Type, a.Value, a.Name); bad != nil {
			v.add("WrongType", a, a.Position, "argument '%s' with value '%s' %s", bad.where, clip(javaValue(bad.value)), bad.why)
		}
	}
}

func (v *checker) fragment(_ *validator.Walker, f *ast.FragmentDefinition) {
	switch {
	case f.Definition == nil:
		v.add("UnknownType", f, f.Position, "Unknown type %s", f.TypeCondition)
	case !f.Definition.IsCompositeType():
		v.add("FragmentTypeConditionInvalid", f, f.Position, "Fragment type condition is invalid, must be on Object/Interface/Union")
	}
	if !v.spread[f.Name] {
		v.add("UnusedFragment", f, f.Position, "Unused fragment %s", f.Name)
	}
}

func (v *checker) inlineFragment(_ *validator.Walker, f *ast.InlineFragment) {
	if f.TypeCondition == "" {
		return
	}
	t := v.cfg.types[f.TypeCondition]
	switch {
	case t == nil:
		v.add("UnknownType", f, f.Position, "Unknown type %s", f.TypeCondition)
	case !t.def.IsCompositeType():
		v.add("InlineFragmentTypeConditionInvalid", f, f.Position, "Inline fragment type condition is invalid, must be on Object/Interface/Union")
	case v.apart(f.ObjectDefinition, t):
		v.add("InvalidFragmentType", f, f.Position, "Fragment cannot be spread here as objects of type %s can never be of type %s", f.ObjectDefinition.Name, t.name)
	}
}

func (v *checker) fragmentSpread(w *validator.Walker, s *ast.FragmentSpread) {
	if w.CurrentOperation != nil {
		v.spread[s.Name] = true
	}
	if s.Definition == nil {
		v.add("UndefinedFragment", s, s.Position, "Undefined fragment %s", s.Name)
		return
	}
	if t := v.cfg.types[s.Definition.TypeCondition]; t != nil && v.apart(s.ObjectDefinition, t) {
		v.add("InvalidFragmentType", s, s.Position, "Fragment %s cannot be spread here as objects of type %s can never be of type %s", s.Name, s.ObjectDefinition.Name, t.name)
	}
}

// apart says whether no object is of both types.
func (v *checker) apart(parent *ast.Definition, t *namedType) bool {
	if parent == nil || !t.composite() {
		return false
	}
	p := v.cfg.types[parent.Name]
	if p == nil || !p.composite() {
		return false
	}
	for name := range p.concrete {
		if t.concrete[name] != nil {
			return false
		}
	}
	return true
}

func (v *checker) directive(_ *validator.Walker, d *ast.Directive) {
	if d.Definition == nil {
		v.add("UnknownDirective", d, d.Position, "Unknown directive %s", d.Name)
		return
	}
	if !slices.Contains(d.Definition.Locations, d.Location) {
		v.add("MisplacedDirective", d, d.Position, "Directive %s not allowed here", d.Name)
	}
	for _, a := range d.Arguments {
		if d.Definition.Arguments.ForName(a.Name) == nil {
			v.add("UnknownDirective", a, a.Position, "Unknown directive argument %s", a.Name)
		}
	}
	v.arguments(d.Definition.Arguments, d.Arguments)
	for _, def := range d.Definition.Arguments {
		if def.Type.NonNull && def.DefaultValue == nil && d.Arguments.ForName(def.Name) == nil {
			v.add("MissingDirectiveArgument", d, d.Position, "Missing directive argument %s", def.Name)
		}
	}
}

// value checks the uses of variables.
func (v *checker) value(w *validator.Walker, x *ast.Value) {
	if x.Kind != ast.Variable || w.CurrentOperation == nil {
		return
	}
	def := x.VariableDefinition
	if def == nil {
		v.add("UndefinedVariable", x, x.Position, "Undefined variable %s", x.Raw)
		return
	}
	if x.ExpectedType == nil || def.Definition == nil || !def.Definition.IsInputType() {
		return
	}
	expected := *x.ExpectedType
	if x.ExpectedTypeHasDefault || def.DefaultValue != nil && def.DefaultValue.Kind != ast.NullValue {
		expected.NonNull = false
	}
	if !def.Type.IsCompatible(&expected) {
		v.add("VariableTypeMismatch", x, x.Position, "Variable type '%s' doesn't match expected type '%s'", def.Type, x.ExpectedType)
	}
}
