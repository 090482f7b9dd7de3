package sigv4

import (
	"net/http"
	"strings"
	"time"
)

// stampLayout is the ISO 8601 basic format of X-Amz-Date.
const stampLayout = "20060102T150405Z"

// appendStamp appends t as YYYYMMDDTHHMMSSZ.
func appendStamp(dst []byte, t time.Time) []byte {
	t = t.UTC()
	year, month, day := t.Date()
	if year < 0 || year > 9999 {
		return t.AppendFormat(dst, stampLayout)
	}
	hour, minute, second := t.Clock()
	dst = appendTwo(appendTwo(dst, year/100), year%100)
	dst = append(appendTwo(appendTwo(dst, int(month)), day), 'T')
	return append(appendTwo(appendTwo(appendTwo(dst, hour), minute), second), 'Z')
}

func appendTwo(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// stamp is appendStamp for texts.
func stamp(t time.Time) string { return string(appendStamp(nil, t)) }

// parseStamp reads YYYYMMDDTHHMMSSZ and nothing else.
func parseStamp(s string) (time.Time, bool) {
	if len(s) != len(stampLayout) || s[8] != 'T' || s[15] != 'Z' {
		return time.Time{}, false
	}
	for i := range len(s) {
		if i != 8 && i != 15 && (s[i] < '0' || s[i] > '9') {
			return time.Time{}, false
		}
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year, month, day := two(0)*100+two(2), time.Month(two(4)), two(6)
	hour, minute, second := two(9), two(11), two(13)
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	return t, day <= 28 || t.Day() == day // not 30 February
}

// parseDate reads the Date header: any HTTP date form, the basic format, or the
// form that botocore writes, with -0000 (RFC 5322, 3.3) where HTTP has GMT.
func parseDate(s string) (time.Time, bool) {
	if t, ok := parseStamp(s); ok {
		return t, true
	}
	t, err := http.ParseTime(s)
	if head, ok := strings.CutSuffix(s, " -0000"); err != nil && ok {
		t, err = http.ParseTime(head + " GMT")
	}
	return t.UTC(), err == nil
}

// dayOf gives days since 1970.
func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }
