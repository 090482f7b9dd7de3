package sigv4

import (
	"slices"
	"strconv"
	"strings"
)

// headerGuesses are other values of the signed headers.
func (x *exam) headerGuesses() []guess {
	var out []guess
	for i := range x.base.fields {
		f := &x.base.fields[i]
		slot := slotField + slot(i)
		switch {
		case f.name == "host" || f.name == "x-amz-security-token":
		case len(f.values) == 0:
			for _, v := range x.usualValues(f.name) {
				m := Mistake{Kind: KindHeaderMissing, Signed: x.show.value(f.name, v), Expected: "no such header", Detail: f.name}
				out = append(out, guess{slot: slot, mistake: m, change: func(d *draft) { d.setValues(i, v) }})
			}
		default:
			out = append(out, x.valueGuesses(i, f, slot)...)
			out = append(out, x.foldGuesses(i, f, slot)...)
		}
	}
	return out
}

// valueGuesses are values that the header may have had before a proxy or an
// HTTP library changed it.
func (x *exam) valueGuesses(i int, f *headerField, slot slot) []guess {
	got := string(foldValues(nil, f.values, ","))
	tried := []string{got}
	var out []guess
	add := func(v string) {
		if slices.Contains(tried, v) {
			return
		}
		tried = append(tried, v)
		m := Mistake{Kind: KindHeaderChanged, Signed: x.show.value(f.name, v), Expected: x.show.value(f.name, got), Detail: f.name}
		out = append(out, guess{slot: slot, mistake: m, change: func(d *draft) { d.setValues(i, v) }})
	}
	for _, v := range x.usualValues(f.name) {
		add(v)
	}
	if len(got) > maxShown || f.name == "x-amz-date" || f.name == "x-amz-content-sha256" {
		return out
	}
	if j := strings.LastIndexByte(got, ','); j >= 0 {
		add(strings.TrimRight(got[:j], " "))
		add(strings.TrimLeft(got[j+1:], " "))
		add(got[:strings.IndexByte(got, ',')])
	}
	if bare, _, ok := strings.Cut(got, ";"); ok {
		add(strings.TrimRight(bare, " "))
		add(strings.ReplaceAll(got, "; ", ";"))
		add(strings.ReplaceAll(got, ";", "; "))
	}
	add(strings.ToLower(got))
	add("")
	return out
}

// foldGuesses are other ways to write the same values.
func (x *exam) foldGuesses(i int, f *headerField, slot slot) []guess {
	var out []guess
	add := func(how string, fold func(dst []byte, values []string) []byte) {
		m := Mistake{Kind: KindHeaderChanged, Signed: how, Expected: "trimmed, one blank for several, values joined with a comma", Detail: f.name}
		out = append(out, guess{slot: slot, mistake: m, change: func(d *draft) {
			d.fields = slices.Clone(d.fields)
			d.fields[i].fold, d.changed = fold, d.changed|partHeaders
		}})
	}
	if slices.ContainsFunc(f.values, hasBlank) {
		add("with its blanks as sent", func(dst []byte, v []string) []byte { return append(dst, strings.Join(v, ",")...) })
	}
	if len(f.values) > 1 {
		add("values joined with comma and blank", func(dst []byte, v []string) []byte { return foldValues(dst, v, ", ") })
		add("its first value only", func(dst []byte, v []string) []byte { return foldValues(dst, v[:min(len(v), 1)], ",") })
		add("its last value only", func(dst []byte, v []string) []byte { return foldValues(dst, v[max(len(v)-1, 0):], ",") })
		add("values in another order", func(dst []byte, v []string) []byte {
			v = slices.Clone(v)
			slices.Reverse(v)
			return foldValues(dst, v, ",")
		})
		add("values sorted", func(dst []byte, v []string) []byte {
			v = slices.Clone(v)
			slices.Sort(v)
			return foldValues(dst, v, ",")
		})
	}
	return out
}

// usualValues are what a header is often sent with and proxies change.
func (x *exam) usualValues(name string) []string {
	switch name {
	case "content-type":
		return []string{"application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "application/json; charset=UTF-8",
			"text/plain", "text/plain; charset=utf-8", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/octet-stream",
			"application/x-amz-json-1.0", "application/x-amz-json-1.1"}
	case "content-length":
		return []string{strconv.Itoa(len(x.q.Body)), "0"}
	case "content-encoding":
		return []string{"amz-1.0", "identity"}
	case "accept":
		return []string{"*/*", "application/json", "application/json, text/plain, */*"}
	case "accept-encoding":
		return []string{"gzip", "identity", "gzip, deflate", "gzip, deflate, br", "gzip, compress, deflate, br", "gzip, br"}
	case "connection":
		return []string{"keep-alive", "close", "Upgrade", "upgrade", "keep-alive, Upgrade", "Keep-Alive"}
	case "upgrade":
		return []string{"websocket"}
	case "sec-websocket-version":
		return []string{"13"}
	case "transfer-encoding":
		return []string{"chunked"}
	case "expect":
		return []string{"100-continue"}
	case "x-amz-content-sha256":
		return []string{HashPayload(x.q.Body), EmptyPayload, UnsignedPayload}
	case "x-amz-date":
		return []string{x.claim.stamp}
	case "date":
		return []string{x.claim.stamp}
	}
	return nil
}
