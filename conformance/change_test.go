//go:build conformance

package conformance

import (
	"math/rand/v2"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// changed gives the request with one change to what its signature covers, and
// where that change is.
func (w wire) changed(r *rand.Rand) (where string, other wire) {
	other = w
	other.Headers, other.Body = slices.Clone(w.Headers), slices.Clone(w.Body)
	o := &other
	changes := []func(*rand.Rand) string{o.changeSignature, o.changePath, o.changeQuery, o.changeBody, o.changeMethod, o.changeHost, o.changeHeader, o.changeHeader}
	for where == "" { // not every request has a header to change, for one
		where = pick(r, changes...)(r)
	}
	return where, other
}

func (w *wire) changeSignature(r *rand.Rand) string {
	turn := func(text string) string {
		_, after, _ := strings.Cut(text, "Signature=")
		at := len(text) - len(after) + r.IntN(64)
		return replaced(r, text, at, "0123456789abcdef")
	}
	if i := w.header("Authorization"); i >= 0 {
		w.Headers[i][1] = turn(w.Headers[i][1])
	} else {
		before, _, _ := strings.Cut(w.Target, "X-Amz-Signature=")
		w.Target = before + turn(w.Target[len(before):])
	}
	return "signature"
}

func (w *wire) changePath(r *rand.Rand) string {
	path, query, _ := strings.Cut(w.Target, "?")
	at := letters(path)
	switch {
	case strings.Contains(path, "//") || strings.Contains(path, "/.") || len(at) == 0: // where a letter may be without effect
		path = strings.TrimSuffix(path, "/") + "/x"
	default:
		path = replaced(r, path, pick(r, at...), alphanumeric)
	}
	w.Target = path + "?" + query
	return "path"
}

func (w *wire) changeQuery(r *rand.Rand) string {
	path, query, _ := strings.Cut(w.Target, "?")
	if at := letters(query); len(at) == 0 || r.IntN(8) == 0 {
		query += "&" + pick(r, "extra=1", "room", "a=1")
	} else {
		query = replaced(r, query, pick(r, at...), alphanumeric)
	}
	w.Target = path + "?" + query
	return "query"
}

func (w *wire) changeBody(r *rand.Rand) string {
	switch n := len(w.Body); {
	case n == 0:
		w.Body = []byte("x")
	case r.IntN(4) == 0:
		w.Body = w.Body[:n-1]
	case r.IntN(3) == 0:
		w.Body = append(w.Body, '\n')
	default:
		w.Body[r.IntN(n)] ^= 1 << r.IntN(8)
	}
	if i := w.header("Content-Length"); i >= 0 {
		w.Headers[i][1] = strconv.Itoa(len(w.Body))
	}
	return "body"
}

func (w *wire) changeMethod(r *rand.Rand) string {
	if w.Method == "HEAD" {
		return ""
	}
	w.Method += pick(r, "S", "X", "-")
	return "method"
}

func (w *wire) changeHost(r *rand.Rand) string {
	at := letters(w.Host)
	if strings.HasPrefix(w.Host, "[") || len(at) == 0 {
		return ""
	}
	w.Host = replaced(r, w.Host, at[0], "abcdefghijklmnopqrstuvwxyz0123456789")
	return "host"
}

// changeHeader changes a signed header: a letter of it, all of it, or one more
// value.
func (w *wire) changeHeader(r *rand.Rand) string {
	var signed []int
	for i, h := range w.Headers {
		if slices.Contains(w.signedHeaders(), strings.ToLower(h[0])) && !strings.EqualFold(h[0], "Content-Length") {
			signed = append(signed, i)
		}
	}
	if len(signed) == 0 {
		return ""
	}
	i := pick(r, signed...)
	name, value := w.Headers[i][0], w.Headers[i][1]
	at := letters(value)
	switch {
	case len(at) > 0 && r.IntN(2) == 0:
		w.Headers[i][1] = replaced(r, value, pick(r, at...), alphanumeric)
	case strings.TrimSpace(value) != "" && r.IntN(2) == 0: // an empty one may as well be missing
		w.Headers = slices.Delete(w.Headers, i, i+1)
	default:
		w.Headers = slices.Insert(w.Headers, i, [2]string{name, pick(r, "more", "")})
	}
	return "header"
}

// signedHeaders are the names in SignedHeaders.
func (w *wire) signedHeaders() []string {
	list := ""
	if i := w.header("Authorization"); i >= 0 {
		_, list, _ = strings.Cut(w.Headers[i][1], "SignedHeaders=")
		list, _, _ = strings.Cut(list, ",")
	} else {
		_, list, _ = strings.Cut(w.Target, "X-Amz-SignedHeaders=")
		list, _, _ = strings.Cut(list, "&")
		list, _ = url.QueryUnescape(list) // a signer wrote it
	}
	return strings.Split(list, ";")
}

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// letters are the places of letters and digits that belong to no escape.
func letters(s string) []int {
	var at []int
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			i += 2
		} else if strings.IndexByte(alphanumeric, s[i]) >= 0 {
			at = append(at, i)
		}
	}
	return at
}

// replaced puts another of some characters at a place.
func replaced(r *rand.Rand, s string, at int, by string) string {
	by = strings.ReplaceAll(by, s[at:at+1], "")
	return s[:at] + by[r.IntN(len(by)):][:1] + s[at+1:]
}
