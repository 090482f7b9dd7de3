package sigv4

import (
	"slices"
	"strings"
)

// against sets the two canonical requests of the report, and compares with
// AWS's if it was given. found has one empty finding if nothing matched.
func (x *exam) against(r *Report, found []finding) {
	local := x.received()
	expected, signed := local, found[0].request
	if x.q.Against != nil {
		expected = x.q.Against.Request
		if r.Unmatched || signed == "" {
			signed = local
		}
		if expected != local || len(found[0].mistakes) == 0 {
			x.differences(signed, r.Unmatched || len(x.search.found) == 0)
			for i := range found {
				found[i].mistakes = nil // they were about the request as received
			}
		}
	}
	if signed == expected || signed == "" && !r.Unmatched {
		return
	}
	r.Canonical = x.show.lines(expected)
	if signed != "" {
		r.Signed = x.show.lines(signed)
		compare(r.Signed, r.Canonical)
	}
}

// received is the canonical request of the request as received, with its
// session token.
func (x *exam) received() string {
	d := x.base
	if x.claim.tokenUnsigned {
		d.fields = append(slices.Clone(d.fields), headerField{name: "x-amz-security-token", values: []string{x.claim.token}})
		slices.SortFunc(d.fields, func(a, b headerField) int { return strings.Compare(a.name, b.name) })
	}
	x.search.press.start(&d)
	return string(x.search.press.print(&d))
}

// differences adds what differs between a canonical request and AWS's.
func (x *exam) differences(signed string, guessed bool) {
	before := len(x.facts)
	ours, theirs := dissect(signed), dissect(x.q.Against.Request)
	x.pathDifference(ours, theirs)
	x.queryDifference(ours, theirs)
	x.headerDifferences(ours, theirs)
	x.payloadDifference(ours, theirs)
	if scope := strings.Split(x.q.Against.StringToSign, "\n"); len(scope) == 4 {
		x.scopeDifference(strings.Split(scope[2], "/"))
	}
	if signed == x.q.Against.Request && len(x.facts) == before && !guessed {
		x.fact(KindSecret, "with the secret at hand", "the secret that AWS has for "+nameKey(x.claim.accessKeyID), "AWS computed over the same text")
	}
}

func (x *exam) scopeDifference(scope []string) {
	if len(scope) != 4 {
		return
	}
	if scope[1] != x.claim.region && scope[1] != x.q.Region {
		x.fact(KindRegion, x.claim.region, scope[1], "")
	}
	if scope[2] != x.claim.service && scope[2] != x.q.Service {
		x.fact(KindService, x.claim.service, scope[2], "")
	}
}

// anatomy is a canonical request taken apart.
type anatomy struct {
	path, query, payload string
	headers              map[string]string
	names                []string
}

func dissect(canonical string) anatomy {
	a := anatomy{headers: map[string]string{}}
	lines := strings.Split(canonical, "\n")
	if len(lines) < 6 {
		return a
	}
	a.path, a.query, a.payload = lines[1], lines[2], lines[len(lines)-1]
	a.names = strings.Split(lines[len(lines)-2], ";")
	for _, line := range lines[3 : len(lines)-2] {
		if name, value, ok := strings.Cut(line, ":"); ok {
			a.headers[name] = value
		}
	}
	return a
}

func (x *exam) pathDifference(ours, theirs anatomy) {
	a, b := ours.path, theirs.path
	switch {
	case a == b:
	case strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/"):
		x.fact(KindPathSlash, a, b, "")
	case decodedFully(a) == decodedFully(b):
		x.fact(KindPathEncoding, a, b, "")
	case strings.HasSuffix(a, b) || strings.HasSuffix(b, a):
		x.fact(KindPathStage, a, b, "")
	}
}

func decodedFully(s string) string {
	for range 4 {
		s = string(decodeLoosely(s))
	}
	return s
}

func (x *exam) queryDifference(ours, theirs anatomy) {
	a, b := strings.Split(ours.query, "&"), strings.Split(theirs.query, "&")
	if ours.query == theirs.query {
		return
	}
	slices.Sort(a)
	slices.Sort(b)
	if slices.Equal(a, b) {
		x.fact(KindQueryOrder, "in another order", "sorted by encoded name, then value", "")
		return
	}
	if decodedQuery(a) == decodedQuery(b) {
		x.fact(KindQueryEncoding, x.show.query(ours.query), x.show.query(theirs.query), "")
		return
	}
	x.fact(KindQueryChanged, x.show.query(ours.query), x.show.query(theirs.query), "")
}

func decodedQuery(sorted []string) string {
	out := make([]string, len(sorted))
	for i, s := range sorted {
		out[i] = strings.TrimSuffix(decodedFully(strings.ReplaceAll(s, "+", " ")), "=")
	}
	slices.Sort(out)
	return strings.Join(out, "&")
}

func (x *exam) headerDifferences(ours, theirs anatomy) {
	for _, name := range ours.names {
		a := ours.headers[name]
		b, ok := theirs.headers[name]
		shownA, shownB := x.show.value(name, a), x.show.value(name, b)
		switch {
		case a == b:
		case name == "host":
			x.fact(hostKind(a, b), a, b, "")
		case name == "x-amz-security-token" && b == "":
			x.fact(KindTokenMissing, "with a session token", "without one", "it did not arrive")
		case !ok || b == "":
			x.fact(KindHeaderMissing, shownA, "no such header", name)
		default:
			x.fact(KindHeaderChanged, shownA, shownB, name)
		}
	}
}

func (x *exam) payloadDifference(ours, theirs anatomy) {
	a, b := ours.payload, theirs.payload
	switch {
	case a == b:
	case a == EmptyPayload || b == EmptyPayload:
		x.fact(KindBodyEmpty, payloadName(a), payloadName(b), "")
	case a == UnsignedPayload:
		x.fact(KindBodyEncoding, a, payloadName(b), "")
	default:
		x.fact(KindBodyChanged, payloadName(a), payloadName(b), "")
	}
}

func payloadName(hash string) string {
	if hash == EmptyPayload {
		return "an empty body"
	}
	return "a body with SHA-256 " + hash
}
