package sigv4

import "errors"

const (
	maxOthers = 16 // candidates whose secrets are tried
	thorough  = 4  // times DefaultTries
)

// draw makes the draft of the request as received, without a key.
func (x *exam) draw() {
	r := x.request
	x.declared = x.c.load(&x.claim, r, x.q.Body)
	payload := string(x.c.payload)
	if x.q.BodyUnknown && !x.declared {
		payload = EmptyPayload
	}
	x.base = draft{
		method: r.Method, path: r.Path, params: splitQuery(r.RawQuery), order: byNameThenValue,
		query: queryStyle{encode: canonicalQuery}, host: r.Host, payload: payload,
		stamp: x.claim.stamp, scope: x.claim.scope, encode: x.encoder(false),
	}
	if x.claim.presigned {
		x.base.params = without(x.base.params, signatureParam)
	}
	for _, f := range x.c.fields {
		x.base.fields = append(x.base.fields, headerField{name: f.name, values: f.values})
	}
}

// encoder is what Verify does to a path.
func (x *exam) encoder(asSent bool) encodeURI {
	style := pathStyle{asSent: asSent, once: x.q.EncodePathOnce}
	return func(dst []byte, path string) []byte { return appendURI(dst, path, style) }
}

// bases are the drafts that Verify tolerates, the request as received first,
// for each secret that may be the one.
func (x *exam) bases() []draft {
	var out []draft
	for _, secret := range x.secrets() {
		d := x.base
		d.key = x.derive(secret)
		for _, host := range hostForms(d.host) {
			d.host, d.encode = host, x.encoder(false)
			out = append(out, d)
			if d.path != "" && !isNormal(d.path) {
				d.encode = x.encoder(true)
				out = append(out, d)
			}
		}
	}
	return out
}

// derive makes the signing key of the claimed scope.
func (x *exam) derive(secret string) *signingKey {
	return newSigningKey(secret, x.claim.day, x.claim.region, x.claim.service)
}

// secrets is the secret of the access key; if that is unknown, those of the
// candidates.
func (x *exam) secrets() []string {
	if x.secret != "" {
		return []string{x.secret}
	}
	var out []string
	for _, c := range x.others() {
		out = append(out, c.Secret)
	}
	return out
}

// others are the candidates with another secret than the access key's.
func (x *exam) others() []Candidate {
	var out []Candidate
	for _, c := range x.q.Candidates {
		if c.Secret != "" && c.Secret != x.secret && len(out) < maxOthers {
			out = append(out, c)
		}
	}
	return out
}

// lookFor searches for what gives the signature.
func (x *exam) lookFor() {
	s := &x.search
	s.want, s.stop, s.budget = x.claim.signature, func() bool { return x.ctx.Err() != nil }, x.q.Tries
	if s.budget <= 0 {
		s.budget = DefaultTries
		if x.q.Thorough {
			s.budget *= thorough
		}
	}
	bases := x.bases()
	if len(bases) == 0 || len(s.want) != 64 {
		return
	}
	for i := range bases { // most often the claims say it all
		if s.alone(&bases[i]) {
			return
		}
	}
	s.guesses = x.guesses()
	for i := range bases {
		if s.alone(&bases[i]) {
			return
		}
	}
	for i := range bases {
		if len(bases) > 1 {
			s.alone(&bases[i]) // for the hashes that pairs uses
		}
		if s.pairs(&bases[i]) {
			return
		}
	}
}

// guesses are all mistakes to be tried on this request, likely ones first.
func (x *exam) guesses() []guess {
	var out []guess
	out = append(out, x.tokenGuesses()...)
	out = append(out, x.hostGuesses()...)
	out = append(out, x.pathGuesses()...)
	out = append(out, x.uriGuesses()...)
	out = append(out, x.orderGuesses()...)
	out = append(out, x.queryGuesses()...)
	out = append(out, x.paramGuesses()...)
	if !x.declared {
		out = append(out, x.bodyGuesses()...)
	}
	out = append(out, x.secretGuesses()...)
	out = append(out, x.nameGuesses()...)
	return append(out, x.headerGuesses()...)
}

// compose makes the report of facts and findings.
func (x *exam) compose(refused *RefusedError) *Report {
	matched := len(x.search.found) > 0
	r := &Report{Cut: x.search.cut, Tried: x.search.tried, Unmatched: !matched && x.search.tried > 0}
	found := x.search.found
	if !matched {
		x.missingFacts()
		found = []finding{{}}
	} else {
		x.bodyFacts()
		x.nameSecret(found[0].draft.key)
	}
	x.against(r, found)
	clocks := x.clocks
	if len(clocks) == 0 {
		clocks = [][]Mistake{nil}
	}
	for _, f := range found {
		for _, clock := range clocks {
			all := append(append(append([]Mistake{}, x.facts...), clock...), f.mistakes...)
			x.add(r, all, matched)
		}
	}
	if matched && len(r.Mistakes) == 0 && x.last == terminator && (refused == nil || x.q.BodyUnknown) && x.q.Against == nil {
		return &Report{Holds: true, Tried: r.Tried}
	}
	x.explainRest(r, refused)
	return r
}

// add adds an explanation.
func (x *exam) add(r *Report, all []Mistake, matched bool) {
	for i := range all {
		all[i].Unproven = all[i].Unproven || !matched && all[i].Kind != KindAccessKey
	}
	switch {
	case len(r.Mistakes) == 0:
		r.Mistakes = all
	case len(r.Alternatives) < maxFindings:
		r.Alternatives = append(r.Alternatives, all)
	default:
		r.Cut = true
	}
}

// explainRest adds the refusal where mistakes do not say all.
func (x *exam) explainRest(r *Report, refused *RefusedError) {
	switch {
	case len(r.Mistakes) > 0 && !r.Unmatched:
	case refused != nil:
		r.Code, r.Reason = refused.Code, refused.Reason
	case x.q.Against != nil:
		r.Code, r.Reason = invalidSignature, "AWS received another request than this one, in a way that has no name; the marked lines differ"
	}
}

// nameSecret tells whose secret signed for an unknown access key.
func (x *exam) nameSecret(k *signingKey) {
	if x.secret != "" || !errors.Is(x.keyErr, ErrUnknownKey) {
		return
	}
	for _, c := range x.others() {
		if !k.madeFrom(c.Secret) {
			continue
		}
		for i := range x.facts {
			if x.facts[i].Kind == KindAccessKey {
				x.facts[i].Detail = "the secret is that of " + nameCandidate(c)
			}
		}
		return
	}
}

func nameCandidate(c Candidate) string {
	if c.Name == "" {
		return nameKey(c.AccessKeyID)
	}
	return c.Name + " (" + nameKey(c.AccessKeyID) + ")"
}
