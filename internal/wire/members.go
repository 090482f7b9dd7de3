package wire

import "bytes"

// Members calls each for every member of the JSON object text, in order, with
// its name, unescaped, and its raw value. Both alias text, unless the name
// had escapes. text must be valid JSON ([Valid]); it is false, and nothing
// is called, if it is not an object.
func Members(text []byte, each func(name, value []byte)) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 || text[0] != '{' {
		return false
	}
	at := skipBlanks(text, 1)
	for at < len(text) && text[at] == '"' {
		end := skipString(text, at)
		name, _ := plainString(text[at:end])
		at = skipBlanks(text, end)
		if at >= len(text) || text[at] != ':' {
			return true
		}
		start := skipBlanks(text, at+1)
		at = skipValue(text, start)
		each(name, text[start:at:at])
		at = skipBlanks(text, at)
		if at < len(text) && text[at] == ',' {
			at = skipBlanks(text, at+1)
		}
	}
	return true
}

func skipBlanks(text []byte, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r') {
		at++
	}
	return at
}

// skipString gives the place after the string that begins at at.
func skipString(text []byte, at int) int {
	for at++; at < len(text); at++ {
		switch text[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(text)
}

// Elements calls each for every element of the JSON array text, in order, with
// its raw value, which aliases text. text must be valid JSON ([Valid]); it is
// false, and nothing is called, if it is not an array.
func Elements(text []byte, each func(value []byte)) bool {
	text = bytes.TrimLeft(text, " \t\r\n")
	if len(text) == 0 || text[0] != '[' {
		return false
	}
	at := skipBlanks(text, 1)
	for at < len(text) && text[at] != ']' {
		start := at
		at = skipValue(text, start)
		each(text[start:at:at])
		at = skipBlanks(text, at)
		if at < len(text) && text[at] == ',' {
			at = skipBlanks(text, at+1)
		}
	}
	return true
}

// skipValue gives the place after the value that begins at at.
func skipValue(text []byte, at int) int {
	depth := 0
	for at < len(text) {
		switch text[at] {
		case '"':
			at = skipString(text, at)
			if depth == 0 {
				return at
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // the end of the object around a number or word
				return at
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return at
			}
		}
		at++
	}
	return len(text)
}

// plainString is the value of a JSON string. Without escapes, it is part of
// raw.
func plainString(raw []byte) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return nil, false
	}
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1], true
	}
	return AppendUnquoted(nil, raw)
}
