package sigv4

import (
	"strconv"
	"strings"
	"time"
)

// claim is what a request says about its own signature. Its strings alias the
// request.
type claim struct {
	presigned     bool
	credential    string // as sent
	signature     string
	token         string
	tokenUnsigned bool
	date          string // as sent
	stamp         string // date in basic format

	signedAt time.Time
	life     time.Duration // presigned: X-Amz-Expires

	accessKeyID, day, region, service string
	scope                             string // credential after the access key id
}

// expires is the last moment at which the signature is accepted.
func (a *claim) expires() time.Time {
	if a.presigned {
		return a.signedAt.Add(a.life)
	}
	return a.signedAt.Add(headerLife)
}

// readClaim finds and parses the authentication of a request. It leaves the
// query in c.pairs, the signed header names in c.fields and the time in
// c.stamp.
func (c *canon) readClaim(r *Request, a *claim) *RefusedError {
	if !c.parseQuery(r.RawQuery) {
		return refuseMalformed("the query holds a malformed percent escape")
	}
	auth := r.values(authorizationHeader)
	method, inQuery := c.param(algorithmParam)
	inHeader := len(auth) > 1 || len(auth) == 1 && auth[0] != ""
	switch {
	case inHeader && inQuery > 0:
		return refuseMismatch("signed twice: in the Authorization header and in the query; send one of them")
	case len(auth) > 1:
		return refuseMismatch("%d Authorization headers; send one", len(auth))
	case inHeader:
		return c.readHeader(r, auth[0], a)
	case inQuery > 0 && method == algorithm:
		return c.readQuery(a)
	case inQuery > 0:
		return refuseMissing("X-Amz-Algorithm in the query is not " + algorithm)
	}
	return refuseMissing("the request has neither an Authorization header nor a signature in its query")
}

// readHeader reads the header form.
func (c *canon) readHeader(r *Request, auth string, a *claim) *RefusedError {
	if len(auth) > maxAuth {
		return refuseMismatch("the Authorization header has %d bytes, the limit is %d", len(auth), maxAuth)
	}
	p, e := parseAuthorization(auth)
	if e != nil {
		return e
	}
	dates, named := r.values(dateHeader), dateHeader
	if len(dates) == 0 {
		dates, named = r.values("Date"), "Date"
	}
	if len(dates) == 0 || dates[0] == "" || p.credential == "" || p.signature == "" || p.signedHeaders == "" {
		return refuseParts(auth, p, len(dates) > 0 && dates[0] != "")
	}
	tokens := r.values(tokenHeader)
	if len(dates) > 1 || len(tokens) > 1 {
		return refuseMismatch("%d %s and %d %s headers; send one of each", len(dates), named, len(tokens), tokenHeader)
	}
	a.credential, a.signature, a.date = p.credential, p.signature, dates[0]
	if len(tokens) == 1 {
		a.token = tokens[0]
	}
	if e := c.readNames(p.signedHeaders); e != nil {
		return e
	}
	a.tokenUnsigned = a.token != "" && !c.signs("x-amz-security-token")
	return c.readDate(a, named == "Date")
}

// readQuery reads the query form.
func (c *canon) readQuery(a *claim) *RefusedError {
	if name := c.repeatedParam(); name != "" {
		return refuseMismatch("the query parameter %s occurs more than once", name)
	}
	a.presigned = true
	a.credential, _ = c.param(credentialParam)
	a.signature, _ = c.param(signatureParam)
	a.date, _ = c.param(dateParam)
	a.token, _ = c.param(tokenParam)
	names, _ := c.param(signedHeadersParam)
	if a.credential == "" || a.signature == "" || names == "" || a.date == "" {
		return refuseParams(a, names)
	}
	if e := c.readNames(names); e != nil {
		return e
	}
	if e := c.readDate(a, false); e != nil {
		return e
	}
	return c.readExpires(a)
}

// repeatedParam names an X-Amz-* parameter that occurs more than once.
func (c *canon) repeatedParam() string {
	for i, p := range c.pairs {
		if !strings.HasPrefix(string(p.name), "X-Amz-") {
			continue
		}
		for _, q := range c.pairs[:i] {
			if string(p.name) == string(q.name) {
				return string(p.name)
			}
		}
	}
	return ""
}

// readNames reads SignedHeaders into c.fields.
func (c *canon) readNames(list string) *RefusedError {
	c.fields = c.fields[:0]
	for last, more := "", true; more; {
		end := strings.IndexByte(list, ';')
		if more = end >= 0; !more {
			end = len(list)
		}
		name := list[:end]
		switch {
		case len(c.fields) == maxSigned:
			return refuseMismatch("SignedHeaders lists more than %d headers", maxSigned)
		case name <= last || !isLowerToken(name):
			return refuseMismatch("SignedHeaders is not a sorted list of distinct lower-case header names")
		}
		c.fields = append(c.fields, field{name: name})
		last, list = name, list[min(end+1, len(list)):]
	}
	if !c.signs("host") {
		return refuse(invalidSignature, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
			"the host header is not signed")
	}
	return nil
}

// signs reports that a header is in SignedHeaders.
func (c *canon) signs(name string) bool {
	for _, f := range c.fields {
		if f.name == name {
			return true
		}
	}
	return false
}

// readDate reads the time of the signature.
func (c *canon) readDate(a *claim, http bool) *RefusedError {
	parse := parseStamp
	if http {
		parse = parseDate
	}
	t, ok := parse(a.date)
	if !ok {
		return refuse(incompleteSignature, "Date must be in ISO-8601 'basic format'. Got '"+a.date+"'. See http://en.wikipedia.org/wiki/ISO_8601",
			"the date of the request is not of the form 20060102T150405Z")
	}
	a.signedAt, a.stamp = t, a.date
	if http {
		a.stamp = stamp(t)
	}
	c.stamp = append(c.stamp[:0], a.stamp...)
	return nil
}

// readExpires reads X-Amz-Expires, in seconds.
func (c *canon) readExpires(a *claim) *RefusedError {
	text, n := c.param(expiresParam)
	if n == 0 {
		a.life = defaultExpires
		return nil
	}
	seconds, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return refuse(incompleteSignature, "X-Amz-Expires should be a number", "X-Amz-Expires is not a number of seconds")
	}
	a.life = time.Duration(seconds) * time.Second
	if a.life > MaxExpires {
		return refuse(incompleteSignature, "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds",
			"X-Amz-Expires is %d seconds, the most is 604800", seconds)
	}
	return nil
}

// isToken reports that s is an HTTP token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !unreserved(c) && strings.IndexByte("!#$%&'*+^`|", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isLowerToken reports that s is a token without upper-case letters.
func isLowerToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; 'a' <= c && c <= 'z' || c == '-' {
			continue
		} else if 'A' <= c && c <= 'Z' || !isToken(s[i:i+1]) {
			return false
		}
	}
	return s != ""
}
