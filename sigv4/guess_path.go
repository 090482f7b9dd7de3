package sigv4

import "strings"

// pathGuesses are other paths that may have been signed.
func (x *exam) pathGuesses() []guess {
	path := x.base.path
	if path == "" {
		path = "/"
	}
	var out []guess
	add := func(k Kind, signed string) {
		if signed == "" {
			signed = "/"
		}
		m := Mistake{Kind: k, Signed: x.shown(signed), Expected: x.shown(path)}
		out = append(out, guess{slot: slotPath, mistake: m, change: func(d *draft) { d.path, d.changed = signed, d.changed|partURI }})
	}
	if trimmed, ok := strings.CutSuffix(path, "/"); ok {
		if path != "/" {
			add(KindPathSlash, trimmed)
		}
	} else {
		add(KindPathSlash, path+"/")
	}
	rest := path
	for range 2 { // /stage, or /apiId/stage
		_, after, ok := strings.Cut(rest[1:], "/")
		if rest = "/" + after; !ok && rest == path {
			break
		}
		add(KindPathStage, rest)
	}
	for _, prefix := range x.q.Prefixes[:min(len(x.q.Prefixes), 32)] {
		if prefix = strings.Trim(prefix, "/"); prefix != "" {
			add(KindPathStage, "/"+prefix+path)
			if path == "/" {
				add(KindPathStage, "/"+prefix)
			}
		}
	}
	plain := string(decodeLoosely(path))
	for _, keep := range [...]string{"@", "", "@:=&$,;+!'()*"} {
		if rewritten := string(appendEncodedBut(nil, plain, "/"+keep)); rewritten != path {
			add(KindPathEncoding, rewritten) // a proxy wrote it anew
		}
	}
	return append(out, x.urlGuesses(path)...)
}

// urlGuesses are whole URLs in place of the path.
func (x *exam) urlGuesses(path string) []guess {
	var out []guess
	for _, scheme := range [...]string{"https://", "wss://", "http://", "ws://"} {
		g := scheme + x.base.host + path
		change := func(d *draft) {
			p := scheme + x.base.host + d.path
			d.encode, d.changed = func(dst []byte, _ string) []byte { return append(dst, p...) }, d.changed|partURI
		}
		out = append(out, guess{slot: slotURI, mistake: Mistake{Kind: KindScheme, Signed: "the whole URL (" + x.shown(g) + ")", Expected: "its path"}, change: change})
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
