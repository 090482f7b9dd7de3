package library

import (
	"strconv"
	"time"
)

// text is what a letter that stands for words writes; false for numbers.
func (w *dateWriter) text(e *dateElement) (string, bool) {
	switch e.letter {
	case 'G':
		return eras(e.count)[era(w.t.Year())], true
	case 'M', 'L':
		return pick(e, monthNames(e.count), int(w.t.Month())-1)
	case 'E', 'e', 'c':
		return w.weekday(e)
	case 'Q', 'q':
		return pick(e, quarterNames(e.count), (int(w.t.Month())-1)/3)
	case 'a':
		return halves[w.t.Hour()/12], true
	case 'B':
		return dayPeriod(w.t, e.count), true
	}
	return w.zoneText(e)
}

func (w *dateWriter) weekday(e *dateElement) (string, bool) {
	if e.letter == 'E' && e.count < 3 {
		return w.t.Weekday().String()[:3], true
	}
	return pick(e, weekdayNames(e.count), int(w.t.Weekday()))
}

func pick(e *dateElement, names []string, i int) (string, bool) {
	if e.sign != noNumber {
		return "", false
	}
	return names[i], true
}

var halves = []string{"AM", "PM"}

func era(year int) int {
	if year <= 0 {
		return 0
	}
	return 1
}

func eras(count int) []string {
	switch count {
	case 4:
		return []string{"Before Christ", "Anno Domini"}
	case 5:
		return []string{"B", "A"}
	}
	return []string{"BC", "AD"}
}

func monthNames(count int) []string {
	names := make([]string, 12)
	for i := range names {
		names[i] = shorten(time.Month(i+1).String(), count)
	}
	return names
}

func weekdayNames(count int) []string {
	names := make([]string, 7)
	for i := range names {
		names[i] = shorten(time.Weekday(i).String(), count)
	}
	return names
}

func shorten(name string, count int) string {
	switch count {
	case 4:
		return name
	case 5:
		return name[:1]
	}
	return name[:3]
}

func quarterNames(count int) []string {
	names := make([]string, 4)
	for i, ordinal := range []string{"1st", "2nd", "3rd", "4th"} {
		switch count {
		case 4:
			names[i] = ordinal + " quarter"
		case 5:
			names[i] = strconv.Itoa(i + 1)
		default:
			names[i] = "Q" + strconv.Itoa(i+1)
		}
	}
	return names
}

// dayPeriod is CLDR's for English.
func dayPeriod(t time.Time, count int) string {
	h := t.Hour()
	exact := t.Minute() == 0
	switch {
	case exact && h == 0:
		if count == 5 {
			return "mi"
		}
		return "midnight"
	case exact && h == 12:
		if count == 5 {
			return "n"
		}
		return "noon"
	case h >= 6 && h < 12:
		return "in the morning"
	case h >= 12 && h < 18:
		return "in the afternoon"
	case h >= 18 && h < 21:
		return "in the evening"
	}
	return "at night"
}

// zoneText is what the letters for zones and offsets write.
func (w *dateWriter) zoneText(e *dateElement) (string, bool) {
	_, offset := w.t.Zone()
	switch e.letter {
	case 'V':
		return w.zone, true
	case 'z', 'v':
		return zoneName(w.t, w.zone, e.letter, e.count), true
	case 'O':
		return localizedOffset(offset, e.count == 4), true
	case 'X', 'x', 'Z':
		return offsetText(offset, e), true
	}
	return "", false
}

// localizedOffset is GMT+8 or GMT+08:00.
func localizedOffset(offset int, full bool) string {
	if offset == 0 {
		return "GMT"
	}
	if full {
		return "GMT" + isoOffset(offset, ":", true, true)
	}
	sign, hours, minutes, seconds := split(offset)
	text := "GMT" + sign + strconv.Itoa(hours)
	if minutes != 0 || seconds != 0 {
		text += ":" + two(minutes)
	}
	if seconds != 0 {
		text += ":" + two(seconds)
	}
	return text
}

func offsetText(offset int, e *dateElement) string {
	n := e.count
	if e.letter == 'Z' {
		switch n {
		case 4:
			return localizedOffset(offset, true)
		case 5:
			n = 5
		default:
			return isoOffset(offset, "", true, false)
		}
	}
	if offset == 0 && e.letter != 'x' {
		return "Z"
	}
	separator := ""
	if n == 3 || n == 5 {
		separator = ":"
	}
	return isoOffset(offset, separator, n > 1, n > 3)
}

// isoOffset is +08, +0830 or +08:30; minutes and seconds that are nothing are left
// out unless minutes are wanted.
func isoOffset(offset int, separator string, minutes, seconds bool) string {
	sign, h, m, s := split(offset)
	text := sign + two(h)
	if minutes || m != 0 {
		text += separator + two(m)
	}
	if seconds && s != 0 {
		text += separator + two(s)
	}
	return text
}

func split(offset int) (sign string, h, m, s int) {
	sign = "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	return sign, offset / 3600, offset / 60 % 60, offset % 60
}

func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}
