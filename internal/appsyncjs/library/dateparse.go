package library

import (
	"fmt"
	"strings"
	"time"
)

// parse reads text by the pattern. What names no zone is in location.
func (p *datePattern) parse(text string, location *time.Location) (time.Time, error) {
	r := dateReader{s: text, fields: dateFields{location: location}}
	at, ok := r.read(p.elements, 0)
	if !ok {
		return time.Time{}, fmt.Errorf("Text '%.200s' could not be parsed at index %d", text, at)
	}
	if at < len(text) {
		return time.Time{}, fmt.Errorf("Text '%.200s' could not be parsed, unparsed text found at index %d", text, at)
	}
	t, err := r.fields.resolve()
	if err != nil {
		return time.Time{}, fmt.Errorf("Text '%.200s' could not be parsed: %w", text, err)
	}
	return t, nil
}

// dateReader reads from left to right. Its functions give where reading goes on,
// or where it failed.
type dateReader struct {
	s      string
	fields dateFields
}

func (r *dateReader) read(elements []dateElement, at int) (int, bool) {
	for i := range elements {
		e := &elements[i]
		next, ok := r.element(e, at)
		if !ok {
			return next, false
		}
		at = next
	}
	return at, true
}

func (r *dateReader) element(e *dateElement, at int) (int, bool) {
	switch {
	case e.optional != nil:
		before := r.fields
		next, ok := r.read(e.optional, at)
		if !ok {
			r.fields = before
			return at, true
		}
		return next, true
	case e.letter == 0:
		if !strings.HasPrefix(r.s[at:], e.literal) {
			return at, false
		}
		return at + len(e.literal), true
	case e.pad > 0:
		return r.padded(e, at)
	}
	return r.field(e, at)
}

func (r *dateReader) padded(e *dateElement, at int) (int, bool) {
	end := at + e.pad
	if end > len(r.s) {
		return at, false
	}
	begin := at
	for begin < end && r.s[begin] == ' ' {
		begin++
	}
	inner := dateReader{s: r.s[:end], fields: r.fields}
	next, ok := inner.field(e, begin)
	if !ok || next != end {
		return begin, false
	}
	r.fields = inner.fields
	return next, true
}

func (r *dateReader) field(e *dateElement, at int) (int, bool) {
	if e.sign != noNumber {
		return r.number(e, at)
	}
	switch e.letter {
	case 'M', 'L':
		return r.word(monthNames(e.count), at, func(i int) bool { return r.fields.set('M', int64(i+1)) })
	case 'E', 'e', 'c':
		return r.word(weekdayNames(e.count), at, func(i int) bool { return r.fields.set('E', int64(i)) })
	case 'Q', 'q':
		return r.word(quarterNames(e.count), at, func(i int) bool { return r.fields.set('Q', int64(i+1)) })
	case 'G':
		return r.word(eras(e.count), at, func(i int) bool { return r.fields.set('G', int64(i)) })
	case 'a':
		return r.word(halves, at, func(i int) bool { return r.fields.set('a', int64(i)) })
	case 'X', 'x', 'Z', 'O':
		return r.offset(e, at)
	case 'V', 'z', 'v':
		return r.zone(at)
	}
	return at, false // B says nothing that a time could be made of
}

// word reads the longest of the names.
func (r *dateReader) word(names []string, at int, set func(int) bool) (int, bool) {
	best := -1
	for i, n := range names {
		if strings.HasPrefix(r.s[at:], n) && (best < 0 || len(n) > len(names[best])) {
			best = i
		}
	}
	if best < 0 || !set(best) {
		return at, false
	}
	return at + len(names[best]), true
}

// number reads digits: as many as the field takes, less those that belong to the
// fields behind it.
func (r *dateReader) number(e *dateElement, at int) (int, bool) {
	begin, negative, positive, ok := r.sign(e, at)
	if !ok {
		return at, false
	}
	following := max(e.subsequent, 0)
	n := digitsAt(r.s[begin:], e.max+following)
	if following > 0 {
		n = max(n-following, e.min)
		n = digitsAt(r.s[begin:], n)
	}
	if n < e.min || n == 0 || n > 18 {
		return at, false
	}
	if e.sign == exceedsPad && !negative {
		if positive && n <= e.min || !positive && n > e.min {
			return at, false
		}
	}
	value := int64(0)
	for _, c := range []byte(r.s[begin : begin+n]) {
		value = value*10 + int64(c-'0')
	}
	if negative {
		value = -value
	}
	if !r.fields.set(e.letter, scaled(e, value)) {
		return at, false
	}
	return begin + n, true
}

// scaled makes of a number what the field stands for: nanoseconds of a fraction,
// and 20xx of a year with two digits.
func scaled(e *dateElement, value int64) int64 {
	switch {
	case e.letter == 'S':
		for i := e.count; i < 9; i++ {
			value *= 10
		}
	case (e.letter == 'u' || e.letter == 'y') && e.count == 2:
		value += 2000
	}
	return value
}

func (r *dateReader) sign(e *dateElement, at int) (begin int, negative, positive, ok bool) {
	if at >= len(r.s) {
		return at, false, false, false
	}
	switch r.s[at] {
	case '-':
		return at + 1, true, false, e.sign != notNegative
	case '+':
		return at + 1, false, true, e.sign == exceedsPad
	}
	return at, false, false, true
}

// offset reads an offset in one of the forms that the letter allows.
func (r *dateReader) offset(e *dateElement, at int) (int, bool) {
	s := r.s[at:]
	localized := e.letter == 'O' || e.letter == 'Z' && e.count == 4
	switch {
	case localized && !strings.HasPrefix(s, "GMT"):
		return at, false
	case localized:
		s = s[3:]
	case strings.HasPrefix(s, "Z") && (e.letter == 'X' || e.letter == 'Z' && e.count == 5):
		r.fields.zone(time.UTC)
		return at + 1, true
	}
	seconds, rest, ok := parseOffset(s)
	if !ok && !localized {
		return at, false
	}
	if ok && !localized && !e.form(s[:len(s)-len(rest)]) {
		return at, false
	}
	r.fields.zone(time.FixedZone("", seconds))
	return len(r.s) - len(rest), true
}

// form tells whether an offset is written as the letter's count has it: with
// colons or without, with minutes or without.
func (e *dateElement) form(text string) bool {
	colons := e.count == 3 || e.count == 5
	long := len(text) > 3
	switch {
	case strings.Contains(text, ":") != (colons && long):
		return false
	case e.letter == 'Z' || e.count > 1:
		return long
	}
	return len(text) <= 5
}

// zone reads the longest name of a zone that there is.
func (r *dateReader) zone(at int) (int, bool) {
	end := at
	for end < len(r.s) && (zoneByte(r.s[end])) {
		end++
	}
	for ; end > at; end-- {
		if location, err := zone(r.s[at:end]); err == nil {
			r.fields.zone(location)
			return end, true
		}
	}
	return at, false
}

func zoneByte(b byte) bool {
	return isLetter(b) || b >= '0' && b <= '9' || strings.IndexByte("/_+-:", b) >= 0
}
