package graphqlapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestValidation(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema)
	for _, tt := range []struct{ query, at, want string }{
		{`{badfield}`, "1:2", `FieldUndefined: Field 'badfield' in type 'Query' is undefined @ 'badfield'`},
		{`{post{x:nope}}`, "1:7", `FieldUndefined: Field 'nope' in type 'Post' is undefined @ 'post/nope'`},
		{"{post{...A}}\nfragment A on Post{author{nope}}", "2:27", `FieldUndefined: Field 'nope' in type 'Author' is undefined @ 'A/author/nope'`},
		{`{things{id}}`, "1:9", `FieldUndefined: Field 'id' in type 'Thing' is undefined @ 'things/id'`},
		{`{post}`, "1:2", `SubSelectionRequired: Sub selection required for type Post of field post @ 'post'`},
		{`{count{x}}`, "1:2", `SubSelectionNotAllowed: Sub selection not allowed on leaf type Int of field count @ 'count'`},
		{`{echo(zz:1)}`, "1:7", `UnknownArgument: Unknown field argument zz @ 'echo'`},
		{`{echo(n:"x")}`, "1:7", `WrongType: argument 'n' with value 'StringValue{value='x'}' is not a valid 'Int' @ 'echo'`},
		{`{echo(n:3000000000)}`, "1:7", `WrongType: argument 'n' with value 'IntValue{value=3000000000}' is not a valid 'Int' @ 'echo'`},
		{`{echo(in:{a:1,c:[BLUE]})}`, "1:7", `WrongType: argument 'in.c[0]' with value 'EnumValue{name='BLUE'}' is not a valid 'Color' @ 'echo'`},
		{`{echo(in:{b:"x"})}`, "1:7", `WrongType: argument 'in' with value 'ObjectValue{objectFields=[ObjectField{name='b', value=StringValue{value='x'}}]}' is missing required fields '[a]' @ 'echo'`},
		{`{echo(in:{a:1,z:2})}`, "1:7", `WrongType: argument 'in' with value 'ObjectValue{objectFields=[ObjectField{name='a', value=IntValue{value=1}}, ObjectField{name='z', value=IntValue{value=2}}]}' contains a field not in 'In': 'z' @ 'echo'`},
		{`{echo(in:{a:null})}`, "1:7", `WrongType: argument 'in.a' with value 'NullValue{}' must not be null @ 'echo'`},
		{`{echo(in:5)}`, "1:7", `WrongType: argument 'in' with value 'IntValue{value=5}' must be an object type @ 'echo'`},
		{`{echo(json:{a:1})}`, "1:7", `WrongType: argument 'json' with value 'ObjectValue{objectFields=[ObjectField{name='a', value=IntValue{value=1}}]}' is not a valid 'AWSJSON' @ 'echo'`},
		{`{echo(json:"{")}`, "1:7", `WrongType: argument 'json' with value 'StringValue{value='{'}' is not a valid 'AWSJSON' @ 'echo'`},
		{`{post{...on Query{count}}}`, "1:10", `InvalidFragmentType: Fragment cannot be spread here as objects of type Post can never be of type Query @ 'post'`},
		{`{post{...A}} fragment A on Author{id}`, "1:10", `InvalidFragmentType: Fragment A cannot be spread here as objects of type Post can never be of type Author @ 'post'`},
		{`{post{...on Int{x}}}`, "1:10", `InlineFragmentTypeConditionInvalid: Inline fragment type condition is invalid, must be on Object/Interface/Union @ 'post'`},
		{`{post{...on Zzz{x}}}`, "1:10", `UnknownType: Unknown type Zzz @ 'post'`},
		{`{post{...Zzz}}`, "1:10", `UndefinedFragment: Undefined fragment Zzz @ 'post'`},
		{`{count} fragment A on Post{id}`, "1:9", `UnusedFragment: Unused fragment A @ 'A'`},
		{`{post{...A}} fragment A on Post{...A}`, "1:36", `FragmentCycle: Fragment cycles not allowed @ 'A'`},
		{`{count @zzz}`, "1:9", `UnknownDirective: Unknown directive zzz @ 'count'`},
		{`{count @skip}`, "1:9", `MissingDirectiveArgument: Missing directive argument if @ 'count'`},
		{`{count @skip(if:true,x:1)}`, "1:22", `UnknownDirective: Unknown directive argument x @ 'count'`},
		{`query @skip(if:true){count}`, "1:8", `MisplacedDirective: Directive skip not allowed here`},
		{`query($a:Int){count}`, "1:7", `UnusedVariable: Unused variable a`},
		{`{echo(n:$x)}`, "1:9", `UndefinedVariable: Undefined variable x @ 'echo'`},
		{`query($a:Post){echo(n:$a)}`, "1:7", `NonInputTypeOnVariable: Wrong type for a variable`},
		{`query($a:Zzz){echo(n:$a)}`, "1:10", `UnknownType: Unknown type Zzz`},
		{`query($a:String){echo(n:$a)}`, "1:25", `VariableTypeMismatch: Variable type 'String' doesn't match expected type 'Int' @ 'echo'`},
		{`query($a:Int="x"){echo(n:$a)}`, "1:7", `BadValueForDefaultArg: Bad default value StringValue{value='x'} for type Int`},
		{`{count} {flag}`, "1:1", `LoneAnonymousOperationViolation: Anonymous operation with other operations.`},
		{`query A{count} query A{flag}`, "1:16", `DuplicateOperationName: There can be only one operation named 'A'`},
		{`{a:count a:flag}`, "1:10", `FieldsConflict: a: count and flag are different fields @ 'flag'`},
		{`{echo(n:1) echo(n:2)}`, "1:12", `FieldsConflict: echo: they have differing arguments @ 'echo'`},
		{`{echo(n:1,n:2)}`, "1:11", `DuplicateArgumentNames: There can be only one argument named 'n' @ 'echo'`},
		{`{post{...A}} fragment A on Post{id} fragment A on Post{id}`, "1:37", `DuplicateFragmentName: There can be only one fragment named 'A' @ 'A'`},
		{`query($a:Int,$a:Int){echo(n:$a)}`, "1:14", `DuplicateVariableName: There can be only one variable named 'a'`},
		{`{__type{name}}`, "1:2", `MissingFieldArgument: Missing field argument name @ '__type'`},
		{`{__schema{types{specifiedByURL}}}`, "1:17", `FieldUndefined: Field 'specifiedByURL' in type '__Type' is undefined @ '__schema/types/specifiedByURL'`},
		{`{__schema{types{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}`, "1:2", `MaxIntrospectionDepth: Maximum introspection depth exceeded @ '__schema'`},
	} {
		var got struct {
			Data   any
			Errors []struct {
				Path, ErrorType any
				Locations       []struct{ Line, Column int }
				Message         string
			}
		}
		d, f := r.api.config.Load().prepare(tt.query, defaultTokens)
		if f != nil {
			t.Fatalf("%s: %v", tt.query, f)
		}
		o := d.operations[0]
		body := r.api.Execute(t.Context(), o, &Run{Caller: r.caller}).Body
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, e := range got.Errors {
			place := ""
			if len(e.Locations) > 0 {
				place = fmt.Sprintf("%d:%d", e.Locations[0].Line, e.Locations[0].Column)
			}
			found = found || e.Message == "Validation error of type "+tt.want && place == tt.at && e.Path == nil
		}
		if !found || got.Data != nil {
			t.Errorf("%s\n got %s\nwant %s %s", tt.query, body, tt.at, tt.want)
		}
	}
	r.expect(`{"data":null,"errors":[{"path":null,"locations":[{"line":1,"column":1,"sourceName":null}],"message":"Schema is not configured for subscriptions."}]}`, `subscription{x}`)
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema)
	for _, text := range []string{"{", "}", "query", "{a(}", "{a:}", "type X{a:Int}", "fragment A on Post{id}", "{count}}", strings.Repeat("{post", 2000), "{a(b:\"", "\x00", "{count @}"} {
		if _, f := r.api.Prepare(text, ""); f == nil || f.Message != "Unable to parse GraphQL query." || f.Status != 400 || f.Cause == nil {
			t.Errorf("%q: %v", clip(text), f)
		}
	}
	if _, f := r.api.Prepare("query A{count} query B{count}", ""); f == nil || f.Message != "Missing operation name." {
		t.Error(f)
	}
	if _, f := r.api.Prepare("query A{count}", "B"); f == nil || f.Code != "BadRequestException" {
		t.Error(f)
	}
	if o, f := r.api.Prepare("query A{count} query B{flag}", "B"); f != nil || o.def.Name != "B" {
		t.Error(f)
	}
}

// TestBadDocuments are documents that are made to be expensive. The bound is
// far off: what it is about takes centuries.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	r := newRig(t, blogSchema, root(map[string]string{"count": "1", "post": `{"id":"1","title":"x"}`, "posts": `[]`}))
	var aliases, fragments, same, wide strings.Builder
	for i := range 9000 {
		fmt.Fprintf(&aliases, "a%d:__typename ", i)
	}
	for i := range 10_000 {
		same.WriteString("count ")
		fmt.Fprintf(&wide, "a%d:post{id title} ", i)
	}
	for i := range 3000 {
		fmt.Fprintf(&fragments, "fragment F%d on Post{a:next{...F%d} b:next{...F%d}}", i, i+1, i+1)
	}
	for name, text := range map[string]string{
		"aliases":   "{" + aliases.String() + "}",
		"same":      "{" + same.String() + "}",
		"wide":      "{" + wide.String() + "}",
		"fragments": "{post{...F0}}" + fragments.String() + "fragment F3000 on Post{id}",
		"doubling":  "{post{...F0}}" + doubling(60),
		"merging":   "{post{...F0}}" + strings.ReplaceAll(doubling(60), "b:next", "a:next"),
		"conflicts": "{post{...F0}}" + strings.ReplaceAll(strings.ReplaceAll(doubling(60), "b:next", "a:next"), "Post{id}", "Post{a:id a:title}"),
		"cycle":     "{post{...A}} fragment A on Post{next{...B}} fragment B on Post{next{...A}}",
		"numbers":   "{echo(n:" + strings.Repeat("9", 100_000) + ")}",
		"depth":     "{" + strings.Repeat("post{next{", 400) + "id" + strings.Repeat("}}", 400) + "}",
		"lists":     "{echo(tags:" + strings.Repeat("[", 900) + strings.Repeat("]", 900) + ")}",
	} {
		begin := time.Now()
		body := ""
		if o, f := r.api.Prepare(text, ""); f == nil {
			body = string(r.api.Execute(t.Context(), o, &Run{Caller: r.caller}).Body)
			if !json.Valid([]byte(body)) {
				t.Errorf("%s: %s", name, clip(body))
			}
		}
		if d := time.Since(begin); d > 30*time.Second {
			t.Errorf("%s took %v: %s", name, d, clip(body))
		}
		t.Logf("%s: %v %s", name, time.Since(begin), clip(body))
	}
}

// doubling are fragments each of which spreads the next twice.
func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Post{a:next{...F%d} b:next{...F%d}}", i, i+1, i+1)
	}
	fmt.Fprintf(&b, "fragment F%d on Post{id}", n)
	return b.String()
}
