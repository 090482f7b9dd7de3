package login

import (
	"slices"
	"time"

	"golang.org/x/oauth2"
)

// due says whether r must be renewed before it is used: a minute, or a tenth
// of its life if that is shorter, before it expires. A token without expiry is
// never due.
func (s *Source) due(r *Record) bool {
	if !s.good(r) {
		return true
	}
	expiry, now := s.expiry(r.Token), s.now()
	if expiry.IsZero() || now.Before(s.again) && !s.again.After(now.Add(graceTime)) {
		return false
	}
	if now.Add(stepTime).Before(r.Obtained) {
		return true
	}
	early := earlyTime
	if life := expiry.Sub(r.Obtained); life > 0 && life/10 < early {
		early = life / 10
	}
	return !now.Before(expiry.Add(-early))
}

// good says whether r can be used at all.
func (s *Source) good(r *Record) bool {
	if r == nil || r.Token == nil || r.Token.AccessToken == "" {
		return false
	}
	if given := s.given(r.Token); given == "" || slices.Contains(s.refused, given) {
		return false
	}
	expiry := s.expiry(r.Token)
	return expiry.IsZero() || s.now().Before(expiry)
}

// given is the token of t that callers get.
func (s *Source) given(t *oauth2.Token) string {
	if s.o.IDToken {
		return IDToken(t)
	}
	return t.AccessToken
}

// now is the wall clock's time: the monotonic clock stands still while a
// machine sleeps, and its tokens do not.
func (s *Source) now() time.Time { return s.o.Now().Round(0) }

// expiry is that of the token that the source gives.
func (s *Source) expiry(t *oauth2.Token) time.Time {
	if !s.o.IDToken {
		return t.Expiry
	}
	c, _ := peek(IDToken(t))
	return c.expiry()
}

// view is what a caller gets: a copy, without the refresh token.
func (s *Source) view(r *Record) (*oauth2.Token, error) {
	if !s.good(r) {
		return nil, s.useless(r)
	}
	t := &oauth2.Token{AccessToken: s.given(r.Token), TokenType: r.Token.TokenType, Expiry: s.expiry(r.Token)}
	kept := extras(r.Token)
	delete(kept, "device_key")
	return withExtras(t, kept), nil
}

// useless says why a token that was just got cannot be used.
func (s *Source) useless(r *Record) error {
	e := &Error{Op: "token", Where: s.o.Name, Kind: ErrBadAnswer, Message: "the provider gave a token that has expired",
		Hint: "set this machine's clock"}
	switch {
	case r != nil && r.Token != nil && slices.Contains(s.refused, s.given(r.Token)):
		e.Kind, e.Message, e.Hint = ErrLoginRequired, "the provider gave the token again that a server has refused", "log in again"
	case !s.o.IDToken || r == nil || r.Token == nil:
	case IDToken(r.Token) == "":
		e.Kind, e.Message, e.Hint = ErrUnsupported, "the provider gave no ID token", "ask for the scope openid, or use the access token"
	default:
		e.Kind, e.Message, e.Hint = ErrLoginRequired, "the provider renews the access token only, and the ID token has expired",
			"log in again, or use the access token"
	}
	return e
}
