package graphqlapi

import (
	"strings"
	"testing"
)

// args is a rig whose field echo answers its arguments.
func argsRig(t testing.TB) *rig {
	return newRig(t, blogSchema, unit("Query.echo", asks(func(c *Call) string {
		return string(appendString(nil, string(c.Arguments)))
	})))
}

func TestArguments(t *testing.T) {
	t.Parallel()
	r := argsRig(t)
	for _, tt := range []struct{ query, variables, want string }{
		{`{echo}`, ``, `{"n":5}`},
		{`{echo(n:null id:7)}`, ``, `{"id":"7","n":null}`},
		{`{echo(in:{a:1} tags:"x")}`, ``, `{"n":5,"in":{"a":1,"b":"x"},"tags":["x"]}`},
		{`{echo(in:{a:1,b:null,c:RED,d:{a:2,b:"é\"\n"}})}`, ``, `{"n":5,"in":{"a":1,"b":null,"c":["RED"],"d":{"a":2,"b":"é\"\n"}}}`},
		{`{echo(json:" {\"a\":[1]} ")}`, ``, `{"n":5,"json":{"a":[1]}}`},
		{`query($n:Int){echo(n:$n)}`, `{}`, `{"n":5}`},
		{`query($n:Int){echo(n:$n)}`, `{"n":null}`, `{"n":null}`},
		{`query($n:Int=9){echo(n:$n)}`, ``, `{"n":9}`},
		{`query($n:Int=9){echo(n:$n)}`, `{"n":"12"}`, `{"n":12}`},
		{`query($id:ID){echo(id:$id)}`, `{"id":12}`, `{"id":"12","n":5}`},
		{`query($t:[String]){echo(tags:$t)}`, `{"t":[1,null,"x",true]}`, `{"n":5,"tags":["1",null,"x","true"]}`},
		{`query($t:[String]){echo(tags:$t)}`, `{"t":"one"}`, `{"n":5,"tags":["one"]}`},
		{`query($t:String){echo(tags:["a",$t])}`, `{"t":"b"}`, `{"n":5,"tags":["a","b"]}`},
		{`query($t:String){echo(tags:["a",$t])}`, ``, `{"n":5,"tags":["a",null]}`},
		{`query($i:In){echo(in:$i)}`, `{"i":{"c":"GREEN","a":1.0,"d":{"a":3,"b":"y"}}}`, `{"n":5,"in":{"a":1,"b":"x","c":["GREEN"],"d":{"a":3,"b":"y"}}}`},
		{`query($b:String){echo(in:{a:1,b:$b})}`, ``, `{"n":5,"in":{"a":1,"b":"x"}}`},
		{`query($j:AWSJSON){echo(json:$j)}`, `{"j":"\"text\""}`, `{"n":5,"json":"text"}`},
		{`query($j:AWSJSON){echo(json:$j)}`, `{"j":" [1, 2] "}`, `{"n":5,"json":[1, 2]}`},
	} {
		want := string(appendString([]byte(`{"data":{"echo":`), tt.want)) + "}}"
		if tt.variables == "" {
			r.expect(want, tt.query)
		} else {
			r.expect(want, tt.query, tt.variables)
		}
	}
}

func TestVariableErrors(t *testing.T) {
	t.Parallel()
	r := newRig(t, strings.Replace(blogSchema, "input In {", "input Day { at: AWSDateTime mail: AWSEmail phone: AWSPhone ts: AWSTimestamp }\ninput In { day: Day ", 1))
	const where = `[{"line":1,"column":7,"sourceName":null}]`
	for _, tt := range []struct{ typ, value, locations, want string }{
		{"ID!", ``, where, `Variable 'v' has coerced Null value for NonNull type 'ID!'`},
		{"ID!", `null`, where, `Variable 'v' has coerced Null value for NonNull type 'ID!'`},
		{"In", `{}`, where, `Field 'a' of variable 'v' has coerced Null value for NonNull type 'Int!'`},
		{"In", `{"a":1,"zz":1}`, "null", `The variables input contains a field name 'zz' that is not defined for input object type 'In' `},
		{"In", `{"a":1,"d":{"a":1,"q":1}}`, "null", `The variables input contains a field name 'q' that is not defined for input object type 'In' `},
		{"In", `5`, where, `Variable 'v' has an invalid value. Expected type 'Map' but was 'Integer'. Variables for input objects must be an instance of type 'Map'.`},
		{"Int", `2147483648`, where, `Variable 'v' has an invalid value. Expected type 'Int' but was 'Long'.`},
		{"Int", `123456789012345678901234567890`, where, `Variable 'v' has an invalid value. Expected type 'Int' but was 'BigInteger'.`},
		{"Int", `1.5`, where, `Variable 'v' has an invalid value. Expected type 'Int' but was 'Double'.`},
		{"Int", `[1]`, where, `Variable 'v' has an invalid value. Expected type 'Int' but was 'ArrayList'.`},
		{"Int", `true`, where, `Variable 'v' has an invalid value. Expected type 'Int' but was 'Boolean'.`},
		{"ID", `1e5`, where, `Variable 'v' has an invalid value. Expected type 'ID' but was 'Double'.`},
		{"In", `{"a":1,"c":["BLUE"]}`, where, `Variable 'c' has an invalid value. Invalid input for Enum 'Color'. No value found for name 'BLUE'`},
		{"In", `{"a":1,"day":{"at":"2019"}}`, where, "Variable 'at' has an invalid value. Unable to parse `2019` as a valid DateTime Object."},
		{"In", `{"a":1,"day":{"phone":"1110004444"}}`, where, "Variable 'phone' has an invalid value. Unable to parse `1110004444` as a valid phone number."},
		{"In", `{"a":1,"day":{"mail":{"x":[1]}}}`, where, "Variable 'mail' has an invalid value. Unable to parse `{x=[1]}` as a valid email address."},
		{"In", `{"a":1,"day":{"ts":"12"}}`, where, "Variable 'ts' has an invalid value. Unable to parse `12` as a valid timestamp."},
		{"AWSJSON", `{"a":1}`, where, "Variable 'v' has an invalid value. Unable to parse `{a=1}` as valid JSON."},
		{"AWSJSON", `"{"`, where, "Variable 'v' has an invalid value. Unable to parse `{` as valid JSON."},
	} {
		name := map[string]string{"ID!": "id", "ID": "id", "In": "in", "Int": "n", "AWSJSON": "json"}[tt.typ]
		variables := "{}"
		if tt.value != "" {
			variables = `{"v":` + tt.value + `}`
		}
		r.expect(`{"data":null,"errors":[{"path":null,"locations":`+tt.locations+`,"message":`+string(appendString(nil, tt.want))+`}]}`,
			`query($v:`+tt.typ+`){echo(`+name+`:$v)}`, variables)
	}
}

// TestFloatsAreFinite: as literals as well as in variables.
func TestFloatsAreFinite(t *testing.T) {
	t.Parallel()
	r := newRig(t, "type Query { echo(f: Float, in: In): String } input In { f: [Float] }", unit("Query.echo", asks(func(c *Call) string {
		return string(appendString(nil, string(c.Arguments)))
	})))
	long := strings.Repeat("9", 400)
	refused := func(line, column, message string) string {
		return `{"data":null,"errors":[{"path":null,"locations":[{"line":` + line + `,"column":` + column + `,"sourceName":null}],"message":` + string(appendString(nil, message)) + `}]}`
	}
	wrong := func(argument, value string) string {
		return refused("1", "7", "Validation error of type WrongType: argument '"+argument+"' with value '"+value+"' is not a valid 'Float' @ 'echo'")
	}
	for _, tt := range []struct{ query, variables, want string }{
		{`{echo(f:1e308)}`, ``, `{"data":{"echo":"{\"f\":1e308}"}}`},
		{`{echo(f:-1e-999)}`, ``, `{"data":{"echo":"{\"f\":-1e-999}"}}`},
		{`{echo(f:7)}`, ``, `{"data":{"echo":"{\"f\":7}"}}`},
		{`{echo(f:1e999)}`, ``, wrong("f", "FloatValue{value=1e999}")},
		{`{echo(f:-1.8e308)}`, ``, wrong("f", "FloatValue{value=-1.8e308}")},
		{`{echo(f:` + long + `)}`, ``, wrong("f", clip("IntValue{value="+long+"}"))},
		{`{echo(in:{f:[1,1e999]})}`, ``, wrong("in.f[1]", "FloatValue{value=1e999}")},
		{`query($f:Float=1e999){echo(f:$f)}`, ``, refused("1", "7", "Validation error of type BadValueForDefaultArg: Bad default value FloatValue{value=1e999} for type Float")},
		{`query($f:Float){echo(f:$f)}`, `{"f":1e999}`, refused("1", "7", "Variable 'f' has an invalid value. Expected type 'Float' but was 'Double'.")},
	} {
		if tt.variables == "" {
			r.expect(tt.want, tt.query)
		} else {
			r.expect(tt.want, tt.query, tt.variables)
		}
	}
}

// TestNullForVariablesWithDefaults: a null does not get to where the schema has
// none, by a variable that may be null.
func TestNullForVariablesWithDefaults(t *testing.T) {
	t.Parallel()
	arguments := asks(func(c *Call) string { return string(appendString(nil, string(c.Arguments))) })
	r := newRig(t, `type Query { a(id: ID!, n: Int! = 5): String b(in: In): String c(list: [Int!]): String } input In { k: String! d: Int! = 3 }`,
		unit("Query.a", arguments), unit("Query.b", arguments), unit("Query.c", arguments))
	for _, tt := range []struct{ query, variables, refused, want string }{
		{`query($v: ID = "x") { a(id: $v) }`, `{"v":null}`, "ID!", ""},
		{`query($v: ID = "x") { ...F } fragment F on Query { a(id: $v) }`, `{"v":null}`, "ID!", ""},
		{`query($v: ID = "x") { a(id: $v) }`, `{}`, "", `{"data":{"a":"{\"id\":\"x\",\"n\":5}"}}`},
		{`query($v: Int) { a(id: 1, n: $v) }`, `{"v":null}`, "Int!", ""},
		{`query($v: Int = null) { a(id: 1, n: $v) }`, `{}`, "Int!", ""},
		{`query($v: Int = null) { a(id: 1, n: $v) }`, `{"v":4}`, "", `{"data":{"a":"{\"id\":\"1\",\"n\":4}"}}`},
		{`query($v: Int = null) { b(in: {k: "a", d: $v}) }`, `{}`, "Int!", ""},
		{`query($v: Int) { a(id: 1, n: $v) }`, `{}`, "", `{"data":{"a":"{\"id\":\"1\",\"n\":5}"}}`},
		{`query($v: String = "x") { b(in: {k: $v}) }`, `{"v":null}`, "String!", ""},
		{`query($v: Int) { b(in: {k: "a", d: $v}) }`, `{"v":null}`, "Int!", ""},
		{`query($v: Int) { b(in: {k: "a", d: $v}) }`, `{}`, "", `{"data":{"b":"{\"in\":{\"k\":\"a\",\"d\":3}}"}}`},
		{`query($v: Int = 1) { c(list: [2, $v]) }`, `{"v":null}`, "Int!", ""},
		{`query($v: [Int!]) { c(list: $v) }`, `{"v":null}`, "", `{"data":{"c":"{\"list\":null}"}}`},
		{`query($v: Boolean = true) { c @include(if: $v) }`, `{"v":null}`, "Boolean!", ""},
		{`query($v: Boolean = true) { ... @skip(if: $v) { c } }`, `{"v":null}`, "Boolean!", ""},
	} {
		want := tt.want
		if tt.refused != "" {
			want = `{"data":null,"errors":[{"path":null,"locations":[{"line":1,"column":7,"sourceName":null}],"message":"Variable 'v' has coerced Null value for NonNull type '` + tt.refused + `'"}]}`
		}
		r.expect(want, tt.query, tt.variables)
	}
}
