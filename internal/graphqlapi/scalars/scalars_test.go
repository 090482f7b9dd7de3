package scalars

import (
	"strings"
	"testing"
)

func TestValid(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, good, bad string }{
		{"AWSDate", "2020-02-29|1970-01-01Z|1970-01-01-07:00|1970-01-01+05:30:15|-2017-01-01|0000-12-31",
			"|2019-02-29|2020-13-01|2020-00-10|2020-04-31|2020-1-01|20200101|2020-01-01T|2020-01-01+5:30|2020-01-01+19:00|2019-12-24T04:15:57.798Z|2020-01-0x"},
		{"AWSTime", "12:30|12:30Z|12:30:24|12:30:24.5|12:30:24.123456789|12:30:24-07:00|12:30:24.500+05:30|00:00:00+18:00",
			"|24:00|12:60|12|12:3|12:30:|12:30:60|12:30:24.|12:30:24.1234567890|12:30z|1:30|12:30+18:01"},
		{"AWSDateTime", "1970-01-01T12:30:00.2Z|-9999-01-01T00:00Z|1970-01-01T12:00:00-07:00:30|2020-01-01T00:00+00:00",
			"|2020-01-01|2020-01-01T00:00|2020-05-23T06:4:37.000Z|2020-01-01 00:00Z|2020-01-01t00:00Z|2026-05-06T00:00:00.000|None"},
		{"AWSEmail", "a@b.c|first.last+tag@example.co.uk|x@localhost|üser@example.com",
			"|a|@b|a@|a b@c|A <a@b.c>|a@b@c|a@-b.c|a@b..c|\"a\"@b.c|a@b.c\n|" + strings.Repeat("a", 251) + "@b.c"},
		{"AWSURL", "https://example.com|ftp://x/y|mailto:a@b.c|http://h:80/p?q=1//2#f|file:///etc/x",
			"|example.com|/path|https://example.com/a//b|:x|http://[::1|https:"},
		{"AWSIPAddress", "127.0.0.1|10.0.0.0/8|::1|2001:db8::/32|1a2b:3c4b::1234:4567", "|256.0.0.1|1.2.3|::g|10.0.0.0/33|fe80::1%eth0|127.0.0.1:80"},
		{"AWSPhone", "+1 650-253-0000|650-253-0000|6502530000|+44 20 7031 3000|+49 30 901820", "|1110004444|123|abc|+1 650-253-0000x|++1650|+1+6502530000|" + strings.Repeat("1", 100)},
	}
	for _, tt := range tests {
		s := Lookup(tt.name)
		for text := range strings.SplitSeq(tt.good, "|") {
			if !s.Valid(text) {
				t.Errorf("%s refuses %q", tt.name, text)
			}
		}
		for text := range strings.SplitSeq(tt.bad, "|") {
			if s.Valid(text) {
				t.Errorf("%s takes %q", tt.name, text)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	if n := len(All()); n != 9 { // with ID, which GraphQL has itself, they are AppSync's ten
		t.Errorf("there are %d scalars", n)
	}
	if Lookup("AWSNothing") != nil || Lookup("String") != nil {
		t.Error("an unknown scalar was found")
	}
	for _, name := range []string{JSON, Timestamp} {
		if s := Lookup(name); s == nil || !s.Valid("anything") {
			t.Errorf("%s is not as said", name)
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, s := range []string{"", "2020-01-01T00:00Z", "+1 650-253-0000", "a@b.c", "::1/128", "x://y", "-", "T", "12:30:24.5+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range All() {
			if s.Valid(text) && s.Valid(text+"\x00") && s.valid != nil && s.Name != "AWSURL" {
				t.Errorf("%s takes a NUL after %q", s.Name, text)
			}
		}
	})
}

func BenchmarkDateTime(b *testing.B) {
	s := Lookup("AWSDateTime")
	b.ReportAllocs()
	for b.Loop() {
		if !s.Valid("2026-11-20T16:10:00.123Z") {
			b.Fatal()
		}
	}
}
