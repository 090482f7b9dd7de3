//go:build conformance

package conformance

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHelloExample runs examples/hello as its reader does.
func TestHelloExample(t *testing.T) {
	t.Parallel()
	s := serve(t, filepath.Join(suite.root, "examples", "hello"), serveOptions{})
	p, code := finished(t, command{argv: []string{suite.tidewire, "query", s.apis[0].URL, `{ hello(name: "you") }`, "--auth", "api-key"}, env: s.own()})
	if got := strings.TrimSpace(p.stdout.String()); code != 0 || got != `{"data":{"hello":"Hello, you!"}}` {
		t.Errorf("%d %s%s", code, got, p.stderr)
	}
	g := s.keyed(t)
	var said struct {
		Roll struct {
			Dice []int
			Sum  int
		}
	}
	a := g.ask(t, `{ roll(dice: 5) { dice sum } }`)
	if err := json.Unmarshal(a.Data, &said); err != nil {
		t.Fatal(err)
	}
	sum := 0
	for _, d := range said.Roll.Dice {
		sum += d
	}
	if len(said.Roll.Dice) != 5 || sum != said.Roll.Sum || sum < 5 || sum > 30 {
		t.Errorf("%s", a.text)
	}
	g.ask(t, `{ roll(dice: 101) { sum } }`).fails(t, "null", "Lambda:Unhandled", "101 dice: from 1 to 100 can be rolled")
	g.ask(t, `{ hello(name: " ") }`).fails(t, "null", "NoName", "say who you are")
}

// todo is examples/todo on dynalite, with npm oidc-provider.
type todo struct {
	*server
	issuer   *issuer
	ana, bea *graph
}

func startTodo(t testing.TB) *todo {
	t.Helper()
	s := &todo{issuer: startIssuer(t)}
	s.server = serve(t, filepath.Join(suite.root, "examples", "todo"), serveOptions{args: []string{"--issuer", "https://login.example.com=" + s.issuer.url}})
	s.ana, s.bea = s.person(t, "ana"), s.person(t, "bea")
	return s
}

// person is the API for somebody who has logged in.
func (s *todo) person(t testing.TB, name string) *graph {
	t.Helper()
	token := s.issuer.sign(t, object{"sub": name, "aud": "cli", "iat": now(), "exp": now() + 600})
	s.keep(token)
	return s.graphql(t).with("Authorization", token)
}

// item is a todo, as far as the tests ask for it.
type item struct {
	ID, Title, Due string
	Version        int
	Done           bool
	Labels         []string
}

// added adds a todo.
func added(t testing.TB, g *graph, input object) item {
	t.Helper()
	a := g.ask(t, `mutation($input: NewTodo!) { addTodo(input: $input) { id title due version done labels } }`, object{"input": input})
	var said struct{ AddTodo item }
	if err := json.Unmarshal(a.Data, &said); err != nil || len(a.Errors) > 0 || said.AddTodo.ID == "" {
		t.Fatalf("added: %s", a.text)
	}
	return said.AddTodo
}

// listed asks for pages of a field until there are no more, and gives titles.
func listed(t testing.TB, g *graph, field string, filter object, limit int) (titles []string, pages int) {
	t.Helper()
	var token any
	for {
		a := g.ask(t, `query($f: TodoFilter, $n: Int, $t: String) { list: `+field+`(filter: $f, limit: $n, nextToken: $t) { items { title } nextToken } }`,
			object{"f": filter, "n": limit, "t": token})
		var said struct {
			List struct {
				Items     []item
				NextToken *string
			}
		}
		if err := json.Unmarshal(a.Data, &said); err != nil || len(a.Errors) > 0 {
			t.Fatalf("listed: %s", a.text)
		}
		pages++
		for _, i := range said.List.Items {
			titles = append(titles, i.Title)
		}
		if said.List.NextToken == nil || pages > 100 {
			return titles, pages
		}
		token = *said.List.NextToken
	}
}

// TestTodoExample runs examples/todo: npm oidc-provider says who is calling, npm
// dynalite keeps the todos.
func TestTodoExample(t *testing.T) {
	t.Parallel()
	s := startTodo(t)
	key := s.keyed(t)
	milk := added(t, s.ana, object{"title": "milk", "published": true, "due": "2026-12-01", "labels": []string{"shop", "é"}})
	if milk.Version != 1 || milk.Done || milk.Due != "2026-12-01" || !slices.Equal(milk.Labels, []string{"shop", "é"}) {
		t.Errorf("added %+v", milk)
	}
	one := object{"id": milk.ID}
	s.ana.ask(t, `query($id: ID!) { todo(id: $id) { title owner } }`, one).data(t, `{"todo":{"title":"milk","owner":"ana"}}`)
	t.Run("owner", func(t *testing.T) {
		for _, document := range []string{`query($id: ID!) { x: todo(id: $id) { id } }`, `mutation($id: ID!) { x: deleteTodo(id: $id) { id } }`,
			`mutation($id: ID!) { x: editTodo(id: $id, version: 1, input: {title: "mine"}) { id } }`} {
			s.bea.ask(t, document, one).fails(t, `{"x":null}`, "Unauthorized", "Not Authorized to access")
			key.ask(t, document, one).fails(t, `{"x":null}`, "Unauthorized", "Not Authorized to access")
		}
		s.ana.ask(t, `{ todo(id: "none") { id } }`).fails(t, `{"todo":null}`, "NotFound", "there is no todo none")
	})
	t.Run("edit", func(t *testing.T) {
		document := `mutation($id: ID!, $v: Int!, $i: TodoChange!) { editTodo(id: $id, version: $v, input: $i) { title done due version labels } }`
		s.ana.ask(t, document, object{"id": milk.ID, "v": 1, "i": object{"done": true, "due": nil}}).
			data(t, `{"editTodo":{"title":"milk","done":true,"due":null,"version":2,"labels":["shop","é"]}}`)
		e := s.ana.ask(t, document, object{"id": milk.ID, "v": 1, "i": object{"title": "late"}}).
			fails(t, `{"editTodo":null}`, "DynamoDB:ConditionalCheckFailedException", "The conditional request failed")
		if got := string(e.Data); got != `{"title":"milk","done":true,"due":null,"version":2,"labels":["shop","é"]}` {
			t.Errorf("the error's data is %s", got)
		}
	})
	t.Run("lists", func(t *testing.T) { s.lists(t, key) })
	t.Run("delete", func(t *testing.T) {
		s.ana.ask(t, `mutation($id: ID!) { deleteTodo(id: $id) { title } }`, one).data(t, `{"deleteTodo":{"title":"milk"}}`)
		s.ana.ask(t, `query($id: ID!) { todo(id: $id) { title } }`, one).fails(t, `{"todo":null}`, "NotFound", milk.ID)
	})
}

// lists adds many todos at once, and reads them by pages and filters.
func (s *todo) lists(t *testing.T, key *graph) {
	var input []object
	for n := range 25 {
		input = append(input, object{"title": fmt.Sprintf("todo %02d", n), "published": n%2 == 0, "due": fmt.Sprintf("2027-01-%02d", n+1)})
	}
	a := s.ana.ask(t, `mutation($input: [NewTodo!]!) { addTodos(input: $input) { title version } }`, object{"input": input})
	if len(a.Errors) > 0 || strings.Count(a.text, `"version":1`) != 25 {
		t.Fatalf("added at once: %s", a.text)
	}
	s.ana.ask(t, `mutation($input: [NewTodo!]!) { addTodos(input: $input) { title } }`, object{"input": append(input, input...)}).fails(t, "null", "BadInput", "from 1 to 25")
	added(t, s.bea, object{"title": "bea's", "published": true})

	titles, pages := listed(t, s.ana, "todos", nil, 10)
	if len(titles) != 26 || pages != 3 || slices.Contains(titles, "bea's") {
		t.Errorf("%d pages of %v", pages, titles)
	}
	for filter, want := range map[string]int{
		`{"title":{"beginsWith":"todo 1"}}`: 10, `{"title":{"contains":"9"}}`: 2, `{"due":{"between":["2027-01-03","2027-01-05"]}}`: 3, `{"done":{"eq":true}}`: 1,
		`{"or":[{"due":{"lt":"2027-01-02"}},{"due":{"gt":"2027-01-24"}}]}`: 2, `{"not":{"title":{"beginsWith":"todo"}}}`: 1, `{"due":{"attributeExists":false}}`: 1,
		`{"and":[{"title":{"beginsWith":"todo"}},{"title":{"notContains":"1"}}]}`: 13, `{"title":{"eq":"nothing"}}`: 0, `{"done":{"ne":true}}`: 25,
	} {
		var f object
		if err := json.Unmarshal([]byte(filter), &f); err != nil {
			t.Fatal(err)
		}
		if titles, _ := listed(t, s.ana, "todos", f, 7); len(titles) != want {
			t.Errorf("%s gives %d: %v, want %d", filter, len(titles), titles, want)
		}
	}
	public, _ := listed(t, key, "published", object{"title": object{"ne": "milk"}}, 5)
	slices.Sort(public)
	if len(public) != 14 || public[0] != "bea's" {
		t.Errorf("an API key sees %v", public)
	}
	key.ask(t, `{ published(limit: 100) { items { title owner } } }`).fails(t, "null", "Unauthorized", "owner")
	// A token of one place is refused at another.
	a = s.ana.ask(t, `{ todos(limit: 1) { nextToken } }`)
	var page struct{ Todos struct{ NextToken string } }
	if err := json.Unmarshal(a.Data, &page); err != nil || page.Todos.NextToken == "" {
		t.Fatalf("%s", a.text)
	}
	if strings.Contains(page.Todos.NextToken, "ana") {
		t.Errorf("the token can be read: %s", page.Todos.NextToken)
	}
	for _, token := range []string{page.Todos.NextToken, "x", page.Todos.NextToken[:20]} {
		if a := key.ask(t, `query($t: String) { published(nextToken: $t) { nextToken } }`, object{"t": token}); len(a.Errors) != 1 {
			t.Errorf("a token of elsewhere: %s", a.text)
		}
	}
}
