package graphqlapi

import "testing"

// TestSubscriptionScripts runs the resolvers of subscriptions in the engine that
// serve has.
func TestSubscriptionScripts(t *testing.T) {
	t.Parallel()
	const nothing = `export const request = () => ({ payload: null });` + "\n"
	s := newSockets(t, `
type Query { a: Int }
input F { room: S stars: N and: [F] or: [F] }
input S { eq: String beginsWith: String in: [String] }
input N { ge: Int lt: Int between: [Int] }
type M { id: ID room: String stars: Int }
type Mutation { post(room: String, stars: Int): M ban(user: String): M }
type Subscription {
  filtered(filter: F, user: String): M @aws_subscribe(mutations: ["post"])
  mine(room: String): M @aws_subscribe(mutations: ["post"])
}`, javaScript(t, map[string]string{
		"Mutation.post": util + `export const request = (ctx) => ({ payload: { id: 1, ...ctx.args } }); export const response = (ctx) => ctx.result;`,
		"Mutation.ban": util + nothing + `export const response = (ctx) => {
  extensions.invalidateSubscriptions({ subscriptionField: 'filtered', payload: { user: ctx.args.user } }); return { id: 2 }; };`,
		"Subscription.filtered": util + nothing + `export const response = (ctx) => {
  extensions.setSubscriptionFilter(util.transform.toSubscriptionFilter(ctx.args.filter));
  extensions.setSubscriptionInvalidationFilter({ filterGroup: [{ filters: [{ fieldName: 'user', operator: 'eq', value: ctx.args.user }] }] });
  return null; };`,
		"Subscription.mine": util + nothing + `export const response = (ctx) => {
  if (!ctx.args.room) { util.error('which room?', 'NoRoom'); }
  if (ctx.args.room !== 'a') { util.unauthorized(); }
  return { id: 'is not delivered' }; };`,
	}))
	defer s.close()
	c := s.open()
	query := `subscription($f: F) { filtered(filter: $f, user: "ann") { id } }`
	c.refused("1", `subscription { mine { id } }`, `{}`, `[{"errorType":"NoRoom","message":"which room?"}]`)
	c.refused("1", `subscription { mine(room: "b") { id } }`, `{}`, `[{"errorType":"Unauthorized","message":"Not Authorized to access mine on type Subscription"}]`)
	for _, tt := range []struct {
		filter, mutation string
		want             bool
	}{
		{`{"room":{"eq":"a"}}`, `room: "a", stars: 1`, true},
		{`{"room":{"eq":"a"}}`, `room: "b", stars: 1`, false},
		{`{"room":{"beginsWith":"a"},"stars":{"ge":3}}`, `room: "ab", stars: 3`, true},
		{`{"room":{"beginsWith":"a"},"stars":{"ge":3}}`, `room: "ab", stars: 2`, false},
		{`{"or":[{"room":{"in":["x","y"]}},{"stars":{"between":[3,5]}}]}`, `room: "y", stars: 1`, true},
		{`{"or":[{"room":{"in":["x","y"]}},{"stars":{"between":[3,5]}}]}`, `room: "z", stars: 4`, true},
		{`{"or":[{"room":{"in":["x","y"]}},{"stars":{"between":[3,5]}}]}`, `room: "z", stars: 6`, false},
		{`{"and":[{"room":{"eq":"a"}},{"stars":{"lt":3}}]}`, `room: "a", stars: 2`, true},
		{`{}`, `room: null`, true},
	} {
		c.subscribe("f", query, `{"f":`+tt.filter+`}`)
		s.mutate(`mutation { post(` + tt.mutation + `) { id room stars } }`)
		if tt.want {
			c.data("f", `{"data":{"filtered":{"id":"1"}}}`)
		}
		c.say(`{"type":"stop","id":"f"}`)
		c.want(`{"type":"complete","id":"f"}`)
	}
	c.subscribe("f", query, `{"f":{}}`)
	s.mutate(`mutation { ban(user: "bob") { id } }`)
	c.quiet()
	s.mutate(`mutation { ban(user: "ann") { id } }`)
	c.want(`{"type":"complete","id":"f"}`)
	c.leave()
}
