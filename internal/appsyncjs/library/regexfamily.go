package library

import (
	"strings"
	"unicode"
)

// family is a character family of Java's \p{…}, as the inside of brackets.
func family(name string) (string, bool) {
	if set, ok := posix(name); ok {
		return set, true
	}
	key, value, pair := strings.Cut(name, "=")
	switch {
	case !pair:
	case key == "script" || key == "sc":
		return script(value)
	case key == "general_category" || key == "gc":
		return category(value)
	default:
		return "", false
	}
	if bare, ok := strings.CutPrefix(name, "Is"); ok {
		if set, ok := binaryProperty(bare); ok {
			return set, true
		}
		if set, ok := script(bare); ok {
			return set, true
		}
		return category(bare)
	}
	return category(name)
}

// posix are the families of US-ASCII, and java.lang.Character's.
func posix(name string) (string, bool) {
	switch name {
	case "Lower":
		return `a-z`, true
	case "Upper":
		return `A-Z`, true
	case "ASCII":
		return `\x00-\x7F`, true
	case "Alpha":
		return `a-zA-Z`, true
	case "Digit":
		return digitSet, true
	case "Alnum":
		return `a-zA-Z0-9`, true
	case "Punct":
		return `!-/:-@\[-` + "`" + `{-~`, true
	case "Graph":
		return `!-~`, true
	case "Print":
		return ` -~`, true
	case "Blank":
		return ` \t`, true
	case "Cntrl":
		return `\x00-\x1F\x7F`, true
	case "XDigit":
		return `0-9a-fA-F`, true
	case "Space":
		return spaceSet, true
	case "javaLowerCase":
		return `\p{Ll}`, true
	case "javaUpperCase":
		return `\p{Lu}`, true
	case "javaWhitespace":
		return spaceSet + `\x1C-\x1F\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000`, true
	}
	return "", false
}

// binaryProperty gives Unicode's binary properties, without regard to case.
func binaryProperty(name string) (string, bool) {
	switch strings.ToUpper(name) {
	case "ALPHABETIC":
		return `\p{L}\p{Nl}`, true
	case "LETTER":
		return `\p{L}`, true
	case "DIGIT":
		return `\p{Nd}`, true
	case "UPPERCASE":
		return `\p{Lu}`, true
	case "LOWERCASE":
		return `\p{Ll}`, true
	case "PUNCTUATION":
		return `\p{P}`, true
	case "WHITE_SPACE", "WHITESPACE":
		return horizontalSet + verticalSet, true
	case "CONTROL":
		return `\p{Cc}`, true
	}
	return "", false
}

func script(name string) (string, bool) {
	for known := range unicode.Scripts {
		if strings.EqualFold(known, name) {
			return `\p{` + known + `}`, true
		}
	}
	return "", false
}

func category(name string) (string, bool) {
	_, ok := unicode.Categories[name]
	if !ok || len(name) > 2 {
		return "", false
	}
	return `\p{` + name + `}`, true
}
