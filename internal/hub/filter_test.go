package hub

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// event is a flat event of tests: fields by path, in JSON.
type event map[string]string

func (e event) field(path string) (Value, bool) {
	raw, ok := e[path]
	if !ok {
		return Value{}, false
	}
	v, ok := ParseValue([]byte(raw))
	if !ok {
		panic("test: " + raw)
	}
	return v, true
}

func (e event) String() string {
	raw, _ := json.Marshal(map[string]string(e))
	return string(raw)
}

func value(raw string) Value {
	v, ok := ParseValue([]byte(raw))
	if !ok {
		panic("test: " + raw)
	}
	return v
}

// one is a filter of one condition. values are JSON.
func one(op Op, values ...string) *Filter {
	c := Condition{Field: "f", Op: op}
	for _, raw := range values {
		c.Values = append(c.Values, value(raw))
	}
	return &Filter{Groups: [][]Condition{{c}}}
}

// absent stands for no field at all.
const absent = "absent"

func TestOperators(t *testing.T) {
	t.Parallel()
	tests := []struct {
		op      Op
		values  []string
		holds   []string // for these values of the field, in JSON
		holdNot []string
	}{
		{OpEq, []string{`"a"`}, []string{`"a"`, `"\u0061"`}, []string{`"A"`, `"ab"`, `""`, `1`, `true`, `null`, absent, `["a"]`, `{}`}},
		{OpEq, []string{`1`}, []string{`1`, `1.0`, `1e0`, `10E-1`}, []string{`"1"`, `true`, `2`, `1.5`, `null`, absent, `[1]`}},
		{OpEq, []string{`0`}, []string{`0`, `-0`}, []string{`false`, `null`, absent, `""`, `[]`}},
		{OpEq, []string{`true`}, []string{`true`}, []string{`false`, `1`, `"true"`, `null`, absent}},
		{OpEq, []string{`false`}, []string{`false`}, []string{`true`, `0`, `null`, absent}},
		{OpEq, []string{`null`}, []string{`null`, absent}, []string{`0`, `""`, `false`, `[]`, `{}`, `"null"`}},
		{OpEq, []string{`""`}, []string{`""`}, []string{`null`, absent, `" "`}},
		{OpEq, []string{`[1]`}, nil, []string{`[1]`, `1`, absent}}, // a list equals nothing
		{OpEq, nil, nil, []string{`1`, absent}},                    // no value to compare with
		{OpEq, []string{`1`, `2`}, nil, []string{`1`, `2`}},
		{OpNe, []string{`"a"`}, []string{`"b"`, `1`, `null`, absent, `["a"]`, `{}`}, []string{`"a"`}},
		{OpNe, []string{`null`}, []string{`0`, `""`, `[]`}, []string{`null`, absent}},
		{OpLe, []string{`5`}, []string{`5`, `4.9`, `-1e9`}, []string{`5.1`, `"4"`, `null`, absent, `true`, `[1]`, `{}`}},
		{OpLt, []string{`5`}, []string{`4.9`}, []string{`5`, `6`, `"4"`, `null`, absent}},
		{OpGe, []string{`5`}, []string{`5`, `6`}, []string{`4.9`, `"6"`, `null`, absent, `true`}},
		{OpGt, []string{`5`}, []string{`5.1`}, []string{`5`, `4`, `"6"`, `null`, absent}},
		{OpLe, []string{`"b"`}, []string{`"b"`, `"a"`, `""`, `"aé"`}, []string{`"c"`, `"ba"`, `1`, `null`, absent}},
		{OpLt, []string{`"b"`}, []string{`"a"`, `"B"`}, []string{`"b"`, `null`, absent}},
		{OpGe, []string{`"b"`}, []string{`"b"`, `"ba"`, `"é"`}, []string{`"a"`, `null`, absent}},
		{OpGt, []string{`"2026-01-01"`}, []string{`"2026-01-02"`}, []string{`"2026-01-01"`, `"2025-12-31"`}},
		{OpGt, []string{`true`}, nil, []string{`true`, `false`, `1`, absent}}, // booleans have no order
		{OpGe, []string{`null`}, nil, []string{`null`, `1`, absent}},
		{OpContains, []string{`"bc"`}, []string{`"abcd"`, `"bc"`, `["x","bc"]`}, []string{`"b"`, `["abcd"]`, `[]`, `1`, `null`, absent, `{"bc":1}`}},
		{OpContains, []string{`2`}, []string{`[1,2]`, `[2.0]`}, []string{`["2"]`, `[1]`, `"2"`, `2`, `123`, `null`, absent}},
		{OpContains, []string{`true`}, []string{`[true]`}, []string{`[1]`, `["true"]`, `true`}},
		{OpContains, []string{`""`}, []string{`""`, `"x"`, `[""]`}, []string{`[]`, `null`, absent}},
		{OpContains, []string{`null`}, []string{`[null]`}, []string{`[]`, `null`, absent, `"null"`}},
		{OpContains, []string{`"a"`}, []string{`[["b"],"a"]`}, []string{`[["a"]]`, `[{"a":1}]`}},
		{OpNotContains, []string{`"bc"`}, []string{`"b"`, `["abcd"]`, `[]`, `1`, `null`, absent}, []string{`"abcd"`, `["bc"]`}},
		{OpBeginsWith, []string{`"ab"`}, []string{`"ab"`, `"abc"`}, []string{`"a"`, `"xab"`, `"AB"`, `["ab"]`, `1`, `null`, absent}},
		{OpBeginsWith, []string{`1`}, nil, []string{`1`, `12`, `"12"`}},
		{OpIn, []string{`"a"`, `1`, `null`}, []string{`"a"`, `1`, `null`, absent}, []string{`"1"`, `"b"`, `["a"]`, `{}`}},
		{OpIn, nil, nil, []string{`1`, absent}},
		{OpNotIn, []string{`"a"`, `1`}, []string{`"1"`, `"b"`, `null`, absent, `["a"]`}, []string{`"a"`, `1`}},
		{OpNotIn, nil, []string{`1`, absent}, nil},
		{OpBetween, []string{`1`, `3`}, []string{`1`, `2.5`, `3`}, []string{`0.9`, `3.1`, `"2"`, `null`, absent, `[2]`}},
		{OpBetween, []string{`"b"`, `"d"`}, []string{`"b"`, `"c"`, `"d"`}, []string{`"a"`, `"da"`, `2`, absent}},
		{OpBetween, []string{`3`, `1`}, nil, []string{`2`, `1`, `3`}},
		{OpBetween, []string{`1`}, nil, []string{`1`, `2`}},
		{OpContainsAny, []string{`"x"`, `2`}, []string{`["x"]`, `[1,2]`, `"axb"`}, []string{`["y"]`, `"a"`, `2`, `[]`, `null`, absent}},
		{OpContainsAny, nil, nil, []string{`["x"]`, absent}},
		{0, []string{`1`}, nil, []string{`1`, absent}},
		{ops, []string{`1`}, nil, []string{`1`, absent}},
	}
	tried := make(map[Op]bool)
	for _, tt := range tests {
		tried[tt.op] = true
		f := one(tt.op, tt.values...)
		for i, raw := range slices.Concat(tt.holds, tt.holdNot) {
			e := event{"f": raw}
			if raw == absent {
				e = event{}
			}
			if got, want := f.Match(e.field), i < len(tt.holds); got != want {
				t.Errorf("%s %v with %s: %v, want %v", tt.op, tt.values, raw, got, want)
			}
		}
	}
	for op := OpEq; op < ops; op++ {
		if !tried[op] {
			t.Errorf("%s is not tested", op)
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	f, err := ParseFilter([]byte(`{"filterGroup":[
		{"filters":[{"fieldName":"severity","operator":"ge","value":7},{"fieldName":"priority","operator":"in","value":["high","medium"]}]},
		{"filters":[{"fieldName":"owner.team.name","operator":"eq","value":"Security"}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		e    event
		want bool
	}{
		{event{"severity": "7", "priority": `"high"`}, true},
		{event{"severity": "6", "priority": `"high"`}, false},
		{event{"severity": "9", "priority": `"low"`}, false},
		{event{"severity": "9"}, false},
		{event{"owner.team.name": `"Security"`}, true},
		{event{"owner.team": `"Security"`}, false},
		{event{}, false},
	}
	for _, tt := range tests {
		if got := f.Match(tt.e.field); got != tt.want {
			t.Errorf("%v: %v, want %v", tt.e, got, tt.want)
		}
	}
	for name, all := range map[string]*Filter{"nil": nil, "zero": {}, "empty group": {Groups: [][]Condition{{}}}, "one empty group": {Groups: append([][]Condition{{}}, f.Groups...)}} {
		if !all.Match(event{}.field) {
			t.Errorf("%s: does not match, want everything", name)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Value{
		`null`: Null(), `true`: Bool(true), `false`: Bool(false), `1.5`: Number(1.5), ` "a" `: String("a"), `"é\n"`: String("é\n"),
		`"é"`: String("é"), `{"a":[1]}`: Object(), `[1,"a",null,[2],{}]`: List(Number(1), String("a"), Null(), List(Number(2)), Object()),
		"\t[ ]\n": List(),
	} {
		got, ok := ParseValue([]byte(raw))
		if !ok || got.scalar != want.scalar || !slices.EqualFunc(got.list, want.list, func(a, b Value) bool { return a.scalar == b.scalar }) {
			t.Errorf("ParseValue(%s) = %+v, %v; want %+v", raw, got, ok, want)
		}
	}
	for _, raw := range []string{"", " ", "nul", "True", "01", "1.", "+1", "1e999", "-", `"a`, `"a"b`, `"a""`, "\"\x01\"", `"\x"`, "[1", "[1e999]", "{", "{]", "NaN", "1 2", "'a'", "\x00"} {
		if got, ok := ParseValue([]byte(raw)); ok {
			t.Errorf("ParseValue(%q) = %+v, want none", raw, got)
		}
	}
	var zero float64
	if v := Number(zero / zero); v.equals(v) {
		t.Error("a number that is none equals itself")
	}
	if !Null().IsNull() || !(Value{}).IsNull() || String("").IsNull() {
		t.Error("IsNull: want true for null and the zero Value alone")
	}
}

func TestParseFilter(t *testing.T) {
	t.Parallel()
	f, err := ParseFilter([]byte(`{"filterGroup":[{"filters":[{"fieldName":"a.b","operator":"between","value":[1,2]},{"fieldName":"c","operator":"eq","value":null}]}],"extra":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Filter{Groups: [][]Condition{{{"a.b", OpBetween, []Value{Number(1), Number(2)}}, {"c", OpEq, []Value{Null()}}}}}
	if diff := cmp.Diff(want, f, cmp.AllowUnexported(Value{}, scalar{})); diff != "" {
		t.Errorf("ParseFilter (-want +got):\n%s", diff)
	}
	for raw, all := range map[string]bool{"null": true, `{"filterGroup":[]}`: true, `{"filterGroup":[{"filters":[]}]}`: true} {
		f, err := ParseFilter([]byte(raw))
		if err != nil || f.everything() != all || raw == "null" && f != nil {
			t.Errorf("ParseFilter(%s) = %+v, %v", raw, f, err)
		}
	}
}

func repeat(n int, item string) string { return strings.Join(slices.Repeat([]string{item}, n), ",") }

func TestParseFilterRefuses(t *testing.T) {
	t.Parallel()
	group := func(filters string) string { return `{"filterGroup":[{"filters":[` + filters + `]}]}` }
	filter := func(op, value string) string {
		return group(fmt.Sprintf(`{"fieldName":"f","operator":%q,"value":%s}`, op, value))
	}
	path := func(name string) string {
		return group(fmt.Sprintf(`{"fieldName":%q,"operator":"eq","value":1}`, name))
	}
	var six []string
	for i := range 6 {
		six = append(six, fmt.Sprintf(`{"fieldName":"f%d","operator":"eq","value":1}`, i))
	}
	tests := []struct{ raw, want string }{
		{``, "must be a JSON object"}, {`{`, "must be a JSON object"}, {`[]`, "must be a JSON object"}, {`1`, "must be a JSON object"},
		{`{} x`, "must be a JSON object"}, {`{}`, "filterGroup is missing"}, {`{"filterGroup":null}`, "filterGroup is missing"},
		{`{"filterGroup":{}}`, "filterGroup cannot be a JSON object"}, {`{"filterGroup":[1]}`, "filterGroup"},
		{`{"filterGroup":[{}]}`, "filterGroup[0] has no filters"}, {`{"filterGroup":[{"filters":null}]}`, "has no filters"}, {`{"filterGroup":[null]}`, "has no filters"},
		{`{"filterGroup":[` + repeat(11, `{"filters":[]}`) + `]}`, "Filters combination exceed maximum limit 10 for subscription."},
		{group(strings.Join(six, ",")), "Filters exceed maximum attributes limit"},
		{group(six[0] + "," + six[0]), "filter uses same fieldName multiple time"},
		{group(`{}`), "needs fieldName, operator and value"}, {group(`{"fieldName":"f","operator":"eq"}`), "needs fieldName"},
		{group(`{"fieldName":1,"operator":"eq","value":1}`), "fieldName cannot be a JSON number"},
		{path(""), "empty name"}, {path("a..b"), "empty name"}, {path("."), "empty name"}, {path("a.b.c.d.e.f"), "maximum nesting level 5"},
		{path(strings.Repeat("x", 257)), "maximum length 256"},
		{filter("EQ", `1`), `operator "EQ" of field "f" is unknown`}, {filter("", `1`), "unknown"}, {filter("unknown", `1`), "unknown"},
		{filter("eq", `[1]`), "takes a single value"}, {filter("eq", `{}`), "of this type"}, {filter("eq", `1e999`), "number out of range"},
		{filter("le", `null`), "of this type"}, {filter("gt", `true`), "of this type"}, {filter("beginsWith", `1`), "of this type"}, {filter("contains", `null`), "of this type"},
		{filter("in", `1`), "takes a list of values"}, {filter("in", `null`), "takes a list"}, {filter("in", `[null]`), "of this type"}, {filter("in", `[[1]]`), "of this type"},
		{filter("in", `[`+repeat(6, `1`)+`]`), "operator `in` exceeds maximum value limit"}, {filter("notIn", `[`+repeat(6, `1`)+`]`), "operator `notIn` exceeds maximum value limit"},
		{filter("containsAny", `[`+repeat(21, `1`)+`]`), "operator `containsAny` exceeds maximum value limit"},
		{filter("between", `[1]`), "takes two values"}, {filter("between", `[1,2,3]`), "exceeds maximum value limit"}, {filter("between", `[1,"2"]`), "two values of one type"},
		{filter("between", `[true,false]`), "of this type"}, {filter("between", `5`), "takes a list"},
		{filter("between", `["`+strings.Repeat("secret", 10)+`",1]`), "two values of one type"},
	}
	for _, tt := range tests {
		f, err := ParseFilter([]byte(tt.raw))
		refused, ok := err.(*FilterError)
		if !ok || !strings.Contains(refused.Message, tt.want) || f != nil {
			t.Errorf("ParseFilter(%.80s) = %v, %v; want an error with %q", tt.raw, f, err, tt.want)
		}
		if err != nil && (len(err.Error()) > 400 || strings.Contains(err.Error(), "secret")) {
			t.Errorf("ParseFilter(%.80s): the error repeats what it was given: %v", tt.raw, err)
		}
	}
	for _, raw := range []string{filter("in", `[`+repeat(5, `1`)+`]`), filter("containsAny", `[`+repeat(20, `1`)+`]`), path("a.b.c.d.e"),
		path(strings.Repeat("x", 256)), `{"filterGroup":[` + repeat(10, `{"filters":[`+strings.Join(six[:5], ",")+`]}`) + `]}`} {
		if _, err := ParseFilter([]byte(raw)); err != nil {
			t.Errorf("ParseFilter(%.80s): %v, want no error at the limit", raw, err)
		}
	}
}

// FuzzFilter: no input makes the parser fail otherwise than with a message; a
// filter that is taken keeps to the limits, and an index finds what it matches.
func FuzzFilter(f *testing.F) {
	for _, op := range opNames() {
		f.Add(fmt.Appendf(nil, `{"filterGroup":[{"filters":[{"fieldName":"a","operator":%q,"value":"x"}]}]}`, op), `"x"`)
		f.Add(fmt.Appendf(nil, `{"filterGroup":[{"filters":[{"fieldName":"a","operator":%q,"value":["x",1]}]},{"filters":[{"fieldName":"b.c","operator":"eq","value":null}]}]}`, op), `["x",null]`)
	}
	f.Add([]byte(`null`), `1`)
	f.Add([]byte(`{"filterGroup":[{"filters":[]}]}`), ``)
	f.Fuzz(func(t *testing.T, raw []byte, field string) {
		filter, err := ParseFilter(raw)
		if err != nil {
			if _, ok := err.(*FilterError); !ok || err.Error() == "" || filter != nil {
				t.Fatalf("%v, %v", filter, err)
			}
			return
		}
		if filter != nil {
			withinLimits(t, filter)
		}
		e := event{}
		if json.Valid([]byte(field)) {
			if _, ok := ParseValue([]byte(field)); ok {
				e["a"] = field
			}
		}
		r := newRig(t)
		r.topics.Add("topic", &sub{ID: "s", Filter: filter})
		r.publish("topic", e)
		if got, want := len(r.got["s"]) == 1, filter.Match(e.field); got != want {
			t.Fatalf("delivered %v, the filter matches %v", got, want)
		}
	})
}

func withinLimits(t *testing.T, f *Filter) {
	if len(f.Groups) > maxGroups {
		t.Fatalf("%d groups", len(f.Groups))
	}
	for _, g := range f.Groups {
		if len(g) > maxConditions {
			t.Fatalf("%d conditions", len(g))
		}
		for _, c := range g {
			if c.Op == 0 || c.Op >= ops || len(c.Values) > maxContainsAny || c.Field == "" || len(c.Field) > maxPath {
				t.Fatalf("condition %+v", c)
			}
		}
	}
}

// FuzzParseValue compares with encoding/json.
func FuzzParseValue(f *testing.F) {
	for _, raw := range []string{`null`, `true`, ` 1.5e3 `, `"a\u00e9"`, `"é"`, `[1,[2],{"a":3}]`, `{}`, `1e999`, "\"\xff\"", `[1e999]`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, ok := ParseValue(raw)
		var want any
		if err := json.Unmarshal(raw, &want); err != nil {
			if _, object := want.(map[string]any); ok && !strings.Contains(string(raw), "{") && !object {
				t.Fatalf("ParseValue(%q) = %+v; encoding/json says %v", raw, got, err)
			}
			return
		}
		if !ok || !same(got, want) {
			t.Fatalf("ParseValue(%q) = %+v, %v; encoding/json has %v", raw, got, ok, want)
		}
	})
}

func same(v Value, want any) bool {
	switch want := want.(type) {
	case nil:
		return v.IsNull()
	case bool:
		return v.equals(Bool(want))
	case float64:
		return v.equals(Number(want))
	case string:
		return v.equals(String(want))
	case []any:
		return v.kind == kindList && len(v.list) == len(want)
	}
	return v.kind == kindOther
}
