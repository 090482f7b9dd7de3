package wire

import "unicode/utf8"

// maxDepth is how deep arrays and objects may be nested, as for encoding/json.
const maxDepth = 10000

// Valid says whether text is one JSON value (RFC 8259) in UTF-8, with or
// without blanks around it. It is json.Valid, without its scanner's cost for
// each byte, and with a look at the encoding.
func Valid(text []byte) bool {
	at, ok := validValue(text, skipBlanks(text, 0), 0)
	return ok && skipBlanks(text, at) == len(text) && utf8.Valid(text)
}

// Object is [Valid] and [Members] in one pass. When it is false because the text
// is not valid, or is not an object, each may have been called for what came
// before.
func Object(text []byte, each func(name, value []byte)) bool {
	at := skipBlanks(text, 0)
	if at >= len(text) || text[at] != '{' {
		return false
	}
	at, ok := validMembers(text, skipBlanks(text, at+1), 1, each)
	return ok && skipBlanks(text, at) == len(text) && utf8.Valid(text)
}

// validValue gives the place after the value that begins at at.
func validValue(text []byte, at, depth int) (int, bool) {
	if at >= len(text) {
		return at, false
	}
	switch text[at] {
	case '"':
		return validString(text, at+1)
	case '{':
		return validMembers(text, skipBlanks(text, at+1), depth+1, nil)
	case '[':
		return validArray(text, skipBlanks(text, at+1), depth+1)
	case 't':
		return validWord(text, at, "true")
	case 'f':
		return validWord(text, at, "false")
	case 'n':
		return validWord(text, at, "null")
	}
	return validNumber(text, at)
}

func validWord(text []byte, at int, word string) (int, bool) {
	end := at + len(word)
	return end, end <= len(text) && string(text[at:end]) == word
}

// validMembers begins after the brace of an object. each may be nil.
func validMembers(text []byte, at, depth int, each func(name, value []byte)) (int, bool) {
	if depth > maxDepth {
		return at, false
	}
	if at < len(text) && text[at] == '}' {
		return at + 1, true
	}
	for at < len(text) && text[at] == '"' {
		var ok bool
		start := at
		if at, ok = validString(text, at+1); !ok {
			return at, false
		}
		name := text[start:at:at]
		if at = skipBlanks(text, at); at >= len(text) || text[at] != ':' {
			return at, false
		}
		start = skipBlanks(text, at+1)
		if at, ok = validValue(text, start, depth); !ok {
			return at, false
		}
		if each != nil {
			plain, _ := plainString(name)
			each(plain, text[start:at:at])
		}
		if at = skipBlanks(text, at); at >= len(text) || text[at] != ',' {
			return at + 1, at < len(text) && text[at] == '}'
		}
		at = skipBlanks(text, at+1)
	}
	return at, false
}

// validArray begins after the bracket.
func validArray(text []byte, at, depth int) (int, bool) {
	if depth > maxDepth {
		return at, false
	}
	if at < len(text) && text[at] == ']' {
		return at + 1, true
	}
	for {
		var ok bool
		if at, ok = validValue(text, at, depth); !ok {
			return at, false
		}
		if at = skipBlanks(text, at); at >= len(text) || text[at] != ',' {
			return at + 1, at < len(text) && text[at] == ']'
		}
		at = skipBlanks(text, at+1)
	}
}

// validString begins after the quote.
func validString(text []byte, at int) (int, bool) {
	for {
		for at < len(text) && text[at] > '"' && text[at] != '\\' { // nearly always
			at++
		}
		switch {
		case at >= len(text) || text[at] < ' ':
			return at, false
		case text[at] == '"':
			return at + 1, true
		case text[at] != '\\':
			at++
		case at+1 >= len(text):
			return at, false
		case text[at+1] == 'u':
			if _, ok := fourHex(text, at+2); !ok {
				return at, false
			}
			at += 6
		default:
			if unescaped(text[at+1]) == 0 {
				return at, false
			}
			at += 2
		}
	}
}

// validNumber wants an optional minus, an integer without leading zeros, and
// optionally a fraction and an exponent.
func validNumber(text []byte, at int) (int, bool) {
	if at < len(text) && text[at] == '-' {
		at++
	}
	ok := true
	if at < len(text) && text[at] == '0' {
		at++
	} else {
		at, ok = digits(text, at)
	}
	if ok && at < len(text) && text[at] == '.' {
		at, ok = digits(text, at+1)
	}
	if ok && at < len(text) && text[at]|0x20 == 'e' {
		if at++; at < len(text) && (text[at] == '+' || text[at] == '-') {
			at++
		}
		at, ok = digits(text, at)
	}
	return at, ok
}

// digits skips over them; there must be one.
func digits(text []byte, at int) (int, bool) {
	start := at
	for at < len(text) && text[at] >= '0' && text[at] <= '9' {
		at++
	}
	return at, at > start
}
