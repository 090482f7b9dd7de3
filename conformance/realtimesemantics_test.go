//go:build conformance

package conformance

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// meaning is a subscription and what it must hear of the notes of publishNotes.
type meaning struct {
	document  string // of a subscription without its name
	variables object
	hears     string // the numbers of the notes
	refused   string // instead: the error, as "type: message" begins or contains
}

// publishNotes are the notes. When the last one was heard by one subscription,
// the one before was by all of its socket.
var publishNotes = []string{
	`{ note(input: {room: "sea", n: 1, urgent: true, price: 1.5, text: "hello world", tags: ["a", "b"], place: {city: "Kiel", floor: 0}, secret: "s"}) { ...F } }`,
	`{ note(input: {room: "sea", n: 2, urgent: false, price: 2, text: "bye", tags: ["b"], place: {city: "Ulm", floor: 3}}) { ...F } }`,
	`{ note(input: {room: null, n: 3, text: null}) { ...F } }`,
	`{ note(input: {n: 4}) { ...F } }`,
	`{ note(input: {room: "Sea", n: 5, price: 10, text: "hello", tags: []}) { ...F } }`,
	`{ edit(input: {room: "sea", n: 6}) { ...F } }`,
	`{ note(input: {room: "sea", n: 7, urgent: true, text: "not selected"}) { n room } }`,
	`{ x: note(input: {room: "sea", n: 8, text: "other names"}) { number: n r: room t: text } }`,
	`{ a: note(input: {room: "sea", n: 9}) { n room } b: note(input: {room: "x", n: 10}) { n room } }`,
	`{ note(input: {room: "end", n: 100}) { ...F } }`,
	`{ note(input: {room: "end", n: 101}) { ...F } }`,
}

const allOfNote = ` fragment F on Note { id mode room n urgent price text tags place { city floor } secret }`

// means is the table. What is under "filtered" is in the form of
// extensions.setSubscriptionFilter.
func means() map[string]meaning {
	filtered := func(groups ...string) meaning {
		var list []string
		for _, g := range groups {
			list = append(list, `{"filters":[`+g+`]}`)
		}
		return meaning{document: `($by: AWSJSON!) { filtered(by: $by) { n } }`, variables: object{"by": `{"filterGroup":[` + strings.Join(list, ",") + `]}`}}
	}
	f := func(field, op, value string) string {
		return `{"fieldName":"` + field + `","operator":"` + op + `","value":` + value + `}`
	}
	hears := func(m meaning, want string) meaning { m.hears = want; return m }
	refused := func(m meaning, want string) meaning { m.refused = want; return m }
	like := func(what string) meaning {
		return meaning{document: `($what: AWSJSON!) { like(what: $what) { n } }`, variables: object{"what": what}}
	}
	noted := func(args string, variables object, want string) meaning {
		return meaning{document: args, variables: variables, hears: want}
	}
	return map[string]meaning{
		"all":            noted(`{ noted { n } }`, nil, "1 2 3 4 5 6 7 8 9 10 100"),
		"equal":          noted(`{ noted(room: "sea") { n } }`, nil, "1 2 6 7 8 9"),
		"null":           noted(`{ noted(room: null) { n } }`, nil, "3 4"),
		"absentVariable": noted(`($r: String) { noted(room: $r) { n } }`, nil, "1 2 3 4 5 6 7 8 9 10 100"),
		"nullVariable":   noted(`($r: String) { noted(room: $r) { n } }`, object{"r": nil}, "3 4"),
		"and":            noted(`{ noted(room: "sea", n: 2) { n } }`, nil, "2"),
		"none":           noted(`{ noted(room: "x", n: 2) { n } }`, nil, ""),
		"unselected":     noted(`{ noted(urgent: true) { n } }`, nil, "1"),
		"unselectedNull": noted(`{ noted(room: "sea", urgent: null) { n } }`, nil, "6 7 8 9"),
		"oneMutation":    noted(`{ edited { n } }`, nil, "6"),

		"eq":           hears(filtered(f("text", "eq", `"bye"`)), "2"),
		"eqBoolean":    hears(filtered(f("urgent", "eq", `false`)), "2"),
		"le":           hears(filtered(f("n", "le", `2`)), "1 2"),
		"lt":           hears(filtered(f("price", "lt", `2`)), "1"),
		"ge":           hears(filtered(f("n", "ge", `9`)), "9 10 100"),
		"gt":           hears(filtered(f("price", "gt", `1.5`)), "2 5"),
		"ne":           hears(filtered(f("n", "le", `2`)+","+f("room", "eq", `"sea"`)+","+f("text", "ne", `"bye"`)), "1"),
		"between":      hears(filtered(f("n", "between", `[4,7]`)), "4 5 7"),
		"in":           hears(filtered(f("n", "in", `[1,4,6]`)), "1 4"),
		"notIn":        hears(filtered(f("n", "notIn", `[1,2,3,4,5]`)), "7 8 9 10 100"),
		"contains":     hears(filtered(f("text", "contains", `"hello"`)), "1 5"),
		"containsList": hears(filtered(f("tags", "contains", `"b"`)), "1 2"),
		"notContains":  hears(filtered(f("n", "in", `[1,2]`)+","+f("tags", "notContains", `"a"`)), "2"),
		"beginsWith":   hears(filtered(f("text", "beginsWith", `"hello "`)), "1"),
		"containsAny":  hears(filtered(f("tags", "containsAny", `["a","x"]`)), "1"),
		"nested":       hears(filtered(f("place.city", "eq", `"Ulm"`)), "2"),
		"nestedZero":   hears(filtered(f("place.floor", "eq", `0`)), "1"),
		"strictType":   hears(filtered(f("n", "eq", `"1"`)), ""),
		"missing":      hears(filtered(f("nowhere", "eq", `"x"`)), ""),
		"or":           hears(filtered(f("n", "ge", `9`), f("text", "eq", `"bye"`)), "2 9 10 100"),
		"replaces": {document: `($by: AWSJSON!) { filtered(by: $by, room: "x") { n } }`, hears: "1 2",
			variables: object{"by": `{"filterGroup":[{"filters":[` + f("n", "le", "2") + `]}]}`}},
		"like":        hears(like(`{"n":{"between":[4,8]}}`), "4 5 7 8"),
		"likeOr":      hears(like(`{"or":[{"n":{"eq":1}},{"text":{"beginsWith":"by"}}]}`), "1 2"),
		"likeAnd":     hears(like(`{"and":[{"n":{"le":2}},{"text":{"eq":"bye"}}]}`), "2"),
		"operator":    refused(filtered(f("n", "almost", `1`)), "almost"),
		"tooManyIn":   refused(filtered(f("n", "in", `[1,2,3,4,5,6]`)), "exceeds maximum value limit"),
		"tooManyOr":   refused(filtered(slices.Repeat([]string{f("n", "eq", "1")}, 11)...), "exceed maximum limit 10"),
		"sameField":   refused(filtered(f("n", "eq", "1")+","+f("n", "ge", "1")), "same fieldName"),
		"noFilter":    refused(meaning{document: `($by: AWSJSON!) { filtered(by: $by) { n } }`, variables: object{"by": `{"filters":1}`}}, "filter"),
		"guarded":     noted(`{ guarded(room: "sea") { n } }`, nil, "1 2 7 8 9"),
		"vault":       {document: `{ guarded(room: "vault") { n } }`, refused: "Unauthorized: Not Authorized to access guarded on type Subscription"},
		"noRoom":      {document: `{ guarded(room: "nowhere") { n } }`, refused: "NoRoom: there is no such room"},
		"answered":    noted(`{ guarded(room: "answered") { n } }`, nil, ""),
		"asked":       noted(`{ asked(room: "x") { n } }`, nil, "10"),
		"throws":      {document: `{ asked(room: "throw") { n } }`, refused: "Lambda:Unhandled: the function is broken"},
		"staff":       {document: `{ staff { n } }`, refused: "Unauthorized: Not Authorized to access staff on type Subscription"},
		"twoFields":   {document: `{ noted { n } edited { n } }`, refused: "must select only one top level field"},
		"unknown":     {document: `{ nothing { n } }`, refused: "Validation error of type FieldUndefined"},
		"noVariable":  {document: `($w: AWSJSON!) { like(what: $w) { n } }`, refused: "NonNull type"},
		"notOfType":   {document: `{ noted(room: 1) { n } }`, refused: "Validation error of type"},
		"included":    noted(`($y: Boolean = true) { noted(room: "sea") { number: n @include(if: $y) n } }`, nil, "1 2 6 7 8 9"),
		"throughPart": noted(`{ noted(room: "sea") { ...P ... on Note { n } } } fragment P on Note { room }`, nil, "1 2 6 7 8 9"),
	}
}

// TestRealtimeSemantics has Amplify subscribe in all the ways of the table, and
// looks at what it hears of the same notes.
func TestRealtimeSemantics(t *testing.T) {
	t.Parallel()
	l := startLive(t, "conformance/testdata/realtime")
	p, everyone := l.nodeParty(t, "amplify.mjs"), l.everyone(t)
	for _, name := range []string{"API_KEY", "AMAZON_COGNITO_USER_POOLS", "AWS_LAMBDA"} {
		p.call(t, name, everyone[name], object{"url": local(l.apis[0].SecureURL)})
	}
	rows := means()
	for _, name := range []string{"refused", "vault", "staff"} { // Amplify drops its socket when it was not authorized
		p.call(t, name, everyone["API_KEY"], object{"url": local(l.apis[0].SecureURL)})
	}
	p.call(t, "bosses", everyone["AMAZON_COGNITO_USER_POOLS"], object{"url": local(l.apis[0].SecureURL)})
	for id, m := range rows {
		if m.refused == "" {
			p.subscribe(t, "API_KEY", id, "subscription "+id+" "+m.document, m.variables)
		}
	}
	for id, m := range rows {
		if m.refused == "" {
			p.active(t, "API_KEY", id)
			continue
		}
		caller := "refused"
		if strings.HasPrefix(m.refused, "Unauthorized") {
			caller = id
		}
		p.subscribe(t, caller, id, "subscription "+id+" "+m.document, m.variables)
		if said := p.refused(t, caller, id); !strings.Contains(said, m.refused) {
			t.Errorf("%s: refused with %q, want %q", id, said, m.refused)
		}
	}
	shapes := map[string]struct{ caller, document, want string }{
		"shape":  {"API_KEY", `($no: Boolean = false) { it: noted(n: 2) { number: n t: text id @include(if: $no) mode @skip(if: true) place { c: city } ...P } } fragment P on Note { tags }`, `{"it":{"number":2,"t":"bye","place":{"c":"Ulm"},"tags":["b"]}}`},
		"narrow": {"API_KEY", `{ noted(n: 7) { n text urgent tags place { city } __typename } }`, `{"noted":{"n":7,"text":null,"urgent":null,"tags":null,"place":null,"__typename":"Note"}}`},
		"alias":  {"API_KEY", `{ noted(n: 8) { n room text } }`, `{"noted":{"n":8,"room":"sea","text":"other names"}}`},
		"secret": {"API_KEY", `{ noted(n: 1) { secret } }`, `{"noted":{"secret":"s"}}`},
		"pool":   {"AMAZON_COGNITO_USER_POOLS", `{ staff { n } }`, `{"staff":{"n":1}}`},
		"hidden": {"AWS_LAMBDA", `{ noted(n: 1) { n secret } }`, `{"noted":{"n":1,"secret":null}} Unauthorized: Not Authorized to access secret on type Note`},
		"strict": {"API_KEY", `{ strict { title } }`, `{"strict":{"title":"a"}}`},
		"bare":   {"API_KEY", `{ strict { title body } }`, `{"strict":null} : Cannot return null for non-nullable`},
		"any":    {"API_KEY", `{ any { __typename n ... on Even { half } ... on Odd { rest } } }`, `{"any":{"__typename":"Even","n":4,"half":2}}`},
	}
	for id, s := range shapes {
		p.subscribe(t, s.caller, id, "subscription "+id+" "+s.document, nil)
		p.active(t, s.caller, id)
	}
	p.subscribe(t, "bosses", "bosses", `subscription bosses { bosses { n } }`, nil)
	if said := p.refused(t, "bosses", "bosses"); !strings.Contains(said, "Unauthorized: Not Authorized to access bosses on type Subscription") {
		t.Errorf("bosses: %s", said)
	}
	key := l.keyed(t)
	key.ask(t, `mutation { strict(title: "a") { title } any(n: 4) { __typename n ... on Even { half } } }`).data(t, `{"strict":{"title":"a"},"any":{"__typename":"Even","n":4,"half":2}}`)
	for _, document := range publishNotes {
		if strings.Contains(document, "...F") {
			document += allOfNote
		}
		if a := key.ask(t, "mutation "+document); len(a.Errors) > 0 {
			t.Fatalf("%s: %s", document, a.text)
		}
	}
	p.waitFor(t, "API_KEY", "all", "end", func(h []heardLine) bool { return len(h) > 0 && h[len(h)-1].number("noted") == 101 })
	for id, m := range rows {
		if m.refused != "" {
			continue
		}
		var heard []string
		for _, h := range p.lines("API_KEY", id) {
			for field := range h.Data {
				if n := h.number(field); n <= 100 {
					heard = append(heard, fmt.Sprint(n))
				}
			}
		}
		if got := strings.Join(heard, " "); got != m.hears {
			t.Errorf("%s: heard %q, want %q", id, got, m.hears)
		}
	}
	for id, s := range shapes {
		said := p.waitFor(t, s.caller, id, "event", func(h []heardLine) bool { return len(h) > 1 })
		l := said[1] // after the acknowledgement
		text := string(l.raw)
		for _, e := range l.Errors {
			text += " " + e.Type + ": " + e.Message
		}
		if !strings.HasPrefix(text, s.want) {
			t.Errorf("%s: heard %s, want %s", id, text, s.want)
		}
	}
}
