//go:build conformance

package conformance

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/oauth2"

	"github.com/tidewire/tidewire/appsync"
)

type post struct {
	ID, Title string
	Author    *string
	Stars     *int
	Tags      []string
	Kind      *string
}

type postInput struct {
	Title  string   `json:"title"`
	Author string   `json:"author,omitempty"`
	Stars  *int     `json:"stars,omitempty"`
	Tags   []string `json:"tags,omitempty"`
	Kind   string   `json:"kind,omitempty"`
}

const addPost = `mutation Add($input: PostInput!) { addPost(input: $input) { id title author stars tags kind } }`

// appsyncClient is a client of the simulator, or of whatever is at url.
func appsyncClient(t testing.TB, url string, auth *appsync.Auth, o appsync.Options) *appsync.Client {
	t.Helper()
	c, err := appsync.New(url, auth, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func TestSimulatorAnswers(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	c := appsyncClient(t, s.url, appsync.APIKey(simulatorKey), appsync.Options{})
	ctx := patient(t)
	stars := 5
	type added struct{ AddPost post }
	input := struct {
		Input postInput `json:"input"`
	}{postInput{Title: "tiefe Wasser, \"1 < 2\" \u2028 \U0001F30A", Author: "böb", Stars: &stars, Tags: []string{"x", ""}, Kind: "RUMOUR"}}
	got, err := appsync.Mutate[added](ctx, c, &appsync.Request{Query: addPost, Variables: input})
	if p := got.AddPost; err != nil || p.Title != input.Input.Title || *p.Author != "böb" || *p.Stars != 5 || len(p.Tags) != 2 || *p.Kind != "RUMOUR" {
		t.Fatalf("added %+v, %v", got.AddPost, err)
	}
	type listed struct{ Posts []post }
	many := `query One { posts(limit: 1) { id title } } query All { posts { id title author } }`
	for name, want := range map[string]int{"One": 1, "All": 2} {
		list, err := appsync.Query[listed](ctx, c, &appsync.Request{Query: many, OperationName: name})
		if err != nil || len(list.Posts) != want {
			t.Errorf("%s: %+v, %v", name, list, err)
		}
	}
	raw, err := c.Query(ctx, &appsync.Request{Query: `query($id: ID!) { post(id: $id) { title } }`, Variables: map[string]any{"id": "404"}})
	if err != nil || string(raw.Data) != `{"post":null}` {
		t.Errorf("%+v, %v", raw, err)
	}
}

func TestSimulatorErrors(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	c := appsyncClient(t, s.url, appsync.APIKey(simulatorKey), appsync.Options{})
	ctx := patient(t)
	type partial struct {
		Secret *string
		Posts  []struct{ ID string }
	}
	got, err := appsync.Query[partial](ctx, c, &appsync.Request{Query: `{ secret posts { id forbidden } }`})
	var list appsync.Errors
	if !errors.As(err, &list) || !errors.Is(err, appsync.ErrUnauthorized) || len(list) != 2 || len(got.Posts) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = c.Mutate(ctx, &appsync.Request{Query: `mutation { fail(message: "boom") { id } }`})
	if !errors.As(err, &list) || len(list) != 1 {
		t.Fatalf("%v", err)
	}
	e := list[0]
	if e.Message != "boom" || e.ErrorType != "PostFailure" || string(e.Data) != `{"id":"7"}` || string(e.ErrorInfo) != `{"hint":"none"}` ||
		len(e.Path) != 1 || e.Path[0] != "fail" || len(e.Locations) != 1 || e.Locations[0].Line != 1 {
		t.Errorf("%+v", e)
	}
	if _, err = c.Query(ctx, &appsync.Request{Query: `{ nope }`}); !errors.As(err, &list) || !strings.Contains(err.Error(), "nope") {
		t.Errorf("%v", err)
	}
	var refused *appsync.ResponseError
	_, err = c.Query(ctx, &appsync.Request{Query: `{ posts { id } }`, Auth: appsync.APIKey("da2-wrong0wrong0wrong0wrong0")})
	if !errors.As(err, &refused) || refused.Status != 401 || refused.Type != "UnauthorizedException" || !errors.Is(err, appsync.ErrUnauthorized) || strings.Contains(err.Error(), "wrong0") {
		t.Errorf("%v", err)
	}
}

// jwt is an unsigned JWT: the simulator looks at the issuer only.
func jwt(issuer string) string {
	part := func(v any) string {
		text, _ := json.Marshal(v) // strings and numbers
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]string{"alg": "RS256"}) + "." + part(map[string]any{"iss": issuer, "sub": "me", "exp": time.Now().Add(time.Hour).Unix()}) + ".c2ln"
}

// TestSimulatorModes has the simulator say in which mode it was called, and
// subscribes. It
// does not know AWS_LAMBDA, and verifies nothing but keys and issuers.
func TestSimulatorModes(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	iam := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "secret", SessionToken: "session"}, nil
	})
	static := func(token string) oauth2.TokenSource {
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})
	}
	for want, auth := range map[string]*appsync.Auth{
		"API Key Authorization":         appsync.APIKey(simulatorKey),
		"IAM Authorization":             appsync.IAM(iam, "eu-west-1"),
		"Open ID Connect Authorization": appsync.Token(static(jwt("https://issuer.example"))),
		"User Pool Authorization":       appsync.Token(static(jwt("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x"))),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c := appsyncClient(t, s.url, auth, appsync.Options{})
			got, err := appsync.Query[struct{ Caller string }](patient(t), c, &appsync.Request{Query: `{ caller }`})
			if err != nil || got.Caller != want {
				t.Errorf("%q, %v", got.Caller, err)
			}
			sub := subscribed(t, c, "")
			add(t, c, want, "") // other modes' posts come too
			for {
				e, err := sub.Next(patient(t))
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(string(e.Data), want) {
					break
				}
			}
			sub.Close(patient(t))
		})
	}
}

// TestSimulatorDescribesItself asks what every tool asks: the introspection
// query of npm graphql, which is large and has every kind of selection.
func TestSimulatorDescribesItself(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	query := succeeded(t, command{argv: []string{"node", "-p", "require('graphql').getIntrospectionQuery()"}, dir: suite.clients + "/simulator"})
	c := appsyncClient(t, s.url, appsync.APIKey(simulatorKey), appsync.Options{})
	type described struct {
		Schema struct {
			QueryType struct{ Name string }
			Types     []struct{ Name, Kind, Description string }
		} `json:"__schema"`
	}
	got, err := appsync.Query[described](patient(t), c, &appsync.Request{Query: query})
	if err != nil || got.Schema.QueryType.Name != "Query" {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, ty := range got.Schema.Types {
		if ty.Name == "Post" && ty.Description == "A text by someone." {
			return
		}
	}
	t.Errorf("no Post among %d types", len(got.Schema.Types))
}

// quick reconnects at once. hasty also soon believes that no answer comes.
var (
	quick = appsync.Realtime{MinPause: 50 * time.Millisecond, Reply: patience}
	hasty = appsync.Realtime{MinPause: 50 * time.Millisecond, Reply: 3 * time.Second}
)

func addedBy(author string) *appsync.Request {
	r := &appsync.Request{Query: `subscription All { onAddPost { id title author } }`}
	if author != "" {
		r = &appsync.Request{Query: `subscription By($author: String) { onAddPost(author: $author) { id title author } }`, Variables: map[string]string{"author": author}}
	}
	return r
}

// add adds a post, with everything that a subscriber may select.
func add(t testing.TB, c *appsync.Client, title, author string) {
	t.Helper()
	_, err := c.Mutate(patient(t), &appsync.Request{Query: addPost, Variables: map[string]any{"input": postInput{Title: title, Author: author}}})
	if err != nil {
		t.Fatal(err)
	}
}

// title waits for the next event, which must be a post with this title.
func title(t testing.TB, sub *appsync.Subscription, want string) {
	t.Helper()
	e, err := sub.Next(patient(t))
	var data struct{ OnAddPost post }
	if err == nil {
		err = e.Decode(&data)
	}
	if err != nil || data.OnAddPost.Title != want {
		t.Fatalf("%+v %s, %v, want %q", e, e.Data, err, want)
	}
}

func subscribed(t testing.TB, c *appsync.Client, author string) *appsync.Subscription {
	t.Helper()
	sub, err := c.Subscribe(patient(t), addedBy(author))
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// TestSimulatorSubscriptions: several on one socket, one stopped and started
// again, the socket dropped and restored, the gap reported to each.
func TestSimulatorSubscriptions(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	c := appsyncClient(t, s.url, appsync.APIKey(simulatorKey), appsync.Options{Realtime: quick})
	all, ann, bob := subscribed(t, c, ""), subscribed(t, c, "ann"), subscribed(t, c, "bob")
	add(t, c, "first", "ann")
	for _, sub := range []*appsync.Subscription{all, ann, bob} { // the simulator does not filter
		title(t, sub, "first")
	}
	if open, ever := s.tell(t, "count"); open != "1" || ever != "1" {
		t.Errorf("%s sockets of %s, want one for all", open, ever)
	}
	bob.Close(patient(t))
	if _, err := bob.Next(patient(t)); !errors.Is(err, appsync.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	add(t, c, "unheard", "bob")
	title(t, all, "unheard")
	bob = subscribed(t, c, "bob")
	add(t, c, "heard", "bob")
	title(t, bob, "heard")
	title(t, all, "heard")
	title(t, ann, "unheard")
	title(t, ann, "heard")
	s.tell(t, "drop")
	for _, sub := range []*appsync.Subscription{all, ann, bob} {
		e, err := sub.Next(patient(t))
		if err != nil || e.Reconnected == nil || e.Reconnected.Attempts < 1 || !e.Reconnected.To.After(e.Reconnected.From) || e.Reconnected.Cause == nil {
			t.Fatalf("after the drop %+v, %v", e, err)
		}
	}
	add(t, c, "after", "ann")
	title(t, all, "after")
	title(t, ann, "after")
	if n := c.Counts(); n.Reconnects != 1 || n.UnknownTypes+n.UnknownIDs+n.BadFrames+n.LooseErrors != 0 {
		t.Errorf("%+v", n)
	}
	all.Close(patient(t))
	c.Close()
	if _, err := ann.Next(patient(t)); !errors.Is(err, appsync.ErrClosed) {
		t.Errorf("after Client.Close: %v", err)
	}
}

// TestSimulatorRefusesSubscriptions: the simulator says nothing in the frames in
// which AppSync would, so the errors are those of a server that hangs up, and
// of one that does not answer.
func TestSimulatorRefusesSubscriptions(t *testing.T) {
	t.Parallel()
	s := simulate(t)
	bad := appsync.APIKey("da2-wrong0wrong0wrong0wrong0")
	c := appsyncClient(t, s.url, bad, appsync.Options{Realtime: quick})
	var lost *appsync.ConnectionError
	if _, err := c.Subscribe(patient(t), addedBy("")); !errors.As(err, &lost) || lost.Timeout() || !strings.Contains(err.Error(), "1002") && !strings.Contains(err.Error(), "StatusProtocolError") {
		t.Errorf("a bad key to connect: %v", err)
	}
	c = appsyncClient(t, s.url, appsync.APIKey(simulatorKey), appsync.Options{Realtime: hasty})
	r := addedBy("")
	r.Auth = bad
	if _, err := c.Subscribe(patient(t), r); !errors.As(err, &lost) || !lost.Timeout() {
		t.Errorf("a bad key to start: %v", err)
	}
	c = appsyncClient(t, s.url, appsync.APIKey(simulatorKey), appsync.Options{Realtime: quick})
	var list appsync.Errors
	if _, err := c.Subscribe(patient(t), &appsync.Request{Query: `subscription { onNothing { id } }`}); !errors.As(err, &list) || !strings.Contains(err.Error(), "onNothing") {
		t.Errorf("an unknown field: %v", err)
	}
}

// TestSimulatorTakesTheQuery subscribes with the authorization in the query,
// which is where the simulator itself looks.
func TestSimulatorTakesTheQuery(t *testing.T) {
	t.Parallel()
	s := simulate(t, "RAW=1")
	inQuery := appsync.Options{Realtime: quick, HeaderInQuery: true}
	c := appsyncClient(t, s.url, appsync.APIKey(simulatorKey), inQuery)
	sub := subscribed(t, c, "")
	add(t, c, "by the query", "")
	title(t, sub, "by the query")
	for key, o := range map[string]appsync.Options{"da2-wrong0wrong0wrong0wrong0": inQuery, simulatorKey: {Realtime: quick}} {
		var lost *appsync.ConnectionError
		if _, err := appsyncClient(t, s.url, appsync.APIKey(key), o).Subscribe(patient(t), addedBy("")); !errors.As(err, &lost) {
			t.Errorf("%v", err)
		}
	}
}
