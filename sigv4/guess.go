package sigv4

import (
	"crypto/sha256"
	"slices"
)

// guess is a mistake that a signer may have made: what it changes in the draft
// of the request as received to get the draft that was signed.
type guess struct {
	slot    slot
	mistake Mistake
	change  func(*draft)

	// What the guess alone makes of the base.
	sum   [sha256.Size]byte // of the canonical request
	parts pieces            // those that it changes
	draft draft
	idle  bool // changes nothing
}

// slot says what a guess changes. Two guesses with one slot exclude each other.
type slot uint8

const (
	slotKey slot = iota
	slotHost
	slotSlash
	slotStage
	slotPath
	slotURI
	slotParams
	slotToken
	slotOrder
	slotQuery
	slotBody
	slotNames
	slotField // and one more for each signed header
)

// finding is a set of guesses that gives the received signature.
type finding struct {
	mistakes []Mistake
	draft    draft
	request  string // canonical
}

// DefaultTries is how many signatures Explain computes at most, unless
// Question.Tries says otherwise: a few milliseconds.
const DefaultTries = 4096

// maxFindings is how many explanations a Report lists at most.
const maxFindings = 16

// search tries guesses until the signature comes out.
type search struct {
	press   press
	want    string
	stop    func() bool
	budget  int // units of work that are left; see spend
	tried   int
	cut     bool
	guesses []guess
	found   []finding
}

// unit is how many hashed bytes cost as much as one signature.
const unit = 1024

// spend pays for a signature of n bytes that are to be hashed. It reports
// false when nothing is left.
func (s *search) spend(n int) bool {
	s.budget -= 1 + n/unit
	if s.budget < 0 || s.tried&255 == 255 && s.stop() {
		s.cut = true
		return false
	}
	s.tried++
	return true
}

// alone tries the draft as it is and then with one guess each. It reports
// whether anything was found.
func (s *search) alone(base *draft) bool {
	s.press.start(base)
	request := s.press.print(base)
	if !s.spend(len(request)) {
		return false
	}
	plain := sha256.Sum256(request)
	if s.press.signs(base, &plain, s.want) {
		s.keep(base)
		return true
	}
	for i := range s.guesses {
		if s.tryOne(base, &s.guesses[i], &plain); s.cut || len(s.found) == maxFindings {
			s.cut = true
			break
		}
	}
	return len(s.found) > 0
}

// tryOne tries one guess. It notes what the guess changes.
func (s *search) tryOne(base *draft, g *guess, plain *[sha256.Size]byte) {
	g.draft = *base
	d := &g.draft
	g.change(d)
	g.sum, g.idle = *plain, false
	if d.changed != partKey {
		request := s.press.print(d)
		if !s.spend(len(request)) {
			return
		}
		g.sum = sha256.Sum256(request)
		g.parts = s.press.changes(d)
		g.idle = g.sum == *plain
	} else if !s.spend(0) {
		return
	}
	if !g.idle && s.press.signs(d, &g.sum, s.want) {
		s.keep(d, g.mistake)
	}
}

// pairs tries every two guesses together, after alone with the same base.
func (s *search) pairs(base *draft) bool {
	for j := range s.guesses {
		for i := range j {
			a, b := &s.guesses[i], &s.guesses[j]
			if a.slot == b.slot || a.idle || b.idle {
				continue
			}
			if s.tryTwo(base, a, b); s.cut || len(s.found) == maxFindings {
				s.cut = true
				return len(s.found) > 0
			}
		}
	}
	return len(s.found) > 0
}

func (s *search) tryTwo(base *draft, a, b *guess) {
	var fits bool
	switch {
	case a.slot == slotKey:
		fits = s.spend(0) && s.press.signs(&a.draft, &b.sum, s.want)
	case b.slot == slotKey:
		fits = s.spend(0) && s.press.signs(&b.draft, &a.sum, s.want)
	default:
		request := s.both(base, a, b)
		if !s.spend(len(request)) {
			return
		}
		sum := sha256.Sum256(request)
		// If equal, one of them is without effect beside the other.
		fits = sum != a.sum && sum != b.sum && s.press.signs(base, &sum, s.want)
	}
	if fits {
		d := together(base, a, b)
		s.keep(&d, a.mistake, b.mistake)
	}
}

func together(base *draft, a, b *guess) draft {
	d := *base
	a.change(&d)
	b.change(&d)
	return d
}

// both gives the canonical request with two guesses. Only a part that both
// change has to be rendered.
func (s *search) both(base *draft, a, b *guess) []byte {
	if a.draft.changed&b.draft.changed != 0 {
		d := together(base, a, b)
		return s.press.print(&d)
	}
	parts, payload := s.press.base, base.payload
	for _, g := range [...]*guess{a, b} {
		changed := g.draft.changed
		if changed&partURI != 0 {
			parts.uri = g.parts.uri
		}
		if changed&partQuery != 0 {
			parts.query = g.parts.query
		}
		if changed&partHeaders != 0 {
			parts.headers = g.parts.headers
		}
		if changed&partPayload != 0 {
			payload = g.draft.payload
		}
	}
	return s.press.join(base.method, &parts, payload)
}

// keep notes an explanation. One that differs from a known one only in how the
// same text came about is added to that.
func (s *search) keep(d *draft, mistakes ...Mistake) {
	request := string(s.press.print(d))
	for i := range s.found {
		if f := &s.found[i]; f.request == request && f.draft.scope == d.scope && sameKinds(f.mistakes, mistakes) {
			for j := range mistakes {
				f.mistakes[j].alsoAs(mistakes[j])
			}
			return
		}
	}
	s.found = append(s.found, finding{mistakes, *d, request})
}

func sameKinds(a, b []Mistake) bool {
	return slices.EqualFunc(a, b, func(m, n Mistake) bool { return m.Kind == n.Kind })
}

// alsoAs adds another reading of the same mistake.
func (m *Mistake) alsoAs(other Mistake) {
	if other.Signed != m.Signed && len(m.Signed) < maxShown {
		m.Signed += " / " + other.Signed
	}
	if other.Detail != m.Detail && len(m.Detail) < maxShown {
		m.Detail += " / " + other.Detail
	}
}
