package sigv4

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// admissible checks time and credential scope, all that can be said without
// the secret.
func (v *Verifier) admissible(a *claim, now time.Time) *RefusedError {
	if e := a.inTime(now); e != nil {
		return e
	}
	var last string
	if !a.split(&last) {
		return refuse(incompleteSignature,
			"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '"+a.credential+"'",
			"the credential has not exactly 5 parts")
	}
	return v.scoped(a, last)
}

// inTime checks the clock: a header signature holds five minutes around its
// date, a presigned one from five minutes before it until its expiry.
func (a *claim) inTime(now time.Time) *RefusedError {
	life := headerLife
	if a.presigned {
		life = a.life
	}
	switch {
	case now.Sub(a.signedAt) > life:
		return refuse(invalidSignature,
			fmt.Sprintf("Signature expired: %s is now earlier than %s (%s - %s)", a.stamp, stamp(now.Add(-life)), stamp(now), span(life)),
			"the signature expired %v ago (signed %s, good for %v)", (now.Sub(a.signedAt) - life).Round(time.Second), a.stamp, life)
	case a.signedAt.Sub(now) > headerLife:
		return refuse(invalidSignature,
			fmt.Sprintf("Signature not yet current: %s is still later than %s (%s + %s)", a.stamp, stamp(now.Add(headerLife)), stamp(now), span(headerLife)),
			"the signature is dated %v in the future (signed %s)", a.signedAt.Sub(now).Round(time.Second), a.stamp)
	}
	return nil
}

// span writes a duration as AWS does ("5 min.").
func span(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min.", d/time.Minute)
	}
	return fmt.Sprintf("%d sec.", d/time.Second)
}

// split takes the credential apart. last is its fifth element.
func (a *claim) split(last *string) bool {
	id, scope, ok := strings.Cut(a.credential, "/")
	if !ok || strings.Count(scope, "/") != 3 {
		return false
	}
	a.accessKeyID, a.scope = id, scope
	a.day, scope, _ = strings.Cut(scope, "/")
	a.region, scope, _ = strings.Cut(scope, "/")
	a.service, *last, _ = strings.Cut(scope, "/")
	return true
}

// scoped checks the credential scope.
func (v *Verifier) scoped(a *claim, last string) *RefusedError {
	if a.region == v.Region && v.serves(a.service) && last == terminator && a.day == a.stamp[:8] {
		return nil
	}
	return v.refuseScope(a, last)
}

// serves reports that requests may be signed for a service.
func (v *Verifier) serves(service string) bool {
	return service == v.Service || slices.Contains(v.AcceptServices, service)
}

// refuseScope names every wrong part of the credential scope.
func (v *Verifier) refuseScope(a *claim, last string) *RefusedError {
	var text strings.Builder
	var wrong []string
	if a.region != v.Region {
		fmt.Fprintf(&text, "Credential should be scoped to a valid region, not '%s'. ", a.region)
		wrong = append(wrong, fmt.Sprintf("region %.64q, this is %q", a.region, v.Region))
	}
	if !v.serves(a.service) {
		fmt.Fprintf(&text, "Credential should be scoped to correct service: '%s'. ", v.Service)
		wrong = append(wrong, fmt.Sprintf("service %.64q, this is %q", a.service, v.Service))
	}
	if last != terminator {
		fmt.Fprintf(&text, "Credential should be scoped with a valid terminator: '%s', not '%s'. ", terminator, last)
		wrong = append(wrong, "a terminator other than "+terminator)
	}
	if day := a.stamp[:8]; a.day != day {
		fmt.Fprintf(&text, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'. ", a.day, day, a.stamp)
		wrong = append(wrong, fmt.Sprintf("date %.16q, the request is dated %q", a.day, day))
	}
	return refuse(invalidSignature, text.String(), "signed for %s", strings.Join(wrong, "; "))
}
