package appsync

import (
	"strings"
)

// kind is what a GraphQL document asks for.
type kind string

const (
	unknown      kind = "" // several kinds, or none that is plain
	query        kind = "query"
	mutation     kind = "mutation"
	subscription kind = "subscription"
)

// kindOf finds the kind of the operation called name in document, or of its
// operations if they are all of one kind. It reads only the definitions'
// first words (GraphQL specification section 2.2, "Document"), and gives
// unknown for what it cannot read: the server judges that.
func kindOf(document, name string) kind {
	s := scanner{text: document}
	found, several := unknown, false
	for {
		k, called, ok := s.definition()
		switch {
		case !ok:
			return unknown
		case k == end && several:
			return unknown
		case k == end:
			return found
		case k == unknown: // a fragment
		case name != "" && called == name:
			return k
		case found != unknown && found != k:
			several = true
		default:
			found = k
		}
	}
}

const end kind = "end" // of the document

// scanner walks over a document.
type scanner struct {
	text string
}

// definition skips to after the next definition. ok is false if the text is
// not GraphQL.
func (s *scanner) definition() (k kind, name string, ok bool) {
	s.blanks()
	if s.text == "" {
		return end, "", true
	}
	if strings.HasPrefix(s.text, `"`) { // a description (September 2025 edition)
		s.quoted()
		s.blanks()
	}
	switch word := s.word(); word {
	case "":
		if !strings.HasPrefix(s.text, "{") {
			return unknown, "", false
		}
		k = query
	case "query", "mutation", "subscription":
		k = kind(word)
		s.blanks()
		name = s.word()
	case "fragment":
	default:
		return unknown, "", false
	}
	return k, name, s.selection()
}

// selection skips up to and over the selection set of a definition. Braces in
// parentheses belong to default values.
func (s *scanner) selection() bool {
	braces, others := 0, 0
	for s.text != "" {
		switch c := s.text[0]; c {
		case '#', ' ', '\t', '\n', '\r', ',':
			s.blanks()
			continue
		case '"':
			s.quoted()
			continue
		case '(', '[':
			others++
		case ')', ']':
			others--
		case '{':
			braces++
		case '}':
			braces--
			if braces <= 0 && others <= 0 {
				s.text = s.text[1:]
				return braces == 0 && others == 0
			}
		}
		s.text = s.text[1:]
	}
	return false
}

// blanks skips what GraphQL ignores: blanks, line ends, commas, comments, BOM.
func (s *scanner) blanks() {
	for {
		at := 0
		for at < len(s.text) && (s.text[at] <= ' ' || s.text[at] == ',') && strings.IndexByte(" \t\r\n,", s.text[at]) >= 0 {
			at++
		}
		s.text = s.text[at:]
		if rest, ok := strings.CutPrefix(s.text, "\ufeff"); ok {
			s.text = rest
			continue
		}
		if !strings.HasPrefix(s.text, "#") {
			return
		}
		at = strings.IndexAny(s.text, "\r\n")
		if at < 0 {
			at = len(s.text)
		}
		s.text = s.text[at:]
	}
}

// word takes a name.
func (s *scanner) word() string {
	n := 0
	for n < len(s.text) {
		c := s.text[n]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			break
		}
		n++
	}
	w := s.text[:n]
	s.text = s.text[n:]
	return w
}

// quoted skips a string or block string.
func (s *scanner) quoted() {
	mark := `"`
	if strings.HasPrefix(s.text, `"""`) {
		mark = `"""`
	}
	s.text = s.text[len(mark):]
	for s.text != "" && !strings.HasPrefix(s.text, mark) {
		switch {
		case mark == `"""` && strings.HasPrefix(s.text, `\"""`):
			s.text = s.text[4:]
		case mark == `"` && len(s.text) > 1 && s.text[0] == '\\':
			s.text = s.text[2:]
		default:
			s.text = s.text[1:]
		}
	}
	s.text = strings.TrimPrefix(s.text, mark)
}
