package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/tidewire/tidewire/appsync"
)

const documentHelp = `The document is given as it is, or as @FILE, or - for stdin. Variables: --var k=v
takes v as JSON if it is JSON, else as a string (--var id='"7"' is the string 7);
--vars takes a JSON object, @FILE or @-, and --var goes over it.`

// documentFlags say what to ask an API.
type documentFlags struct {
	vars      []string
	allVars   string
	operation string
}

func (f *documentFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.vars, "var", nil, "variable, as `NAME=VALUE`: JSON, or else a string (repeatable)")
	flags.StringVar(&f.allVars, "vars", "", "variables, as a JSON object, `@FILE|@-`")
	flags.StringVar(&f.operation, "operation", "", "`NAME` of the operation, if the document has several")
}

// request reads the document and its variables.
func (f *documentFlags) request(sh *shell, document string) (*appsync.Request, error) {
	text, err := sh.textOf(document, "document")
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, usagef("give it as 'query { … }', @FILE or -", "the document is empty")
	}
	variables, err := f.variables(sh)
	if err != nil {
		return nil, err
	}
	r := &appsync.Request{Query: text, OperationName: f.operation}
	if len(variables) > 0 {
		r.Variables = variables
	}
	return r, nil
}

// textOf is an argument that may be @FILE or -.
func (sh *shell) textOf(argument, what string) (string, error) {
	path, isFile := strings.CutPrefix(argument, "@")
	if !isFile && argument != "-" {
		return argument, nil
	}
	text, err := sh.readInput(path, maxBody)
	if err != nil {
		return "", fmt.Errorf("read the %s: %w", what, err)
	}
	return string(text), nil
}

// variables are those of --vars, then of --var.
func (f *documentFlags) variables(sh *shell) (map[string]json.RawMessage, error) {
	variables := map[string]json.RawMessage{}
	if f.allVars != "" {
		text, err := sh.textOf(f.allVars, "variables")
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &variables); err != nil || variables == nil {
			return nil, usagef(`it looks like {"limit": 10}`, "--vars is not a JSON object%s", where(err))
		}
	}
	for _, v := range f.vars {
		name, value, found := strings.Cut(v, "=")
		if !found || name == "" {
			return nil, usagef("write it as --var NAME=VALUE", "--var %q has no name and value", v)
		}
		variables[name] = variable(value)
	}
	return variables, nil
}

// variable is JSON as it is, anything else as a string.
func variable(value string) json.RawMessage {
	if json.Valid([]byte(value)) {
		return json.RawMessage(value)
	}
	text, _ := json.Marshal(value) // strings have no error
	return text
}

// where says at which byte JSON is wrong.
func where(err error) string {
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		return fmt.Sprintf(": %s at byte %d", syntax, syntax.Offset)
	}
	return ""
}

// unparsed says where a document stops making sense if that is why a server
// did not take it: AppSync does not tell.
func unparsed(err error, document string) error {
	if err == nil || !strings.Contains(err.Error(), "Unable to parse GraphQL") {
		return err
	}
	var syntax *gqlerror.Error
	if _, wrong := parser.ParseQuery(&ast.Source{Input: document}); !errors.As(wrong, &syntax) || len(syntax.Locations) == 0 {
		return err
	}
	at := syntax.Locations[0]
	return hint(err, fmt.Sprintf("line %d, column %d of the document: %s", at.Line, at.Column, syntax.Message))
}

// kindOf is what the operation called name does, or those of a document if
// all do the same; "" if that cannot be told, which the server judges.
func kindOf(document, name string) ast.Operation {
	parsed, err := parser.ParseQuery(&ast.Source{Input: document})
	if err != nil {
		return ""
	}
	found := ast.Operation("")
	for i, o := range parsed.Operations {
		switch {
		case name != "" && o.Name == name:
			return o.Operation
		case i > 0 && o.Operation != found:
			return ""
		}
		found = o.Operation
	}
	return found
}
