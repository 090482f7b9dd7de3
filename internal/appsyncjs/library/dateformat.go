package library

import (
	"strconv"
	"strings"
	"time"
)

// format writes t in its location. The name of the zone is given apart, since a
// time.Location need not have Java's.
func (p *datePattern) format(t time.Time, zone string) string {
	w := dateWriter{t: t, zone: zone}
	w.write(p.elements)
	return string(w.dst)
}

type dateWriter struct {
	dst  []byte
	t    time.Time
	zone string
}

func (w *dateWriter) write(elements []dateElement) {
	for i := range elements {
		e := &elements[i]
		switch {
		case e.optional != nil:
			w.write(e.optional)
		case e.letter == 0:
			w.dst = append(w.dst, e.literal...)
		default:
			w.padded(e)
		}
	}
}

func (w *dateWriter) padded(e *dateElement) {
	begin := len(w.dst)
	w.field(e)
	if missing := e.pad - (len(w.dst) - begin); missing > 0 {
		text := string(w.dst[begin:])
		w.dst = append(w.dst[:begin], strings.Repeat(" ", missing)+text...)
	}
}

func (w *dateWriter) field(e *dateElement) {
	if text, ok := w.text(e); ok {
		w.dst = append(w.dst, text...)
		return
	}
	switch e.letter {
	case 'u', 'y', 'Y':
		w.year(e)
	case 'S':
		digits := strconv.Itoa(1e9 + w.t.Nanosecond())
		w.dst = append(w.dst, digits[1:1+e.count]...)
	default:
		w.dst = appendPadded(w.dst, w.value(e.letter), max(e.min, 1))
	}
}

func appendPadded(dst []byte, n int64, width int) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	digits := strconv.FormatInt(n, 10)
	for i := len(digits); i < width; i++ {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

func (w *dateWriter) year(e *dateElement) {
	year := w.value(e.letter)
	if e.count == 2 {
		w.dst = appendPadded(w.dst, max(year, -year)%100, 2)
		return
	}
	if e.sign == exceedsPad && year >= 0 && len(strconv.FormatInt(year, 10)) > e.count {
		w.dst = append(w.dst, '+')
	}
	w.dst = appendPadded(w.dst, year, e.count)
}

// value is what the numeric letters stand for.
func (w *dateWriter) value(letter byte) int64 {
	t := w.t
	switch letter {
	case 'H':
		return int64(t.Hour())
	case 'k':
		return int64((t.Hour()+23)%24 + 1)
	case 'K':
		return int64(t.Hour() % 12)
	case 'h':
		return int64((t.Hour()+11)%12 + 1)
	case 'm':
		return int64(t.Minute())
	case 's':
		return int64(t.Second())
	case 'n':
		return int64(t.Nanosecond())
	case 'A':
		return nanoOfDay(t) / 1e6
	case 'N':
		return nanoOfDay(t)
	}
	return w.dateValue(letter)
}

func (w *dateWriter) dateValue(letter byte) int64 {
	t := w.t
	switch letter {
	case 'u':
		return int64(t.Year())
	case 'y':
		if t.Year() <= 0 {
			return int64(1 - t.Year())
		}
		return int64(t.Year())
	case 'M', 'L':
		return int64(t.Month())
	case 'Q', 'q':
		return int64(t.Month()+2) / 3
	case 'd':
		return int64(t.Day())
	case 'D':
		return int64(t.YearDay())
	case 'F':
		return int64((t.Day()-1)%7 + 1)
	case 'e', 'c':
		return int64(t.Weekday()) + 1
	case 'g':
		return epochDay(t) + 40587
	}
	return weekValue(t, letter)
}

func nanoOfDay(t time.Time) int64 {
	return int64(t.Hour()*3600+t.Minute()*60+t.Second())*1e9 + int64(t.Nanosecond())
}

// epochDay counts days from 1970-01-01 in t's own calendar.
func epochDay(t time.Time) int64 {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return day.Unix() / 86400
}

// weekValue is a week of the United States: from Sunday, the first with any day.
func weekValue(t time.Time, letter byte) int64 {
	week := func(day int, first time.Weekday) int64 { return int64(day-1+int(first))/7 + 1 }
	if letter == 'W' {
		return week(t.Day(), weekday(t, 1-t.Day()))
	}
	year := t.Year()
	nextYear := time.Date(year+1, 1, 1, 0, 0, 0, 0, time.UTC)
	inNext := epochDay(nextYear)-epochDay(t) <= int64(nextYear.Weekday())
	if letter == 'Y' {
		if inNext {
			return int64(year + 1)
		}
		return int64(year)
	}
	if inNext {
		return 1
	}
	return week(t.YearDay(), weekday(t, 1-t.YearDay()))
}

func weekday(t time.Time, days int) time.Weekday {
	return time.Weekday((int(t.Weekday()) + days%7 + 7) % 7)
}
