package sigv4

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// fact adds a claimed mistake.
func (x *exam) fact(k Kind, signed, expected, detail string) {
	x.facts = append(x.facts, Mistake{Kind: k, Signed: x.shown(signed), Expected: x.shown(expected), Detail: detail})
}

// scopeFacts compares the credential scope with what is expected.
func (x *exam) scopeFacts(v *Verifier) {
	a := &x.claim
	if !v.serves(a.service) {
		x.fact(KindService, a.service, v.Service, "")
	}
	if a.region != v.Region {
		x.fact(KindRegion, a.region, v.Region, "")
	}
	if day := a.stamp[:8]; a.day != day {
		x.fact(KindScopeDate, a.day, day, "")
	}
}

// findSecret looks up the secret of the access key, and what is wrong with key
// and token.
func (x *exam) findSecret() {
	a := &x.claim
	x.secret, x.keyErr = "", ErrUnknownKey
	if x.q.Key != nil && len(a.accessKeyID) <= maxAccessKeyID {
		x.askKey()
	}
	for _, c := range x.q.Candidates {
		if c.AccessKeyID != a.accessKeyID || c.Secret == "" {
			continue
		}
		x.known = c.SessionToken
		if x.secret == "" {
			x.secret = c.Secret
			if a.token == c.SessionToken {
				x.keyErr = nil
			}
		}
		break
	}
}

// askKey asks the Key function; for a presigned URL without a token also with
// the token that stands in a header instead.
func (x *exam) askKey() {
	a := &x.claim
	x.secret, x.keyErr = x.q.Key(x.ctx, a.accessKeyID, a.token)
	if x.keyErr == nil && x.secret == "" {
		x.keyErr = ErrUnknownKey
	}
	tokens := x.request.values(tokenHeader)
	if x.keyErr == nil || !a.presigned || a.token != "" || len(tokens) != 1 {
		return
	}
	if secret, err := x.q.Key(x.ctx, a.accessKeyID, tokens[0]); err == nil {
		x.secret, x.known = secret, tokens[0]
	}
}

// tokenFacts tells what is wrong with access key and session token.
func (x *exam) tokenFacts() {
	a := &x.claim
	if a.tokenUnsigned {
		x.fact(KindTokenUnsigned, "without the session token", "with it", "x-amz-security-token is not in SignedHeaders")
	}
	switch {
	case errors.Is(x.keyErr, ErrExpiredToken):
		x.fact(KindExpired, stamp(a.signedAt), "after the session token expired", "the session token has expired")
	case x.keyErr == nil:
	case a.token == "" && x.known != "":
		detail := "none arrived"
		if a.presigned && len(x.request.values(tokenHeader)) > 0 {
			detail = "it is in a header; a presigned URL carries it in its query"
		}
		x.fact(KindTokenMissing, "", "the session token", detail)
	case a.token == "" && strings.HasPrefix(a.accessKeyID, "ASIA"):
		x.fact(KindTokenMissing, "", "the session token", "an access key of this form is temporary")
	case x.secret != "":
		x.fact(KindAccessKey, nameKey(a.accessKeyID), "known", "but the session token sent is not its own")
	case a.token != "":
		x.fact(KindAccessKey, nameKey(a.accessKeyID), "unknown here", "or the session token is not its own")
	default:
		x.fact(KindAccessKey, nameKey(a.accessKeyID), "unknown here", "")
	}
}

// clockFacts tells what is wrong with the time. A date in the future can only
// come from a clock; one in the past of a header signature from a clock or
// from delay, which look the same; a presigned URL just gets old.
func (x *exam) clockFacts() {
	a := &x.claim
	if a.inTime(x.now) == nil {
		return
	}
	dated, now := stamp(a.signedAt), stamp(x.now)
	age := x.now.Sub(a.signedAt).Round(time.Second)
	zone := localTime(-age)
	skew := Mistake{Kind: KindDateSkew, Signed: dated, Expected: now,
		Detail: fmt.Sprintf("the signer's clock is %v behind the verifier's", age) + zone}
	if age < 0 {
		skew.Detail = fmt.Sprintf("the signer's clock is %v ahead of the verifier's", -age) + zone
		x.clocks = [][]Mistake{{skew}}
		return
	}
	end := a.expires()
	expired := Mistake{Kind: KindExpired, Signed: dated, Expected: now,
		Detail: fmt.Sprintf("good for %v, expired since %s, %v ago", end.Sub(a.signedAt), stamp(end), x.now.Sub(end).Round(time.Second))}
	switch {
	case !a.presigned:
		x.clocks = [][]Mistake{{skew}, {expired}}
	case zone != "":
		x.clocks = [][]Mistake{{expired}, {skew}}
	default:
		x.clocks = [][]Mistake{{expired}}
	}
}

// localTime says which time zone's clock was taken for UTC, if the skew is one
// of the offsets in use: whole quarters of an hour from -12:00 to +14:00. It
// allows for a minute on the way.
func localTime(ahead time.Duration) string {
	const quarter = 15 * time.Minute
	offset := (ahead + 30*time.Second).Round(quarter)
	late := offset - ahead
	if offset.Abs() < 2*quarter || late < -5*time.Second || late > time.Minute || offset < -12*time.Hour || offset > 14*time.Hour {
		return ""
	}
	sign := '+'
	if offset < 0 {
		sign = '-'
	}
	minutes := int(offset.Abs() / time.Minute)
	return fmt.Sprintf("; it shows local time of UTC%c%02d:%02d", sign, minutes/60, minutes%60)
}
