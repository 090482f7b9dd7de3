package iam

import (
	"errors"
	"strings"
)

// actionPattern is one compiled value of Action or NotAction.
type actionPattern struct {
	source string
	any    bool
	name   pattern // "service:name", folded
}

func (p *actionPattern) match(action string) bool {
	return p.any || p.name.match(action, nil)
}

// Mistakes in an Action, in the words of the service.
var (
	errNoVendor      = errors.New(`must be prefaced by a service, as in "execute-api:Invoke", or be "*"`)
	errVendorPattern = errors.New("the service before the colon must be written out; wildcards may stand only after it")
)

// compileAction compiles "service:Name" or "*"; "*:*" is taken for "*".
func compileAction(source string) (actionPattern, error) {
	vendor, name, found := strings.Cut(source, ":")
	switch {
	case lonelyStar(source), found && lonelyStar(vendor) && lonelyStar(name):
		return actionPattern{source: source, any: true}, nil
	case !found || vendor == "" || name == "":
		return actionPattern{}, errNoVendor
	case strings.ContainsAny(vendor, "*?"):
		return actionPattern{}, errVendorPattern
	}
	p, err := compile(source, wildcards|foldCase)
	return actionPattern{source: source, name: p}, err
}

// MatchAction reports whether action ("service:Name") fits pattern by the
// rules of the Action element: case does not matter, "*" and "?" may stand
// anywhere after the colon, and "*" alone fits everything. A pattern that is
// neither fits nothing.
func MatchAction(pattern, action string) bool {
	p, err := compileAction(pattern)
	return err == nil && p.match(action)
}
