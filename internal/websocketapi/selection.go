package websocketapi

import (
	"errors"
	"fmt"
	"strings"
)

// A selection is a compiled route selection expression (developer guide,
// "WebSocket selection expressions"). It is immutable and safe to share.
type selection struct {
	text  string
	parts []part
}

// A part is literal text or a variable; path is nil for literal text.
type part struct {
	literal string
	path    jsonPath // non-nil, possibly empty, for a variable
}

const bodyVariable = "request.body"

// compileSelection reads the whole grammar: bare variables
// ($request.body.a.b), wrapped ones (${request.body.a.b}), several in one
// expression, literal text between them, and \ before a character that is
// meant literally. The bare word $default is literal too.
func compileSelection(text string) (*selection, error) {
	if text == "" {
		return nil, errors.New("the route selection expression is empty")
	}
	s := &selection{text: text}
	for rest := text; rest != ""; {
		p, n, err := nextPart(rest)
		if err != nil {
			return nil, fmt.Errorf("route selection expression %q: %w", text, err)
		}
		s.add(p)
		rest = rest[n:]
	}
	return s, nil
}

// add appends p and joins literals that stand side by side.
func (s *selection) add(p part) {
	if last := len(s.parts) - 1; last >= 0 && p.path == nil && s.parts[last].path == nil {
		s.parts[last].literal += p.literal
		return
	}
	s.parts = append(s.parts, p)
}

// nextPart reads one part at the start of text and says how long it is.
func nextPart(text string) (part, int, error) {
	switch {
	case text[0] == '\\':
		if len(text) == 1 {
			return part{}, 0, errors.New(`it ends in a single \`)
		}
		return part{literal: text[1:2]}, 2, nil
	case text[0] != '$':
		n := strings.IndexAny(text, `$\`)
		if n < 0 {
			n = len(text)
		}
		return part{literal: text[:n]}, n, nil
	case strings.HasPrefix(text, "${"):
		return wrappedVariable(text)
	default:
		return bareVariable(text)
	}
}

// wrappedVariable reads ${request.body.…}; a brace inside a quoted JSONPath
// name does not end it.
func wrappedVariable(text string) (part, int, error) {
	end := closingBrace(text)
	if end < 0 {
		return part{}, 0, errors.New("${ without }")
	}
	path, err := bodyPath(strings.TrimSpace(text[2:end]))
	return part{path: path}, end + 1, err
}

// closingBrace finds the } that ends text's ${, or gives -1.
func closingBrace(text string) int {
	quote := byte(0)
	for i := 2; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '}':
			return i
		}
	}
	return -1
}

// bareVariable reads $request.body.a.b. It ends at the first character that
// is neither a letter, a digit, one of _ - . nor a [ ] group.
func bareVariable(text string) (part, int, error) {
	end := bareEnd(text)
	name := strings.TrimRight(text[1:end], ".")
	if name == "default" {
		return part{literal: "$default"}, len("$default"), nil
	}
	path, err := bodyPath(name)
	return part{path: path}, 1 + len(name), err
}

// bareEnd is where a bare variable ends in text.
func bareEnd(text string) int {
	i := 1
	for i < len(text) {
		switch c := text[i]; {
		case isNameByte(c) || c == '.':
			i++
		case c == '[':
			_, n, err := bracketStep(text[i:])
			if err != nil {
				return i + strings.IndexByte(text[i:]+"]", ']') // reported by parsePath
			}
			i += n
		default:
			return i
		}
	}
	return i
}

// bodyPath compiles "request.body.a.b" without its $.
func bodyPath(name string) (jsonPath, error) {
	rest, ok := strings.CutPrefix(name, bodyVariable)
	if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
		return nil, fmt.Errorf("$%s is not a variable of a route selection expression: use $request.body.NAME, or \\$ for a literal $", name)
	}
	return parsePath(rest)
}

// route evaluates the expression over the text of one message. ok is false
// when the text is not JSON and the expression asks for its members; such a
// message has no key. The result may share memory with text.
func (s *selection) route(text []byte) (key string, ok bool) {
	if s.constant() {
		return s.parts[0].literal, true
	}
	root, ok := parseJSON(text)
	if !ok {
		return "", false
	}
	if len(s.parts) == 1 {
		return s.parts[0].path.find(root).text(), true
	}
	var b strings.Builder
	for _, p := range s.parts {
		if p.path == nil {
			b.WriteString(p.literal)
			continue
		}
		b.WriteString(p.path.find(root).text())
	}
	return b.String(), true
}

// constant says that the expression has no variable, so that no message can
// change its result.
func (s *selection) constant() bool {
	return len(s.parts) == 1 && s.parts[0].path == nil
}
