package library

import (
	"errors"
	"fmt"
	"time"
)

// dateFields are what a text said, by pattern letter.
type dateFields struct {
	values   [128]int64
	has      [128]bool
	location *time.Location
}

// set keeps a value; one that differs from an earlier one is refused.
func (f *dateFields) set(letter byte, v int64) bool {
	switch letter {
	case 'L':
		letter = 'M'
	case 'q':
		letter = 'Q'
	case 'e', 'c':
		letter, v = 'E', v-1
	}
	if f.has[letter] && f.values[letter] != v {
		return false
	}
	f.has[letter], f.values[letter] = true, v
	return true
}

func (f *dateFields) zone(l *time.Location) { f.location = l }

func (f *dateFields) get(letter byte) (int64, bool) { return f.values[letter], f.has[letter] }

// ranges are what the fields may hold.
var ranges = map[byte]struct {
	name     string
	min, max int64
}{
	'M': {"MonthOfYear", 1, 12}, 'd': {"DayOfMonth", 1, 31}, 'D': {"DayOfYear", 1, 366},
	'H': {"HourOfDay", 0, 24}, 'k': {"ClockHourOfDay", 1, 24}, 'K': {"HourOfAmPm", 0, 11}, 'h': {"ClockHourOfAmPm", 1, 12},
	'm': {"MinuteOfHour", 0, 59}, 's': {"SecondOfMinute", 0, 59}, 'n': {"NanoOfSecond", 0, 999_999_999},
	'A': {"MilliOfDay", 0, 86_399_999}, 'N': {"NanoOfDay", 0, 86_399_999_999_999}, 'E': {"DayOfWeek", 0, 6},
	'u': {"Year", -999_999, 999_999}, 'y': {"YearOfEra", 1, 999_999},
}

func (f *dateFields) check() error {
	for letter, r := range ranges {
		if v, ok := f.get(letter); ok && (v < r.min || v > r.max) {
			return fmt.Errorf("Invalid value for %s (valid values %d - %d): %d", r.name, r.min, r.max, v)
		}
	}
	return nil
}

var errIncomplete = errors.New("Unable to obtain ZonedDateTime: the pattern must hold a date and a time")

// resolve makes a time of the fields, as DateTimeFormatter's SMART style does.
func (f *dateFields) resolve() (time.Time, error) {
	if err := f.check(); err != nil {
		return time.Time{}, err
	}
	year, month, day, err := f.date()
	if err != nil {
		return time.Time{}, err
	}
	nanos, ok := f.time()
	if !ok {
		return time.Time{}, errIncomplete
	}
	location := f.location
	if location == nil {
		location = time.UTC
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if weekday, ok := f.get('E'); ok && int64(t.Weekday()) != weekday {
		return time.Time{}, fmt.Errorf("Conflict found: Field DayOfWeek %d differs from DayOfWeek %d derived from %s",
			(weekday+6)%7+1, (int64(t.Weekday())+6)%7+1, t.Format(time.DateOnly))
	}
	clock := t.Add(time.Duration(nanos))
	return earlier(time.Date(clock.Year(), clock.Month(), clock.Day(),
		clock.Hour(), clock.Minute(), clock.Second(), clock.Nanosecond(), location)), nil
}

// earlier is the first of two moments that clocks show alike, when they are set
// back.
func earlier(t time.Time) time.Time {
	_, after := t.Zone()
	_, before := t.Add(-3 * time.Hour).Zone()
	first := t.Add(-time.Duration(before-after) * time.Second)
	if before > after && first.Format(time.DateTime) == t.Format(time.DateTime) {
		return first
	}
	return t
}

func (f *dateFields) year() (int, bool) {
	if y, ok := f.get('u'); ok {
		return int(y), true
	}
	y, ok := f.get('y')
	if e, has := f.get('G'); has && e == 0 {
		y = 1 - y
	}
	return int(y), ok
}

func (f *dateFields) date() (int, time.Month, int, error) {
	year, ok := f.year()
	if !ok {
		return 0, 0, 0, errIncomplete
	}
	if d, ok := f.get('D'); ok {
		t := time.Date(year, 1, int(d), 0, 0, 0, 0, time.UTC)
		if t.Year() != year {
			return 0, 0, 0, fmt.Errorf("Invalid date 'DayOfYear 366' as '%d' is not a leap year", year)
		}
		return year, t.Month(), t.Day(), nil
	}
	month, hasMonth := f.get('M')
	day, hasDay := f.get('d')
	if !hasMonth || !hasDay {
		return 0, 0, 0, errIncomplete
	}
	last := time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return year, time.Month(month), min(int(day), last), nil
}

// time is the nanosecond of the day.
func (f *dateFields) time() (int64, bool) {
	if n, ok := f.get('N'); ok {
		return n, true
	}
	if a, ok := f.get('A'); ok {
		return a * 1e6, true
	}
	hour, ok := f.hour()
	if !ok {
		return 0, false
	}
	minute, hasMinute := f.get('m')
	second, hasSecond := f.get('s')
	nano, hasNano := f.nano()
	if hasSecond && !hasMinute || hasNano && !hasSecond {
		return 0, false
	}
	if hour == 24 && minute+second+nano != 0 {
		return 0, false
	}
	return (hour*3600+minute*60+second)*1e9 + nano, true
}

func (f *dateFields) hour() (int64, bool) {
	if h, ok := f.get('H'); ok {
		return h, true
	}
	if k, ok := f.get('k'); ok {
		return k % 24, true
	}
	half, ok := f.get('a')
	if !ok {
		return 0, false
	}
	if h, ok := f.get('K'); ok {
		return half*12 + h, true
	}
	if h, ok := f.get('h'); ok {
		return half*12 + h%12, true
	}
	return 0, false
}

func (f *dateFields) nano() (int64, bool) {
	if n, ok := f.get('n'); ok {
		return n, true
	}
	return f.get('S')
}
