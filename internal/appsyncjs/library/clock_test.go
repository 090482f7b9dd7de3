package library

import (
	"strings"
	"testing"
)

func TestISO8601(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	for text, want := range map[string]string{
		"2018-02-01T17:21Z":                      "1517505660000",
		"2018-02-01T17:21:05Z":                   "1517505665000",
		"2018-02-01T17:21:05.1Z":                 "1517505665100",
		"2018-02-01T17:21:05.123456789Z":         "1517505665123",
		"2018-02-01T17:21:05.180+08:00":          "1517476865180",
		"2018-02-01T17:21:05.180-08:30":          "1517536265180",
		"1969-12-31T23:59:59.999Z":               "-1",
		"2018-02-01T17:21:05":                    "TypeError",
		"2018-02-01":                             "TypeError",
		"2018-13-01T17:21:05Z":                   "TypeError",
		"2018-02-01T17:21:05.1234567890Z":        "TypeError",
		"2018-02-01T17:21:05.Z":                  "TypeError",
		"":                                       "TypeError",
		strings.Repeat("9", 5000) + "-01-01T00Z": "TypeError",
	} {
		code := `(() => { try { return String(util.time.parseISO8601ToEpochMilliSeconds("` + text + `")) } catch (e) { return e.name } })()`
		if got := run(t, vm, code).String(); got != want {
			t.Errorf("%.60s: %s, want %s", text, got, want)
		}
	}
}

func TestDateMistakesAreTold(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	for code, want := range map[string]string{
		`util.time.nowFormatted("yyyy-jj")`:                                               `Unknown pattern letter: j`,
		`util.time.nowFormatted("yyyy", "Mars/Olympus")`:                                  `Unknown time-zone ID: Mars/Olympus`,
		`util.time.nowFormatted("yyyy", "../../etc/passwd")`:                              `Invalid ID for region-based ZoneId`,
		`util.time.nowFormatted("yyyy", "Local")`:                                         `Invalid ID for region-based ZoneId`,
		`util.time.nowFormatted(5)`:                                                       `the date format must be a string, not a number`,
		`util.time.parseFormattedToEpochMilliSeconds("2018-02-30x", "yyyy-MM-dd")`:        `unparsed text found at index 10`,
		`util.time.parseFormattedToEpochMilliSeconds("2018-x", "yyyy-MM-dd")`:             `could not be parsed at index 5`,
		`util.time.parseFormattedToEpochMilliSeconds("2018-02-01", "yyyy-MM-dd")`:         `the pattern must hold a date and a time`,
		`util.time.epochMilliSecondsToISO8601(1e20)`:                                      `outside the range of dates`,
		`util.time.epochMilliSecondsToFormatted("1", "yyyy")`:                             `milliseconds must be a number, not a string`,
		`util.matches("(", "a")`:                                                          `Unclosed group near index 1`,
		`util.matches("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")`: `timeout`,
	} {
		if _, err := vm.RunString(code); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", code, err)
		}
	}
}
