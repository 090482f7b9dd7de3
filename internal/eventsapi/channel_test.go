package eventsapi

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseChannel(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 50)
	tests := []struct {
		text  string
		plain string // path of a publish; "": refused
		wild  string // path of a subscription
	}{
		{"default", "/default", "/default"},
		{"/default", "/default", "/default"},
		{"/default/", "/default", "/default"},
		{"default/room-1/A", "/default/room-1/A", "/default/room-1/A"},
		{"/1/2/3/4/5/", "/1/2/3/4/5", "/1/2/3/4/5"},
		{"/1/2/3/4/5/6", "", ""},
		{"/1/2/3/4/*", "", "/1/2/3/4/*"},
		{"/1/2/3/4/5/*", "", ""},
		{long + "/" + long, "/" + long + "/" + long, "/" + long + "/" + long},
		{long + "x", "", ""},
		{"default/*", "", "/default/*"},
		{"/default/*/", "", ""},
		{"*", "", ""}, {"/*", "", ""}, {"/*/x", "", ""}, {"/a/*/b", "", ""}, {"/a/b*", "", ""}, {"/a/**", "", ""},
		{"", "", ""}, {"/", "", ""}, {"//", "", ""}, {"//a", "", ""}, {"a//b", "", ""}, {"a//", "", ""},
		{"-a", "", ""}, {"a-", "", ""}, {"-", "", ""}, {"a_b", "", ""}, {"a b", "", ""}, {"ä", "", ""}, {"a.b", "", ""}, {"a\x00", "", ""}, {"a\n", "", ""},
		{strings.Repeat("/x", 1000), "", ""},
	}
	for _, tt := range tests {
		for wildcard, want := range map[bool]string{false: tt.plain, true: tt.wild} {
			c, reason := parseChannel(tt.text, wildcard)
			if c.path != want || (reason == "") != (want != "") || want != "" && "/"+strings.Join(c.segments, "/") != want {
				t.Errorf("parseChannel(%q, %v) = %q, %q %q; want %q", tt.text, wildcard, c.path, c.segments, reason, want)
			}
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"/a/b/c", "/a/", "/a/b/"}, appendKeys(nil, "/a/b/c")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"/a"}, appendKeys(nil, "/a")); diff != "" {
		t.Error(diff)
	}
	c, _ := parseChannel("/a/b/*", true)
	if c.topic() != "/a/b/" {
		t.Errorf("topic %q", c.topic())
	}
}

// FuzzChannel compares with the documented pattern.
func FuzzChannel(f *testing.F) {
	for _, s := range []string{"default/room", "/a/*", "/a/b/c/d/e/f", "-", "a-", "a//b", "\xff", "/a/*/"} {
		f.Add(s)
	}
	const segment = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?`
	plain := regexp.MustCompile(fmt.Sprintf(`\A/?%s(?:/%s){0,4}/?\z`, segment, segment))
	wild := regexp.MustCompile(fmt.Sprintf(`\A/?%s(?:/%s){0,3}/\*\z`, segment, segment))
	f.Fuzz(func(t *testing.T, text string) {
		c, reason := parseChannel(text, false)
		if want := plain.MatchString(text); (reason == "") != want {
			t.Errorf("parseChannel(%q) = %q, %q; the pattern says %v", text, c.path, reason, want)
		}
		w, reason := parseChannel(text, true)
		if want := plain.MatchString(text) || wild.MatchString(text); (reason == "") != want {
			t.Errorf("parseChannel(%q) of a subscription = %q, %q; the patterns say %v", text, w.path, reason, want)
		}
		if again, reason := parseChannel(w.path, true); w.path != "" && (reason != "" || again.path != w.path) {
			t.Errorf("%q reads as %q, which reads as %q, %q", text, w.path, again.path, reason)
		}
		if c.path != "" && !slices.Contains(appendKeys(nil, c.path), c.topic()) {
			t.Errorf("an event of %q does not come to its subscribers", c.path)
		}
	})
}
