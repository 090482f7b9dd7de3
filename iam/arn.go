package iam

import (
	"errors"
	"strings"
)

// The parts of an ARN, split at its first five colons.
const (
	arnPrefix = iota
	arnPartition
	arnService
	arnRegion
	arnAccount
	arnResource
	arnParts
)

// arn is a text split at its first five colons. Count is less than six if
// there were not so many.
type arn struct {
	part  [arnParts]string
	count int
}

// splitARN splits without judging; any text goes.
func splitARN(s string) (a arn) {
	start := 0
	for i := 0; i < len(s) && a.count < arnResource; i++ {
		if s[i] == ':' {
			a.part[a.count] = s[start:i]
			a.count++
			start = i + 1
		}
	}
	a.part[a.count] = s[start:]
	a.count++
	return a
}

// arnPattern is a compiled pattern over the six parts.
type arnPattern struct {
	source string
	any    bool // a lone star
	part   [arnParts]pattern
}

// match reports whether a fits part by part, so that no wildcard reaches
// across one of the first five colons.
func (p *arnPattern) match(a *arn, ctx Context) bool {
	if p.any {
		return true
	}
	if a.count < arnParts {
		return false
	}
	for i := arnResource; i >= 0; i-- { // the last part differs most often
		if !p.part[i].match(a.part[i], ctx) {
			return false
		}
	}
	return true
}

// unresolved names the first variable without value, or is empty.
func (p *arnPattern) unresolved(ctx Context) string {
	return p.part[arnResource].unresolved(ctx)
}

// Mistakes in a Resource, in the words of the service.
var (
	errNotARN         = errors.New(`must be an ARN ("arn:partition:service:region:account:resource") or "*"`)
	errServicePattern = errors.New("the service of an ARN must be written out; it cannot contain a wildcard")
)

// compileResource compiles one value of Resource or NotResource. Variables
// count only after the fifth colon. Missing parts after the service are
// wildcards.
func compileResource(source string, special syntax) (arnPattern, error) {
	if lonelyStar(source) {
		return arnPattern{source: source, any: true}, nil
	}
	a := splitARN(source)
	if a.part[arnPrefix] != "arn" || a.count <= arnService {
		return arnPattern{}, errNotARN
	}
	if strings.ContainsAny(a.part[arnService], "*?") {
		return arnPattern{}, errServicePattern
	}
	for ; a.count < arnParts; a.count++ {
		a.part[a.count] = "*"
	}
	return a.compile(source, special)
}

// compileARNLike compiles one value of an ARN condition. All six parts must be
// there, each may have wildcards; a lone star fits every ARN.
func compileARNLike(source string, special syntax) (arnPattern, error) {
	if lonelyStar(source) {
		source = "*:*:*:*:*:*"
	}
	a := splitARN(source)
	if special&variables != 0 && strings.Contains(source, "${") {
		a = splitOutside(source)
	}
	if a.count < arnParts {
		return arnPattern{}, errNotARN
	}
	return a.compile(source, special|anyPart)
}

// splitOutside is splitARN for a pattern in which variables, whose names
// contain colons, may stand in every part.
func splitOutside(s string) (a arn) {
	start := 0
	for i := 0; i < len(s) && a.count < arnResource; i++ {
		if strings.HasPrefix(s[i:], "${") {
			if end := closing(s[i:]); end > 0 {
				i += end
			}
			continue
		}
		if s[i] == ':' {
			a.part[a.count] = s[start:i]
			a.count++
			start = i + 1
		}
	}
	a.part[a.count] = s[start:]
	a.count++
	return a
}

// compile compiles six parts.
func (a *arn) compile(source string, special syntax) (arnPattern, error) {
	p := arnPattern{source: source}
	for i, text := range a.part {
		allowed := special
		if i < arnResource && special&anyPart == 0 {
			allowed &^= variables
		}
		part, err := compile(text, allowed)
		if err != nil {
			return arnPattern{}, err
		}
		p.part[i] = part
	}
	return p, nil
}

// lonelyStar reports whether s is nothing but stars.
func lonelyStar(s string) bool {
	return s != "" && strings.Trim(s, "*") == ""
}

// MatchARN reports whether arn fits pattern by the rules of the Resource
// element: "*" fits everything; otherwise the two are compared in the six
// parts that the first five colons make, "*" standing for any run of
// characters within a part, slashes included, and "?" for exactly one. Case
// matters. Parts missing at the pattern's end fit anything; a pattern whose
// service is missing or has a wildcard fits nothing. Policy variables are not
// known here: "${" is two characters.
func MatchARN(pattern, arn string) bool {
	p, err := compileResource(pattern, wildcards)
	if err != nil {
		return false
	}
	a := splitARN(arn)
	return p.match(&a, nil)
}

// MatchARNLike reports whether arn fits pattern by the rules of the ArnLike
// and ArnEquals condition operators: both must have six parts, which are
// compared one by one, each with its wildcards. A lone "*" fits every ARN.
// Case matters.
func MatchARNLike(pattern, arn string) bool {
	p, err := compileARNLike(pattern, wildcards)
	if err != nil {
		return false
	}
	a := splitARN(arn)
	return p.match(&a, nil)
}
