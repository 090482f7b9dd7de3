package sigv4

import "strings"

// pathGuesses are other paths that may have been signed.
func (x *exam) pathGuesses() []guess {
	var out []guess
	path := slashed(x.base.path)
	add := func(in slot, k Kind, change func(path string) string) {
		m := Mistake{Kind: k, Signed: x.shown(slashed(change(path))), Expected: x.shown(path)}
		out = append(out, guess{slot: in, mistake: m, change: func(d *draft) {
			d.path, d.changed = slashed(change(slashed(d.path))), d.changed|partURI
		}})
	}
	add(slotSlash, KindPathSlash, otherSlash)
	add(slotStage, KindPathStage, withoutFirst)
	add(slotStage, KindPathStage, func(path string) string { return withoutFirst(withoutFirst(path)) })
	for _, prefix := range x.q.Prefixes[:min(len(x.q.Prefixes), 32)] {
		if prefix = strings.Trim(prefix, "/"); prefix == "" {
			continue
		}
		add(slotStage, KindPathStage, func(path string) string { return "/" + prefix + path })
		if path == "/" {
			add(slotStage, KindPathStage, func(string) string { return "/" + prefix })
		}
	}
	for _, keep := range [...]string{"@", "", "@:=&$,;+!'()*"} { // a proxy wrote it anew
		add(slotPath, KindPathEncoding, func(path string) string {
			return string(appendEncodedBut(nil, string(decodeLoosely(path)), "/"+keep))
		})
	}
	return append(out, x.urlGuesses(path)...)
}

// otherSlash adds or removes the slash at the end.
func otherSlash(path string) string {
	if trimmed, ok := strings.CutSuffix(path, "/"); ok {
		return trimmed
	}
	return path + "/"
}

// withoutFirst removes the first segment.
func withoutFirst(path string) string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return "/" + rest
}

// urlGuesses are whole URLs in place of the path.
func (x *exam) urlGuesses(path string) []guess {
	var out []guess
	for _, scheme := range [...]string{"https://", "wss://", "http://", "ws://"} {
		origin := scheme + x.base.host
		encode := func(dst []byte, path string) []byte { return append(append(dst, origin...), slashed(path)...) }
		m := Mistake{Kind: KindScheme, Signed: "the whole URL (" + x.shown(origin+path) + ")", Expected: "its path"}
		out = append(out, guess{slot: slotURI, mistake: m, change: func(d *draft) { d.encode, d.changed = encode, d.changed|partURI }})
	}
	return out
}

// uriGuesses are other ways to encode the path.
func (x *exam) uriGuesses() []guess {
	canonical := string(x.base.encode(nil, x.base.path))
	var out []guess
	add := func(how string, encode encodeURI) {
		signed := string(encode(nil, x.base.path))
		m := Mistake{Kind: KindPathEncoding, Signed: x.shown(signed), Expected: x.shown(canonical), Detail: how}
		out = append(out, guess{slot: slotURI, mistake: m, change: func(d *draft) { d.encode, d.changed = encode, d.changed|partURI }})
	}
	add("as sent, not encoded again", func(dst []byte, p string) []byte { return append(dst, slashed(p)...) })
	add("encoded once", encodeDecoded(1, ""))
	add("decoded, not encoded", encodeDecoded(0, ""))
	add("encoded twice", encodeDecoded(2, ""))
	add("encoded three times", func(dst []byte, p string) []byte { return appendTimes(dst, normalizePath(slashed(p)), 2, "") })
	add("encoded as by encodeURI", encodeDecoded(1, "!'()*@:=&$,;+"))
	add("encoded as by encodeURIComponent", encodeDecoded(1, "!'()*"))
	add("encoded twice, the second time as by encodeURI", func(dst []byte, p string) []byte {
		return appendTimes(dst, slashed(p), 1, "!'()*@:=&$,;+")
	})
	add("encoded twice, the second time as by encodeURIComponent", func(dst []byte, p string) []byte {
		return appendTimes(dst, slashed(p), 1, "!'()*")
	})
	add("with lower-case escapes", func(dst []byte, p string) []byte {
		return lowerEscapes(x.base.encode(dst, p), len(dst))
	})
	return out
}

func slashed(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// encodeDecoded decodes a path and then encodes it that many times, leaving
// the bytes of keep alone.
func encodeDecoded(times int, keep string) encodeURI {
	return func(dst []byte, path string) []byte {
		return appendTimes(dst, string(decodeLoosely(slashed(path))), times, keep)
	}
}

func appendTimes(dst []byte, s string, times int, keep string) []byte {
	for range times {
		s = string(appendEncodedBut(nil, s, "/"+keep))
	}
	return append(dst, s...)
}

// appendEncodedBut percent-encodes every byte that is neither unreserved nor
// in keep.
func appendEncodedBut(dst []byte, s, keep string) []byte {
	for i := range len(s) {
		if c := s[i]; unreserved(c) || strings.IndexByte(keep, c) >= 0 {
			dst = append(dst, c)
		} else {
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

// lowerEscapes turns the digits of escapes from an index on into lower case.
func lowerEscapes(b []byte, from int) []byte {
	for i := from; i+2 < len(b); i++ {
		if b[i] != '%' {
			continue
		}
		for j := i + 1; j <= i+2; j++ {
			if 'A' <= b[j] && b[j] <= 'F' {
				b[j] += 'a' - 'A'
			}
		}
	}
	return b
}
