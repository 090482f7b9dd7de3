package lambda

import (
	"bytes"
	"debug/buildinfo"
	"io"
	"os"
)

// rustMarker is in every executable that uses Lambda's Rust runtime: the start
// of the User-Agent of its client.
const rustMarker = "aws-lambda-rust/"

// maxScan bounds how much of an executable is looked through.
const maxScan = 256 << 20

// scheme is what has to stand before the Runtime API's address for a version's
// processes. Runtimes put "http://" there themselves, all but Rust's, whose
// parser takes a bare host and port or a whole URL, and nothing in between.
func (v *version) scheme() string {
	if v.kind == kindNative && isRust(v.source.bootstrap) {
		return "http://"
	}
	return ""
}

// isRust says whether an executable uses Lambda's Rust runtime. Scripts and Go
// programs are told apart without reading all of them.
func isRust(path string) bool {
	if _, err := buildinfo.ReadFile(path); err == nil {
		return false
	}
	f, err := os.Open(path) //nolint:gosec // a path from the template
	if err != nil {
		return false // it cannot be started either, which tells why
	}
	defer func() { _ = f.Close() }()
	return holds(io.LimitReader(f, maxScan), []byte(rustMarker))
}

// holds looks for a short text in a program; a script, which begins with
// "#!", is none.
func holds(r io.Reader, text []byte) bool {
	buf := make([]byte, 128<<10)
	kept, first := 0, true
	for {
		n, err := io.ReadFull(r, buf[kept:])
		have := buf[:kept+n]
		if first && bytes.HasPrefix(have, []byte("#!")) {
			return false
		}
		if bytes.Contains(have, text) {
			return true
		}
		if err != nil {
			return false // the end, or a file that cannot be read
		}
		first, kept = false, copy(buf, have[len(have)-len(text)+1:])
	}
}
