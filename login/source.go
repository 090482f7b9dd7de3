package login

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/oauth2"
)

const (
	renewTime = 60 * time.Second // for one renewal, also when nobody waits for it any more
	earlyTime = 60 * time.Second // before the expiry a token is renewed, or a tenth of its life
	graceTime = 10 * time.Second // between attempts while the old token is still good
	stepTime  = 60 * time.Second // a clock may be set back without a renewal

	maxRefused = 4 // tokens that are remembered as refused
)

// Renew gets a new token. old is the one at hand, nil if there is none. It is
// [OIDC.Refresh], [OIDC.ClientCredentials], [UserPool.Refresh], or yours.
type Renew func(ctx context.Context, old *oauth2.Token) (*oauth2.Token, error)

// SourceOptions say what a [Source] gives and where it keeps it.
type SourceOptions struct {
	Renew   Renew            // required
	Store   *Store           // nil: the token is kept in memory only
	Name    string           // of the login in Store
	Binding string           // who the token is for, see [Record]
	IDToken bool             // give the ID token in the place of the access token
	Now     func() time.Time // nil: time.Now
}

// Source is an oauth2.TokenSource that renews its token before it expires, and
// keeps it in a [Store]. Its methods may be called concurrently; one renewal
// runs at a time, in all processes that share the store.
type Source struct {
	// immutable
	o SourceOptions

	// turn holds one value while nobody uses the fields below.
	turn chan struct{}

	// guarded by turn
	current  *Record   // what was last read or got; nil: nothing
	unsaved  *Record   // got, but could not be written
	replaces string    // refresh token that unsaved replaces
	again    time.Time // before this no renewal is tried while current is good
	refused  []string  // tokens that a server did not take, the last few
}

// NewSource checks the options. It reads nothing yet.
func NewSource(o *SourceOptions) (*Source, error) {
	s := &Source{o: *o, turn: make(chan struct{}, 1)}
	if s.o.Renew == nil {
		return nil, misconfigured("source", "no function to renew a token with", "")
	}
	if s.o.Store != nil {
		if err := checkName(o.Name); err != nil {
			return nil, err
		}
	}
	if s.o.Now == nil {
		s.o.Now = time.Now
	}
	s.turn <- struct{}{}
	return s, nil
}

// Token is [Source.Fetch] for at most two minutes.
func (s *Source) Token() (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return s.Fetch(ctx)
}

// Fetch gives a token that is good for now, after renewing it if it is about
// to expire. Once a refresh token has been sent the end of ctx is not heeded
// until the answer is saved, for at most a minute: a rotated refresh token
// would be lost. While the provider is unavailable, a token that has not yet
// expired is given. Errors are [*Error] values; one that matches
// [ErrLoginRequired] means that a person must log in.
func (s *Source) Fetch(ctx context.Context) (*oauth2.Token, error) {
	select {
	case <-ctx.Done():
		return nil, ended("token", ctx)
	case <-s.turn:
	}
	defer func() { s.turn <- struct{}{} }()
	return s.fetch(ctx)
}

// Rejected is [Source.Fetch] for a caller whose token a server has refused
// before its expiry, such as by status 401: that one is not given again. Unless
// another goroutine or process has renewed it already, it is renewed now. The
// token is what Fetch gave as AccessToken. Ask once per request and then give
// up: a server that refuses every token would else cost a renewal each time.
func (s *Source) Rejected(ctx context.Context, token string) (*oauth2.Token, error) {
	select {
	case <-ctx.Done():
		return nil, ended("token", ctx)
	case <-s.turn:
	}
	defer func() { s.turn <- struct{}{} }()
	if token != "" && !slices.Contains(s.refused, token) {
		s.refused = append(s.refused[max(0, len(s.refused)-maxRefused+1):], token)
	}
	return s.fetch(ctx)
}

// fetch is Fetch in its turn.
func (s *Source) fetch(ctx context.Context) (*oauth2.Token, error) {
	if !s.due(s.current) {
		return s.view(s.current)
	}
	err := s.renew(ctx)
	if err == nil {
		return s.view(s.current)
	}
	if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrTimeout) {
		if s.good(s.current) && s.unsaved == nil {
			s.again = s.now().Add(graceTime)
			return s.view(s.current)
		}
	}
	return nil, err
}

// Save puts a token that came from a login into the source and its store,
// with the settings of the caller (nil: those that are saved stay).
func (s *Source) Save(ctx context.Context, t *oauth2.Token, settings []byte) error {
	select {
	case <-ctx.Done():
		return ended("save", ctx)
	case <-s.turn:
	}
	defer func() { s.turn <- struct{}{} }()
	r := &Record{Binding: s.o.Binding, Settings: settings, Token: t, Obtained: s.now()}
	if s.o.Store != nil {
		err := s.o.Store.locked(ctx, s.o.Name, func() error {
			if old, err := s.o.Store.Load(s.o.Name); err == nil && settings == nil {
				r.Settings = old.Settings
			}
			return s.o.Store.write(s.o.Name, r)
		})
		if err != nil {
			return err
		}
	}
	s.current, s.unsaved = r, nil
	return nil
}

// renew makes current a record that is not due.
func (s *Source) renew(ctx context.Context) error {
	if s.o.Store == nil {
		return s.replace(ctx, s.current, func(*Record) error { return nil })
	}
	return s.o.Store.locked(ctx, s.o.Name, func() error {
		saved, err := s.reread()
		if err != nil {
			return err
		}
		s.current = saved
		if !s.due(saved) { // another process was faster
			return nil
		}
		return s.replace(ctx, saved, func(r *Record) error { return s.o.Store.write(s.o.Name, r) })
	})
}

// reread gives what is saved, nil if nothing is. What could not be written
// the last time is written now, unless somebody logged in or out meanwhile.
func (s *Source) reread() (*Record, error) {
	saved, err := s.o.Store.Load(s.o.Name)
	if errors.Is(err, fs.ErrNotExist) {
		s.unsaved = nil
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if saved.Binding != s.o.Binding {
		return nil, &Error{Op: "token", Where: s.o.Name, Kind: ErrLoginRequired,
			Message: "the saved login is for " + cleaned(saved.Binding) + ", not for " + cleaned(s.o.Binding), Hint: "log in again"}
	}
	if s.unsaved == nil || refreshToken(saved) != s.replaces {
		s.unsaved = nil
		return saved, nil
	}
	if err := s.o.Store.write(s.o.Name, s.unsaved); err != nil {
		return nil, err
	}
	saved, s.unsaved = s.unsaved, nil
	return saved, nil
}

// replace renews old and keeps the result before it is used.
func (s *Source) replace(ctx context.Context, old *Record, keep func(*Record) error) error {
	if err := ctx.Err(); err != nil {
		return ended("token", ctx)
	}
	var token *oauth2.Token
	next := &Record{Binding: s.o.Binding}
	if old != nil {
		token, next.Settings = old.Token, old.Settings
	}
	base := ctx
	if refreshToken(old) != "" {
		base = context.WithoutCancel(ctx)
	}
	limit, cancel := context.WithTimeout(base, renewTime)
	defer cancel()
	now := s.now()
	fresh, err := s.o.Renew(limit, token)
	if err != nil {
		return err
	}
	next.Token, next.Obtained = fresh, now
	if err := keep(next); err != nil {
		s.unsaved, s.replaces = next, refreshToken(old)
		return err
	}
	s.current, s.unsaved = next, nil
	return nil
}

func refreshToken(r *Record) string {
	if r == nil || r.Token == nil {
		return ""
	}
	return r.Token.RefreshToken
}
