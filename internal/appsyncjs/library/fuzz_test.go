package library

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"
)

func FuzzXML(f *testing.F) {
	for _, s := range []string{"", "<a/>", "<a b='c'>t<b/></a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;&#x41;</a>", "<a><![CDATA[]]></a>", "<?xml?><a", "</a>", "<a></b>", "<!", "<a =>", "<a b=>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		made := 0
		root, err := parseXML(s, func(n int) { made += n })
		if err != nil {
			return
		}
		if made > 128*len(s) {
			t.Errorf("%d bytes for %d", made, len(s))
		}
		l := &library{vm: goja.New(), host: &Host{}}
		l.vm.Set("root", l.element(root))
		if _, err := l.vm.RunString("JSON.stringify(root)"); err != nil {
			t.Error(err)
		}
	})
}

func FuzzTimeFormat(f *testing.F) {
	for _, p := range []string{"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "GyMdEaBhKkHmsSAnNgVVvzOXxZ", "[yy[MM]]", "ppppd", "''", "yyyyMMddHHmmss", "'", "[", "]", "{"} {
		f.Add(p, "2018-02-01 10:00", int64(1517943695750), "Europe/Berlin")
	}
	f.Fuzz(func(t *testing.T, pattern, text string, ms int64, id string) {
		location, err := zone(id)
		if err != nil {
			location = time.UTC
		}
		p, err := compileDate(pattern)
		if err != nil {
			return
		}
		at := time.UnixMilli(ms % 8_640_000_000_000_000).In(location)
		if s := p.format(at, id); len(s) > 40*longestPattern {
			t.Errorf("%d bytes", len(s))
		}
		_, _ = p.parse(text, location)
		_, _ = p.parse(p.format(at, "UTC"), location)
	})
}

// FuzzDateRoundTrip reads what it wrote.
func FuzzDateRoundTrip(f *testing.F) {
	f.Add(int64(0))
	f.Add(int64(-62135596800001))
	f.Fuzz(func(t *testing.T, ms int64) {
		ms %= 8_640_000_000_000_000
		for _, pattern := range []string{"uuuu-MM-dd HH:mm:ss.SSS X", "G y MMM d h:mm:ss a SSSxxx", "uuuu D A X", "uuuuMMddHHmmssSSSZ"} {
			p, err := compileDate(pattern)
			if err != nil {
				t.Fatal(err)
			}
			at := time.UnixMilli(ms).UTC()
			if pattern == "uuuuMMddHHmmssSSSZ" && (at.Year() > 9999 || at.Year() < 0) {
				continue // as in Java, signs make it ambiguous
			}
			text := p.format(at, "UTC")
			if got, err := p.parse(text, time.UTC); err != nil || got.UnixMilli() != ms {
				t.Errorf("%s: %q became %d: %v", pattern, text, got.UnixMilli(), err)
			}
		}
	})
}

func FuzzFilterExpression(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":{"eq":1}}`, `{"and":[{"or":[{}]},{"not":{"a":{"size":{"in":[]}}}}]}`, `{"a":{"between":[1,2]}}`, `{"__proto__":{"eq":{"__proto__":1}}}`, `[]`, `{"a":{"exists":true,"range":[1,2]}}`, `{"a":{"eq":1e999}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !json.Valid([]byte(s)) || len(s) > 4096 {
			return
		}
		vm := testRuntime(t, &Host{})
		vm.Set("text", s)
		if _, err := vm.RunString(`const f = JSON.parse(text)`); err != nil {
			return // goja's own does not take numbers beyond 1.8e308
		}
		v, err := vm.RunString(`const results = [util.transform.toDynamoDBFilterExpression(f), util.transform.toElasticsearchQueryDSL(f)];
			for (const r of results) if (r !== null) JSON.parse(r);
			JSON.stringify(util.transform.toSubscriptionFilter(f))`)
		if ex, ok := err.(*goja.Exception); err != nil && (!ok || ex.Value().ToObject(vm).Get("name").String() != "TypeError") {
			t.Errorf("%s: %v %v", s, v, err)
		}
	})
}

func FuzzMatches(f *testing.F) {
	for _, p := range []string{"a*b", "(?i)[a-z&&[^b]]+", `\Qa\E\p{L}`, "(a+)+$", "[", "(?<n>a)\\k<n>", "a{2,3}+", "(?x) # c", `[\d-x]`, "[]a]", "a**"} {
		f.Add(p, "aaaaaaaaaaaaaaaaaaaaaab")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 200 || !utf8.ValidString(pattern) {
			return
		}
		p, err := CompilePattern(pattern)
		if err != nil {
			return
		}
		p.whole.MatchTimeout, p.part.MatchTimeout = 10*time.Millisecond, 10*time.Millisecond
		whole, err := p.Matches(s)
		if err != nil || !whole {
			return
		}
		if part, err := p.Find(s); err == nil && !part {
			t.Errorf("%q matches all of %q, but no part", pattern, s)
		}
	})
}
