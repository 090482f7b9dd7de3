//go:build conformance

package conformance

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// outsider is a signer of other people.
type outsider struct {
	name   string
	quirks []quirk
}

// quirk is a request that a client signs otherwise than it sends it: AWS must
// refuse it, and so does tidewire.
type quirk struct {
	name string
	hits func(j *job, w *wire) bool
}

// outsiders are the signers and what they are known to get wrong.
func outsiders() []outsider {
	proto := func(j *job, _ *wire) bool {
		return slices.ContainsFunc(j.Pairs, func(p [2]string) bool { return p[0] == "__proto__" })
	}
	return []outsider{
		{"botocore", []quirk{
			{"urllib3 writes the escapes of a path in upper case, which botocore signed in lower case", func(j *job, _ *wire) bool {
				kept := path.Clean(j.Path)
				return upperEscapes(kept) != kept
			}},
			{"botocore signs the query of a URL as it is spelled, if it signs into headers", func(j *job, _ *wire) bool {
				return j.Form == "headers" && j.How["params"] == false && !j.spelledClean()
			}},
		}},
		{"aws4", []quirk{
			{"aws4 leaves the parameter __proto__ out of the signature", proto},
			{"aws4 does not trim the values of a repeated header before it joins them", func(j *job, w *wire) bool { return j.joinsBlanks(w) }},
		}},
		{"smithy", []quirk{{"smithy signs [object Object] for the parameter __proto__", proto}}},
	}
}

// upperEscapes is what urllib3 does to a path.
func upperEscapes(path string) string {
	return regexp.MustCompile(`%[0-9a-fA-F]{2}`).ReplaceAllStringFunc(path, strings.ToUpper)
}

// spelledClean says whether the query is spelled as AWS does.
func (j *job) spelledClean() bool {
	for i, part := range strings.Split(j.Query, "&") {
		if name, value, _ := strings.Cut(part, "="); len(j.Pairs) > 0 && (name != clean(j.Pairs[i][0]) || value != clean(j.Pairs[i][1])) {
			return false
		}
	}
	return true
}

// joinsBlanks says whether blanks are at the joints of a signed header with
// several values.
func (j *job) joinsBlanks(w *wire) bool {
	fold := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	whole, each := map[string]string{}, map[string]string{}
	for _, h := range j.Headers {
		name := strings.ToLower(h[0])
		if _, more := whole[name]; more {
			whole[name], each[name] = whole[name]+","+h[1], each[name]+","+fold(h[1])
		} else {
			whole[name], each[name] = h[1], fold(h[1])
		}
	}
	return slices.ContainsFunc(w.signedHeaders(), func(name string) bool { return fold(whole[name]) != each[name] })
}
