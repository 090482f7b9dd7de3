package main

import (
	"bytes"
	"strings"
	"testing"
)

// For a terminal, what could control it is visible, wherever the pieces of an
// answer are cut.
func TestSink(t *testing.T) {
	t.Parallel()
	const text = "ä漢👩\x1b[2J\xff\r\nb\xe6\xbc"
	for size := 1; size < len(text); size++ {
		var plain, shown bytes.Buffer
		for _, s := range []*sink{{to: &plain}, {to: &shown, visible: true}} {
			for rest := text; rest != ""; rest = rest[min(size, len(rest)):] {
				if n, err := s.Write([]byte(rest[:min(size, len(rest))])); err != nil || n == 0 {
					t.Fatal(n, err)
				}
			}
			if err := s.flush(); err != nil || string(s.start) != text {
				t.Errorf("%v, %q", err, s.start)
			}
		}
		if got := shown.String(); plain.String() != text || got != "ä漢👩\\x1b[2J\\xff\nb\\xe6\\xbc\n" {
			t.Errorf("%d: %q", size, got)
		}
	}
}

func TestHiddenQuery(t *testing.T) {
	t.Parallel()
	got := hiddenQuery("a=1&X-Amz-Signature=0123456789abcdef&X-Amz-Security-%54oken=secret-token&b")
	if strings.Contains(got, "0123456789abcdef") || strings.Contains(got, "secret-token") || !strings.HasPrefix(got, "a=1&") || !strings.HasSuffix(got, "&b") {
		t.Error(got)
	}
}
