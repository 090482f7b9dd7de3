package graphqlapi

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// access says which callers may have a field, as the directives say it
// (AppSync developer guide, "Configuring authorization and authentication",
// "Using additional authorization modes"). The zero value says nothing.
type access []grant

// grant is one directive.
type grant struct {
	mode   string
	groups []string // of Cognito; nil: every user of the pool
}

// allows says whether a grant holds for the caller.
func (a access) allows(c *identity.Caller) bool {
	for i := range a {
		if a[i].mode == c.Mode && (a[i].groups == nil || slices.ContainsFunc(c.Groups, func(g string) bool { return slices.Contains(a[i].groups, g) })) {
			return true
		}
	}
	return false
}

// String lists who is let in.
func (a access) String() string {
	if len(a) == 0 {
		return "nobody"
	}
	var parts []string
	for _, g := range a {
		part := g.mode
		if g.groups != nil {
			part += fmt.Sprintf(" in the groups %v", g.groups)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// policy is what an API's modes make of directives.
type policy struct {
	ordinary access // of what has no directive: the default mode
	// onlyPool: Cognito is the sole mode, so that @aws_auth counts.
	onlyPool bool
	// deny: the pool's DefaultAction is DENY, so that fields of the root types
	// need a directive.
	deny bool
}

func newPolicy(api *spec.GraphQLAPI) *policy {
	if len(api.Auth) == 0 {
		return &policy{}
	}
	first := &api.Auth[0]
	return &policy{
		ordinary: access{{mode: first.Mode}},
		onlyPool: len(api.Auth) == 1 && first.Mode == spec.ModeCognito,
		deny:     first.Mode == spec.ModeCognito && first.Pool != nil && first.Pool.DefaultAction == "DENY",
	}
}

// of reads the directives of one element; several are alternatives. nil is
// that there are none.
func (p *policy) of(list ast.DirectiveList) access {
	var a access
	for _, d := range list {
		switch d.Name {
		case "aws_api_key":
			a = append(a, grant{mode: spec.ModeAPIKey})
		case "aws_iam":
			a = append(a, grant{mode: spec.ModeIAM})
		case "aws_oidc":
			a = append(a, grant{mode: spec.ModeOIDC})
		case "aws_lambda":
			a = append(a, grant{mode: spec.ModeLambda})
		case "aws_cognito_user_pools":
			a = append(a, grant{spec.ModeCognito, groupsOf(d)})
		case "aws_auth":
			if p.onlyPool { // AppSync ignores it otherwise
				a = append(a, grant{spec.ModeCognito, groupsOf(d)})
			}
		}
	}
	return a
}

// groupsOf are the directive's cognito_groups; nil if it does not have them.
func groupsOf(d *ast.Directive) []string {
	arg := d.Arguments.ForName("cognito_groups")
	if arg == nil || arg.Value == nil || arg.Value.Kind == ast.NullValue {
		return nil
	}
	if arg.Value.Kind != ast.ListValue {
		return []string{arg.Value.Raw}
	}
	groups := make([]string, 0, len(arg.Value.Children))
	for _, v := range arg.Value.Children {
		groups = append(groups, v.Value.Raw)
	}
	return groups
}

// field is the access of a field of an object: its own directives, else those
// of its type, else the default mode.
func (p *policy) field(t *namedType, f *ast.FieldDefinition) access {
	if a := p.of(f.Directives); a != nil {
		return a
	}
	if a := p.of(t.def.Directives); a != nil {
		return a
	}
	if p.deny && t.root != "" {
		return nil
	}
	return p.ordinary
}

// allowed says whether the caller may have a field. Introspection is open to every
// mode, as directives cannot be on it, but not to whom a policy or the denied
// fields of an authorizer refuse it.
func (x *execution) allowed(f *field) bool {
	if x.refused != nil {
		return !x.refused[f]
	}
	c := x.run.Caller
	if !strings.HasPrefix(f.def.name, "__") && !f.def.access.allows(c) {
		x.explain(f, nil)
		return false
	}
	if f.def.parent.root == "" && c.Mode != spec.ModeLambda {
		return true
	}
	e := x.forbidden(c, f.def)
	if e != nil {
		x.explain(f, e.Cause)
	}
	return e == nil
}

// forbidden asks what the schema does not say: policies, and the denied fields of
// a Lambda authorizer. One that names the field of an interface denies it on all
// types that have it from there. nil is no.
func (x *execution) forbidden(c *identity.Caller, d *fieldDef) *fault.Error {
	e := x.api.o.AuthorizeField(c, d.parent.name, d.name)
	if c.Mode != spec.ModeLambda {
		return e
	}
	for _, name := range d.parent.def.Interfaces {
		if e == nil {
			e = x.api.o.AuthorizeField(c, name, d.name)
		}
	}
	return e
}

// maxExplained bounds the refused fields of one request that are logged: a
// field of a list is refused in every item.
const maxExplained = 10

// explain logs why a field was refused; by the schema if there is no error.
func (x *execution) explain(f *field, why error) {
	if x.refusals.Add(1) > maxExplained {
		return
	}
	if why == nil {
		why = fmt.Errorf("the caller came by %s (groups %v), the schema lets in %s", x.run.Caller.Mode, x.run.Caller.Groups, f.def.access)
	}
	x.api.o.Log.Warn("GraphQL field refused", slog.String("api", x.op.cfg.api.LogicalID), slog.String("type", f.def.parent.name),
		slog.String("field", f.def.name), slog.Any("cause", why))
}

// denied writes null for a field that the caller may not have.
func (w *writer) denied(f *field) bool {
	if !w.mute {
		w.x.fail(w.x.fieldError(f, slices.Clone(w.path), &Failure{Type: unauthorized, Message: notAuthorizedTo(f)}))
	}
	if f.def.typ.nonNull {
		return false
	}
	w.buf = append(w.buf, "null"...)
	return true
}

const unauthorized = "Unauthorized"

func notAuthorizedTo(f *field) string {
	return "Not Authorized to access " + f.def.name + " on type " + f.def.parent.name
}
