package library

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the zones, where the system has none
)

// zone finds a time zone by Java's rules: Z, an offset, UTC, GMT or UT with one,
// or a name of the tz database.
func zone(id string) (*time.Location, error) {
	switch id {
	case "Z", "UTC", "GMT", "UT":
		return time.FixedZone(id, 0), nil
	}
	if offset, rest, ok := parseOffset(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(id, "UTC"), "GMT"), "UT")); ok && rest == "" {
		return time.FixedZone(id, offset), nil
	}
	if !zoneID(id) {
		return nil, fmt.Errorf("Invalid ID for region-based ZoneId, invalid format: %.64s", id)
	}
	location, err := time.LoadLocation(id)
	if err != nil {
		return nil, fmt.Errorf("Unknown time-zone ID: %s", id)
	}
	return location, nil
}

// zoneID tells what can be the name of a zone, and is no path out of the
// database.
func zoneID(id string) bool {
	if len(id) < 2 || len(id) > 64 || !isLetter(id[0]) || id == "Local" || strings.Contains(id, "..") {
		return false
	}
	for i := 0; i < len(id); i++ {
		if !isLetter(id[i]) && (id[i] < '0' || id[i] > '9') && strings.IndexByte("~/._+-", id[i]) < 0 {
			return false
		}
	}
	return true
}

// parseOffset reads +h, +hh, +hhmm, +hh:mm, +hhmmss or +hh:mm:ss at the front.
func parseOffset(s string) (seconds int, rest string, ok bool) {
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, s, false
	}
	parts, rest := offsetParts(s[1:])
	if len(parts) == 0 {
		return 0, s, false
	}
	units := [3]int{3600, 60, 1}
	for i, p := range parts {
		if i > 0 && p > 59 {
			return 0, s, false
		}
		seconds += p * units[i]
	}
	if seconds > 18*3600 {
		return 0, s, false
	}
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, rest, true
}

func offsetParts(s string) (parts []int, rest string) {
	for len(parts) < 3 {
		t := s
		if len(parts) > 0 && strings.HasPrefix(t, ":") {
			t = t[1:]
		}
		n := digitsAt(t, 2)
		if n < 2 && (n == 0 || len(parts) > 0) {
			break
		}
		value := 0
		for i := range n {
			value = value*10 + int(t[i]-'0')
		}
		parts = append(parts, value)
		s = t[n:]
	}
	return parts, s
}

// digitsAt counts the digits at the front of s, most at the most.
func digitsAt(s string, most int) int {
	n := 0
	for n < len(s) && n < most && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// zoneName is the short (PST) or the full name (Pacific Standard Time) of a zone,
// or its generic one (PT, Pacific Time). Zones whose names are not known here get
// the tz database's abbreviation.
func zoneName(t time.Time, id string, letter byte, count int) string {
	short, _ := t.Zone()
	if short == "LMT" { // before there were zones; Java names today's
		short, _ = time.Date(2000, 1, 1, 0, 0, 0, 0, t.Location()).Zone()
	}
	family, ok := zoneFamily(short)
	full := count == 4
	switch {
	case id == "UTC" || short == "UTC":
		if full {
			return "Coordinated Universal Time"
		}
		return "UTC"
	case !ok && full && short == "GMT":
		return "Greenwich Mean Time"
	case !ok:
		return short
	case letter == 'v' && full:
		return strings.Replace(family.full, " Standard Time", " Time", 1)
	case letter == 'v':
		return family.generic
	case !full:
		return short
	case t.IsDST():
		return family.daylight()
	}
	return family.full
}

// zoneNames are those of one zone; summer is what takes the place of "Standard",
// or a name of its own.
type zoneNames struct{ standard, dst, generic, full, summer string }

func (z *zoneNames) daylight() string {
	if strings.HasSuffix(z.summer, "Time") {
		return z.summer
	}
	return strings.Replace(z.full, "Standard", z.summer, 1)
}

var zoneFamilies = []zoneNames{
	{"PST", "PDT", "PT", "Pacific Standard Time", "Daylight"},
	{"MST", "MDT", "MT", "Mountain Standard Time", "Daylight"},
	{"CST", "CDT", "CT", "Central Standard Time", "Daylight"},
	{"EST", "EDT", "ET", "Eastern Standard Time", "Daylight"},
	{"AKST", "AKDT", "AKT", "Alaska Standard Time", "Daylight"},
	{"HST", "HDT", "HST", "Hawaii-Aleutian Standard Time", "Daylight"},
	{"CET", "CEST", "CET", "Central European Standard Time", "Summer"},
	{"EET", "EEST", "EET", "Eastern European Standard Time", "Summer"},
	{"WET", "WEST", "WET", "Western European Standard Time", "Summer"},
	{"JST", "JDT", "JST", "Japan Standard Time", "Daylight"},
	{"KST", "KDT", "KST", "Korean Standard Time", "Daylight"},
	{"AWST", "AWDT", "AWT", "Australian Western Standard Time", "Daylight"},
	{"ACST", "ACDT", "ACT", "Australian Central Standard Time", "Daylight"},
	{"AEST", "AEDT", "AET", "Australian Eastern Standard Time", "Daylight"},
	{"NZST", "NZDT", "NZT", "New Zealand Standard Time", "Daylight"},
}

func zoneFamily(short string) (*zoneNames, bool) {
	for i := range zoneFamilies {
		if z := &zoneFamilies[i]; z.standard == short || z.dst == short {
			return z, true
		}
	}
	return nil, false
}
