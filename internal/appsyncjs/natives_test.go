package appsyncjs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestNativesEnd: what the runtime does in one step ends, too, in time and before
// it has taken too much.
func TestNativesEnd(t *testing.T) {
	t.Parallel()
	const double = "for (const i of [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30]) "
	e := open(t, Options{Timeout: 200 * time.Millisecond, MaxHeapGrowth: 32 << 20, patience: time.Minute}) // a busy machine takes long for one step
	long := &Call{Arguments: rawJSON(`{"s":"` + strings.Repeat("x", 300_000) + `"}`)}
	for name, body := range map[string]string{
		"flat":          "let o = []; " + double + "{ o = [o, o] } return o.flat(40)",
		"flatMap":       "return [1].flatMap(() => Array(4000000000)).length",
		"join":          "let o = []; " + double + "{ o = [o, o] } return o.join('')",
		"template":      "let s = 'xxxxxxxxxxxxxxxxxxxx'; " + double + "{ s = `${s}${s}${s}${s}${s}${s}${s}${s}` } return s.length",
		"stringify":     "let o = {}; " + double + "{ o = { a: o, b: o } } return JSON.stringify(o, ['a', 'b'], 1).length",
		"borrowed":      "let n = 0; const o = { get length() { n += 1; return n > 2 ? 9000000000000000 : 1 }, fill: [].fill }; o.fill(0); return 1",
		"long array":    "return Array(4000000000).fill(0)",
		"long spread":   "return [...Array(4000000000)].length",
		"long object":   "return Object.keys({ ...Array(4000000000) }).length",
		"keys":          "return Object.keys(ctx.args.s).length",
		"values":        "return Object.values(ctx.args.s).length",
		"entries":       "return Object.entries(ctx.args.s).length",
		"assign":        "return Object.keys(Object.assign({}, ctx.args.s)).length",
		"members":       "return Object.keys({ ...ctx.args.s }).length",
		"rest":          "const { a, ...rest } = ctx.args.s; return Object.keys(rest).length",
		"assigned rest": "let rest; ({ ...rest } = ctx.args.s); return Object.keys(rest).length",
		"wrapped":       "return Object.keys(new String(ctx.args.s)).length",
		"search":        "return Array(100000).fill(ctx.args.s).indexOf(ctx.args.s + 'y')",
		"sort":          "const a = [...ctx.args.s.split('')]; a.push(ctx.args.s); for (const i of a) { a.sort() } return 1",
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			out := request(t, e, body, long)
			if out.Failure == nil {
				t.Errorf("it gave %.50s", out.Value)
			}
			if strings.Contains(out.Reason, "lost") {
				t.Errorf("after %v: %s", time.Since(begun), out.Reason)
			}
		})
	}
	if n := e.Stuck(); n != 0 {
		t.Errorf("%d are stuck", n)
	}
}

// TestTamedCode: what is rewritten means the same.
func TestTamedCode(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	c := &Call{Arguments: json.RawMessage(`{"a":{"x":1,"y":2,"z":[3]},"s":"héy","l":[1,2]}`)}
	for body, want := range map[string]string{
		"return `${1}`": `"1"`, "return `a${1}b${2}c`": `"a1b2c"`, "return `${1}${2}${3}`": `"123"`,
		"return `a${1}b${null}c${undefined}d${[4, 5]}e${`${1}${2}-${3}`}f`":                            `"a1bnullcundefinedd4,5e12-3f"`,
		"let o = ''; const f = (x) => { o += x; return x }; return `${f(1)}${f(2)}${f(3)}${f(4)}` + o": `"12341234"`,
		"return `${1}${2}\n${3}`.length":                                                               `4`,
		"return { ...ctx.args.a, w: 0, ...null, ...undefined, ...ctx.args.l }":                         `{"0":1,"1":2,"x":1,"y":2,"z":[3],"w":0}`,
		"return { ...ctx.args.s }":                                                                     `{"0":"h","1":"é","2":"y"}`,
		"const { x, ...rest } = ctx.args.a; return rest":                                               `{"y":2,"z":[3]}`,
		"let x, rest; ({ x, ...rest } = ctx.args.a); return rest":                                      `{"y":2,"z":[3]}`,
		"const f = ({ x, ...rest }) => rest; return f(ctx.args.a)":                                     `{"y":2,"z":[3]}`,
		"for (const { x, ...rest } of [ctx.args.a]) { return rest }":                                   `{"y":2,"z":[3]}`,
		"return [3, 1, 20, undefined, 'é', 'z', null, , [2]].sort()":                                   `[1,[2],20,3,null,"z","é",null,null]`,
		"return [[1, [2]], 3].flat()":                                                                  `[1,[2],3]`, "return [1, 2].flatMap((x, i) => [x, [i]])": `[1,[0],2,[1]]`,
		"return ['b', 'a', 'b'].lastIndexOf('b')": `2`, "return [...'aé😀']": `["a","é","😀"]`,
		"return Object.entries(ctx.args.l)": `[["0",1],["1",2]]`,
	} {
		if got := value(t, e, body, c); got != want {
			t.Errorf("%s gives %s, want %s", body, got, want)
		}
	}
}

// TestBigInt: AppSync has none, and goja's cannot be ended.
func TestBigInt(t *testing.T) {
	t.Parallel()
	e := open(t, Options{})
	for _, expression := range []string{"1n", "-1n", "0x1fn", "2n ** 3n", "{ 1n: 1 }", "`${1n}`", "[1n].length"} {
		_, problems := e.Load(inline("const x = " + expression + ";\nexport const request = () => x"))
		if len(problems) == 0 || problems[0].Rule != "no-bigint" || problems[0].Line != 1 {
			t.Errorf("%s: %v", expression, problems)
		}
	}
	if got := value(t, e, "return typeof BigInt + typeof BigInt64Array + typeof Symbol + typeof Reflect", &Call{}); got != `"undefinedundefinedundefinedundefined"` {
		t.Error(got)
	}
}
