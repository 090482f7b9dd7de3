package events

import (
	"errors"
	"regexp"
	"strings"
	"testing"
)

func TestChannels(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 50)
	for _, c := range []struct {
		channel            string
		publish, subscribe int // where it goes wrong, or -1
	}{
		{"default", -1, -1},
		{"/default/x", -1, -1},
		{"default/x/", -1, -1},
		{"/a/b/c/d/e/", -1, -1},
		{"/A-9/" + long, -1, -1},
		{"/default/*", 9, -1},
		{"/a/b/c/d/*", 9, -1},
		{"/a/b/c/d/e/*", 11, 11},
		{"/a/b/c/d/e/f", 11, 11},
		{"", 0, 0},
		{"/", 1, 1},
		{"//", 1, 1},
		{"/a//b", 3, 3},
		{"/a/b//", 5, 5},
		{"/*", 1, 1},
		{"*", 0, 0},
		{"/a/*/b", 3, 3},
		{"/a/*/", 3, 3},
		{"/a/b*", 4, 4},
		{"/a/**", 3, 3},
		{"/-a", 1, 1},
		{"/a-/b", 2, 2},
		{"/a/" + long + "b", 53, 53},
		{"/a b", 2, 2},
		{"/ä", 1, 1},
		{"/a.b", 2, 2},
		{"/a\nb", 2, 2},
	} {
		for wildcard, want := range map[bool]int{false: c.publish, true: c.subscribe} {
			err := checkChannel(c.channel, wildcard)
			var bad *ChannelError
			switch {
			case want < 0 && err != nil:
				t.Error(err)
			case want >= 0 && (!errors.As(err, &bad) || bad.Offset != want || bad.Channel != c.channel):
				t.Errorf("%q, wildcard %v: %+v, want offset %d", c.channel, wildcard, err, want)
			}
		}
	}
	if s := checkChannel(strings.Repeat("x", 1<<20)+"\n", true).Error(); len(s) > 1000 || strings.Contains(s, "\n") {
		t.Errorf("%d bytes of error", len(s))
	}
}

// FuzzChannel compares with the expression that the developer guide gives.
func FuzzChannel(f *testing.F) {
	const segment = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?`
	guide := regexp.MustCompile(`^/?` + segment + `(?:/` + segment + `){0,4}/?$`)
	for _, s := range []string{"/default/x", "a/b/c/d/e/", "/a/*", "a-", "//", "/a/b/c/d/*", "a\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, channel string) {
		plain := guide.MatchString(channel) && !strings.HasSuffix(channel, "\n")
		if got := checkChannel(channel, false) == nil; got != plain {
			t.Errorf("publish to %q: %v, the guide says %v", channel, got, plain)
		}
		want := plain
		if parent, ok := strings.CutSuffix(channel, "/*"); ok {
			want = guide.MatchString(parent) && !strings.HasSuffix(parent, "/") && strings.Count(strings.TrimPrefix(parent, "/"), "/") < 4
		}
		if got := checkChannel(channel, true) == nil; got != want {
			t.Errorf("subscribe to %q: %v, the guide says %v", channel, got, want)
		}
	})
}

func FuzzData(f *testing.F) {
	f.Add(`"{\"a\":1}"`)
	f.Add(`"not JSON"`)
	f.Add(`["{}"]`)
	f.Fuzz(func(t *testing.T, raw string) {
		_ = dataOf([]byte(raw)) // must not panic
	})
}
