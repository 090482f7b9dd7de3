package spec

import (
	"fmt"
	"strings"
)

// Validate returns everything that keeps the Spec from being served, each
// problem with the path of the field in the Spec ("WebSocketAPIs[0].Routes[1].Key")
// and a hint; nil if there is nothing. It changes nothing and does no I/O, so
// it may run at the same time as other readers.
//
// It is meant for a Spec built by hand as much as for one read from a
// template. Gaps are no problems: who serves a Spec decides about them.
func (s *Spec) Validate() Problems {
	v := &validator{s: s, seen: map[string]string{}}
	v.stack()
	v.functions()
	v.permissions()
	v.apis()
	v.graphs()
	v.eventAPIs()
	v.identityPools()
	v.domains()
	v.keys()
	v.plans()
	v.principals()
	v.tables()
	return v.problems
}

// validator collects problems of one Spec.
type validator struct {
	s        *Spec
	problems Problems
	seen     map[string]string // what must be unique -> who has it

	// Where the checks are now.
	at   Source
	id   string
	path string
}

// enter says what the next problems are about.
func (v *validator) enter(at Source, id, path string, args ...any) {
	v.at, v.id, v.path = at, id, fmt.Sprintf(path, args...)
}

func (v *validator) add(field, message, hint string) {
	path := v.path
	if field != "" && path != "" {
		path += "."
	}
	v.problems = append(v.problems, Problem{At: v.at, Resource: v.id, Property: path + field, Message: message, Hint: hint})
}

// check adds a problem unless ok.
func (v *validator) check(ok bool, field, message, hint string) {
	if !ok {
		v.add(field, message, hint)
	}
}

// once reports what stands twice and cannot be made different.
func (v *validator) once(key, field, message string) {
	if _, taken := v.seen[key]; taken {
		v.add(field, message, "remove one of them")
		return
	}
	v.seen[key] = v.id
}

// unique adds a problem if another field of the same kind has the same value.
func (v *validator) unique(kind, value, field string) {
	key := kind + "\x00" + value
	if first, taken := v.seen[key]; taken {
		v.add(field, "this "+kind+" is taken by "+first, "give one of them another "+kind)
		return
	}
	v.seen[key] = v.path + "." + field
	if v.id != "" {
		v.seen[key] = v.id
	}
}

func (v *validator) stack() {
	v.enter(Source{File: v.s.File}, "", "")
	v.check(v.s.Region != "", "Region", "there is no region", `Region: "us-east-1"`)
	v.check(len(v.s.Account) == 12 && strings.Trim(v.s.Account, "0123456789") == "", "Account", "the account is not twelve digits", `Account: "123456789012"`)
	v.check(v.s.Partition != "", "Partition", "there is no partition", `Partition: "aws"`)
}

// consists says whether text is not empty and has letters, digits and the
// characters of extra only.
func consists(text, extra string) bool {
	return text != "" && strings.IndexFunc(text, func(c rune) bool {
		alnum := c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
		return !alnum && !strings.ContainsRune(extra, c)
	}) < 0
}

func oneOf(text string, values ...string) bool {
	for _, v := range values {
		if v == text {
			return true
		}
	}
	return false
}
