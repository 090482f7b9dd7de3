package websocketapi

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"
)

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\n\r\t\x00\x1f\x7f", "é😀\u2028", "\xff\xc3", "a\xed\xa0\x80b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := appendString(nil, s)
		if again := appendString(nil, []byte(s)); string(again) != string(text) {
			t.Fatalf("%q as bytes is %q", text, again)
		}
		plain, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got, want string
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Fatalf("%q became %q, not %q", s, got, want)
		}
	})
}

func TestIDs(t *testing.T) {
	t.Parallel()
	r := newRandom()
	short := regexp.MustCompile(`^[A-Za-z0-9_-]{15}=$`)
	seen := map[string]bool{}
	for range 1000 {
		id := r.shortID()
		if s := string(id[:]); !short.MatchString(s) || seen[s] {
			t.Fatalf("short id %q", s)
		}
		seen[string(id[:])] = true
	}
	if u := r.uuid(); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(u) {
		t.Errorf("uuid %q", u)
	}
	if x := r.traceID(time.Unix(0x65abb61c, 0)); !regexp.MustCompile(`^Root=1-65abb61c-[0-9a-f]{24}$`).MatchString(x) {
		t.Errorf("trace id %q", x)
	}
}

func TestRequestTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 1, 2, 5, 4, 3, 0, time.FixedZone("", 3600))
	if got := string(appendRequestTime(nil, at)); got != "02/Jan/2024:04:04:03 +0000" {
		t.Error(got)
	}
}
