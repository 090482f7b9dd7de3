package sigv4

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Question is a refused request and what is known about it. Request, Service,
// Region and one of Key and Candidates are required; [Verifier.Question] fills
// in what a verifier knows.
type Question struct {
	Request *Request // as received
	Body    []byte   // as received
	// BodyUnknown: the body is not at hand, only what the headers say of it.
	BodyUnknown bool

	// What the verifier expects, as in Verifier.
	Service, Region string
	AcceptServices  []string
	EncodePathOnce  bool

	// Key looks up the secret as it does for a Verifier. If it is nil or does
	// not know the access key, Candidates are searched. The secrets of the
	// other Candidates (at most 16) are tried too: that finds an access key id
	// sent with the secret of another key.
	Key        Key
	Candidates []Candidate

	// At is when the request was received. Zero: the clock is not judged.
	At time.Time

	// Hosts are other hosts ("name" or "name:port") that the request may have
	// been signed for: what this API is known by, such as its name at AWS.
	Hosts []string
	// Prefixes are paths such as "/dev" that the signer may have put in front:
	// stages, API ids, base paths.
	Prefixes []string
	// Bodies are other bodies that may have been signed.
	Bodies [][]byte

	// Against is what AWS says should have been signed, see [ParseAWSError].
	// It is then what the signed request is compared with.
	Against *Canonical

	// Thorough tries every usual port and service, and four times as much of
	// everything: for a command, not for a server.
	Thorough bool
	// Tries bounds the computed signatures, counting each further KiB that is
	// hashed as one more. 0: DefaultTries, or four times that if Thorough.
	Tries int

	// Reveal leaves credentials of the request in the report, except secrets:
	// only for the person whose credentials they are.
	Reveal bool
}

// Candidate is an access key that may have signed.
type Candidate struct {
	Name         string // for people, such as a profile name; never a secret
	AccessKeyID  string
	Secret       string
	SessionToken string // "" for a long-term key
}

// Canonical is what a signature covers, in AWS's words.
type Canonical struct{ Request, StringToSign string }

// Question asks about a request that v refused just now.
func (v *Verifier) Question(r *Request, body []byte) *Question {
	return &Question{
		Request: r, Body: body, Service: v.Service, Region: v.Region, AcceptServices: v.AcceptServices,
		EncodePathOnce: v.EncodePathOnce, Key: v.Key, At: v.now(),
	}
}

// Explain finds which mistakes give the received signature. It first verifies:
// a request that [Verifier.Verify] admits Holds. Else it reads what the request
// claims (scope, dates, key, token), then computes the signature with every
// known mistake alone, and if none fits, with every two of different kinds.
// What it names is what was signed, since only the true text gives the
// signature; where one text has several readings it lists them all.
//
// It does bounded work, see Question.Tries, and stops when ctx is done. It
// changes nothing, keeps nothing, logs nothing, and calls Key at most twice.
// It may be used by any number of goroutines at once.
func Explain(ctx context.Context, q *Question) *Report {
	x := &exam{ctx: ctx, q: q, show: redactor{reveal: q.Reveal}}
	r := x.report()
	if r.Mistakes == nil {
		r.Mistakes = []Mistake{}
	}
	x.clean(r)
	return r
}

// exam is one explanation under way.
type exam struct {
	ctx  context.Context
	q    *Question
	show redactor

	request *Request // with SignedHeaders made regular
	listed  string   // SignedHeaders as sent, if they were not
	c       canon
	claim   claim
	last    string // fifth element of the credential
	now     time.Time

	secret   string
	keyErr   error  // what the lookup said
	known    string // the session token that belongs to the access key
	declared bool   // the payload line is a header

	facts  []Mistake   // claimed
	clocks [][]Mistake // readings of the clock; each goes with all facts
	base   draft
	search search
}

func (x *exam) report() *Report {
	v := &Verifier{
		Service: x.q.Service, Region: x.q.Region, AcceptServices: x.q.AcceptServices, EncodePathOnce: x.q.EncodePathOnce,
		Key: func(context.Context, string, string) (string, error) { return x.secret, x.keyErr },
	}
	v.MaxBody = max(DefaultMaxBody, int64(len(x.q.Body)))
	if x.q.Request == nil {
		return broken(refuseMalformed("there is no request"))
	}
	if e := v.bounds(x.q.Request, x.q.Body); e != nil {
		return x.malformed(e)
	}
	e := x.read()
	x.now = x.q.At
	if x.now.IsZero() {
		x.now = x.claim.signedAt
	}
	v.Now = func() time.Time { return x.now }
	if e == nil {
		x.findSecret()
	}
	refused := x.verify(v)
	if refused == nil && !x.q.BodyUnknown && x.q.Against == nil {
		return &Report{Holds: true}
	}
	if e != nil {
		return x.malformed(refused)
	}
	return x.judge(v, refused)
}

// verify asks the verifier about the request as it is.
func (x *exam) verify(v *Verifier) *RefusedError {
	_, err := v.Verify(x.ctx, x.q.Request, x.q.Body)
	var refused *RefusedError
	errors.As(err, &refused)
	return refused
}

// judge explains a request whose claims are readable.
func (x *exam) judge(v *Verifier, refused *RefusedError) *Report {
	if x.keyErr != nil && !errors.Is(x.keyErr, ErrUnknownKey) && !errors.Is(x.keyErr, ErrExpiredToken) {
		return broken(refused)
	}
	x.show.scrub = x.scrubber()
	x.draw()
	if x.c.fieldBytes() > maxSignedBytes {
		return broken(refused)
	}
	x.scopeFacts(v)
	x.clockFacts()
	x.tokenFacts()
	x.lookFor()
	return x.compose(refused)
}

// broken reports a request of which nothing can be explained but the refusal.
func broken(e *RefusedError) *Report { return &Report{Code: e.Code, Reason: e.Reason} }

// malformed reports a request whose signature is not readable.
func (x *exam) malformed(e *RefusedError) *Report {
	r := broken(e)
	x.show.scrub = x.scrubber()
	switch q := x.q.Request; {
	case !wellEscaped(q.Path):
		r.Mistakes = []Mistake{{Kind: KindPathEncoding, Signed: x.shown(q.Path), Expected: "every % followed by two hex digits", Unproven: true}}
	case !x.c.parseQuery(q.RawQuery):
		r.Mistakes = []Mistake{{Kind: KindQueryEncoding, Signed: "a malformed escape", Expected: "every % followed by two hex digits", Unproven: true}}
	}
	return r
}

func (x *exam) shown(s string) string { return x.show.text(s, maxShown) }

// read reads the claim. SignedHeaders that are not lower-case, sorted and
// distinct are made so first.
func (x *exam) read() *RefusedError {
	x.request = x.q.Request
	e := x.c.readClaim(x.request, &x.claim)
	if e != nil && x.regulate() {
		x.claim = claim{}
		e = x.c.readClaim(x.request, &x.claim)
	}
	if e == nil && !x.claim.split(&x.last) {
		return refuse(incompleteSignature, "", "the credential has not exactly 5 parts")
	}
	return e
}

// regulate puts a regular list of SignedHeaders into a copy of the request.
func (x *exam) regulate() bool {
	q := *x.q.Request
	if auth := q.values(authorizationHeader); len(auth) == 1 && len(auth[0]) <= maxAuth {
		p, e := parseAuthorization(auth[0])
		if e != nil || p.signedHeaders == "" {
			return false
		}
		x.listed = p.signedHeaders
		q.Header = q.Header.Clone()
		q.Header[authorizationHeader] = []string{algorithm + " Credential=" + p.credential +
			", SignedHeaders=" + regular(x.listed) + ", Signature=" + p.signature}
	} else {
		x.listed, _ = x.c.param(signedHeadersParam)
		if x.listed == "" {
			return false
		}
		params := without(splitQuery(q.RawQuery), signedHeadersParam)
		params = append(params, param{name: signedHeadersParam, value: strings.ReplaceAll(regular(x.listed), ";", "%3B")})
		q.RawQuery = joinQuery(params)
	}
	x.request = &q
	return true
}

// regular gives lower-case, sorted, distinct header names.
func regular(list string) string {
	names := strings.Split(strings.ToLower(list), ";")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	slices.Sort(names)
	return strings.Trim(strings.Join(slices.Compact(names), ";"), ";")
}

func joinQuery(params []param) string {
	var b strings.Builder
	for i, p := range params {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name)
		if !p.bare {
			b.WriteString("=" + p.value)
		}
	}
	return b.String()
}
