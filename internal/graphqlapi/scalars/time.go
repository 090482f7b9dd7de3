package scalars

// The formats are those of AppSync's descriptions: extended ISO 8601, years
// that may be negative, up to nine digits of a second, and an offset of Z,
// ±hh:mm or ±hh:mm:ss.

func validDate(text string) bool {
	rest, ok := date(text)
	return ok && (rest == "" || offset(rest))
}

func validTime(text string) bool {
	rest, ok := clock(text)
	return ok && (rest == "" || offset(rest))
}

func validDateTime(text string) bool {
	rest, ok := date(text)
	if !ok || rest == "" || rest[0] != 'T' {
		return false
	}
	rest, ok = clock(rest[1:])
	return ok && offset(rest)
}

// date reads -?YYYY-MM-DD, a day of the calendar, and gives what follows.
func date(text string) (rest string, ok bool) {
	negative := text != "" && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return "", false
	}
	year, ok1 := number(text[:4])
	month, ok2 := number(text[5:7])
	day, ok3 := number(text[8:10])
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 {
		return "", false
	}
	if negative {
		year = -year
	}
	return text[10:], day >= 1 && day <= daysIn(year, month)
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// clock reads hh:mm[:ss[.s…]] and gives what follows.
func clock(text string) (rest string, ok bool) {
	hour, minute, rest, ok := pair(text)
	if !ok || hour > 23 || minute > 59 {
		return "", false
	}
	if rest == "" || rest[0] != ':' {
		return rest, true
	}
	if len(rest) < 3 {
		return "", false
	}
	second, ok := number(rest[1:3])
	if !ok || second > 59 {
		return "", false
	}
	return fraction(rest[3:])
}

// fraction skips .s with one to nine digits, if it is there.
func fraction(text string) (rest string, ok bool) {
	if text == "" || text[0] != '.' {
		return text, true
	}
	n := 1
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		n++
	}
	return text[n:], n >= 2 && n <= 10
}

// offset tells whether text is Z or an offset, at most 18 hours.
func offset(text string) bool {
	if text == "Z" {
		return true
	}
	if text == "" || text[0] != '+' && text[0] != '-' {
		return false
	}
	hour, minute, rest, ok := pair(text[1:])
	if !ok || hour > 18 || minute > 59 {
		return false
	}
	second := 0
	if rest != "" {
		if len(rest) != 3 || rest[0] != ':' {
			return false
		}
		if second, ok = number(rest[1:]); !ok || second > 59 {
			return false
		}
	}
	return hour < 18 || minute == 0 && second == 0
}

// pair reads dd:dd.
func pair(text string) (a, b int, rest string, ok bool) {
	if len(text) < 5 || text[2] != ':' {
		return 0, 0, "", false
	}
	a, ok1 := number(text[:2])
	b, ok2 := number(text[3:5])
	return a, b, text[5:], ok1 && ok2
}

// number reads digits and nothing else.
func number(text string) (n int, ok bool) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, text != ""
}
