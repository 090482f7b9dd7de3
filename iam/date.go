package iam

import (
	"strconv"
	"strings"
	"time"
)

// parseDate reads the forms of ISO 8601 that W3C's note "Date and Time
// Formats" lists (a year alone to fractions of a second) and seconds since
// 1970. Four digits are a year.
func parseDate(s string) (time.Time, bool) {
	if len(s) != len("2006") && isInteger(s) {
		seconds, err := strconv.ParseInt(s, 10, 64)
		return time.Unix(seconds, 0), err == nil
	}
	t, err := time.Parse(dateLayout(s), s)
	return t, err == nil
}

// dateLayout picks the layout by length, so that parsing is tried once.
func dateLayout(s string) string {
	switch {
	case len(s) == len("2006"):
		return "2006"
	case len(s) == len("2006-01"):
		return "2006-01"
	case len(s) == len(time.DateOnly):
		return time.DateOnly
	case len(s) > len("2006-01-02T15:04") && s[len("2006-01-02T15:04")] != ':':
		return "2006-01-02T15:04Z07:00"
	}
	return time.RFC3339
}

func isInteger(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
