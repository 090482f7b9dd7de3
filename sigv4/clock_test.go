package sigv4

import "testing"

func TestDateForms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"20260102T030405Z":                true,
		"Fri, 02 Jan 2026 03:04:05 GMT":   true,
		"Friday, 02-Jan-26 03:04:05 GMT":  true,
		"Fri Jan  2 03:04:05 2026":        true,
		"Fri, 02 Jan 2026 03:04:05 -0000": true,
		"Fri, 02 Jan 2026 03:04:05 +0100": false,
		"Fri, 02 Jan 2026 03:04:05":       false,
		"2026-01-02T03:04:05Z":            false,
		"":                                false,
	} {
		at, ok := parseDate(text)
		if ok != want || ok && stamp(at) != "20260102T030405Z" {
			t.Errorf("%q: %v %v", text, at, ok)
		}
	}
}
