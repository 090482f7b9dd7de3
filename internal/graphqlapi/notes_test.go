package graphqlapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/spec"
)

func TestNotesAboutDirectives(t *testing.T) {
	t.Parallel()
	const schema = `
interface Node @aws_api_key { id: ID @aws_iam }
type Query {
  open: String @aws_auth(cognito_groups: ["Admin"])
  shut: String @aws_oidc
  none: String @aws_cognito_user_pools(cognito_groups: [])
  fine: String @aws_cognito_user_pools(cognito_groups: ["Admin"]) @aws_api_key
}`
	pool := spec.AuthProvider{Mode: spec.ModeCognito, Pool: &spec.UserPoolProvider{}}
	api := &spec.GraphQLAPI{LogicalID: "Api", Schema: []spec.SchemaPart{{File: "/s.graphql", Text: schema}}, Auth: []spec.AuthProvider{pool, {Mode: spec.ModeAPIKey}}}
	var got []string
	for _, n := range Notes(api) {
		got = append(got, fmt.Sprintf("%s:%d %s", n.At.File, n.At.Line, strings.SplitN(n.Message, ":", 2)[0]))
	}
	want := []string{
		"/s.graphql:2 @aws_api_key on Node does nothing",
		"/s.graphql:2 @aws_iam on Node.id does nothing",
		"/s.graphql:4 @aws_auth on Query.open does nothing on an API whose only mode is not a user pool",
		"/s.graphql:5 @aws_oidc on Query.shut lets nobody in",
		"/s.graphql:6 @aws_cognito_user_pools on Query.none lets nobody in",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	api.Auth = api.Auth[:1]
	api.Schema[0].Text = `type Query { a: String @aws_auth(cognito_groups: ["Admin"]) }`
	if notes := Notes(api); len(notes) != 0 {
		t.Errorf("%+v", notes)
	}
}
