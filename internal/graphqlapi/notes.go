package graphqlapi

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tidewire/tidewire/internal/spec"
)

// modeOf are the modes that directives name.
var modeOf = map[string]string{
	"aws_api_key": spec.ModeAPIKey, "aws_iam": spec.ModeIAM, "aws_oidc": spec.ModeOIDC, "aws_lambda": spec.ModeLambda,
	"aws_cognito_user_pools": spec.ModeCognito, "aws_auth": spec.ModeCognito,
}

// Notes are remarks about directives that do something else than their author
// may think: AppSync deploys such a schema, and says nothing. An API that
// [Check] refuses has none.
func Notes(api *spec.GraphQLAPI) []spec.Note {
	schema, problems := parseSchema(api)
	if schema == nil || len(problems) > 0 {
		return nil
	}
	n := noter{api: api, onlyPool: newPolicy(api).onlyPool}
	names := make([]string, 0, len(schema.Types))
	for name := range schema.Types {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		n.definition(schema.Types[name])
	}
	return n.notes
}

// noter collects notes.
type noter struct {
	api      *spec.GraphQLAPI
	onlyPool bool
	notes    []spec.Note
}

func (n *noter) definition(d *ast.Definition) {
	if d.BuiltIn {
		return
	}
	abstract := d.Kind == ast.Interface
	n.directives(d.Name, d.Directives, abstract)
	for _, f := range d.Fields {
		n.directives(d.Name+"."+f.Name, f.Directives, abstract)
	}
}

func (n *noter) directives(element string, list ast.DirectiveList, abstract bool) {
	for _, d := range list {
		mode, known := modeOf[d.Name]
		switch groups := groupsOf(d); {
		case !known:
		case abstract:
			n.add(d, "@%s on %s does nothing: the directives of the object types count", d.Name, element)
		case d.Name == "aws_auth" && !n.onlyPool:
			n.add(d, "@aws_auth on %s does nothing on an API whose only mode is not a user pool: whoever is admitted by the default mode may have it; "+
				"use @aws_cognito_user_pools(cognito_groups: …)", element)
		case n.api.Provider(mode) == nil:
			n.add(d, "@%s on %s lets nobody in: %s is no authorization mode of the API", d.Name, element, mode)
		case groups != nil && len(groups) == 0:
			n.add(d, "@%s on %s lets nobody in: cognito_groups is empty", d.Name, element)
		}
	}
}

func (n *noter) add(d *ast.Directive, format string, args ...any) {
	at, message := sourceOf(n.api, d.Position, fmt.Sprintf(format, args...))
	n.notes = append(n.notes, spec.Note{Resource: n.api.LogicalID, Message: message, At: at})
}
