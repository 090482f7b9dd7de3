package library

import (
	"strings"

	"github.com/dop251/goja"
	"golang.org/x/text/unicode/norm"
)

var strFunctions = []function{{"normalize", 2, normalize}}

func normalize(l *library, a arguments) goja.Value {
	if a.null(0) {
		return goja.Null()
	}
	s, name := a.text(0), a.text(1)
	form, worst, ok := normalForm(name)
	if !ok {
		l.throw("util.str.normalize: the form must be nfc, nfd, nfkc or nfkd, not %q", name)
	}
	if form.IsNormalString(s) {
		return l.string(s)
	}
	l.grow(worst * len(s))
	return l.string(form.String(s))
}

// normalForm also tells how many times longer than its input a result can be:
// 3 in UTF-8 for the canonical forms, 11 for the others (U+FDFA).
func normalForm(name string) (f norm.Form, worst int, ok bool) {
	switch strings.ToLower(name) {
	case "nfc":
		return norm.NFC, 3, true
	case "nfd":
		return norm.NFD, 3, true
	case "nfkc":
		return norm.NFKC, 11, true
	case "nfkd":
		return norm.NFKD, 11, true
	}
	return 0, 0, false
}
