package library

import (
	"math"
	"strings"
	"time"

	"github.com/dop251/goja"
)

var timeFunctions = []function{
	{"nowISO8601", 0, func(l *library, _ arguments) goja.Value { return l.string(iso8601(l.now())) }},
	{"nowEpochSeconds", 0, func(l *library, _ arguments) goja.Value { return l.vm.ToValue(l.now().Unix()) }},
	{"nowEpochMilliSeconds", 0, func(l *library, _ arguments) goja.Value { return l.vm.ToValue(l.now().UnixMilli()) }},
	{"nowFormatted", 2, func(l *library, a arguments) goja.Value { return l.formatted(l.now(), a, 0) }},
	{"parseFormattedToEpochMilliSeconds", 3, parseFormatted},
	{"parseISO8601ToEpochMilliSeconds", 1, parseISO8601},
	{"epochMilliSecondsToSeconds", 1, epochSeconds},
	{"epochMilliSecondsToISO8601", 1, epochISO8601},
	{"epochMilliSecondsToFormatted", 3, epochFormatted},
}

// iso8601 has milliseconds, always three digits.
func iso8601(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// formatted takes the pattern from argument i, and the zone from the next.
func (l *library) formatted(t time.Time, a arguments, i int) goja.Value {
	p, err := l.dates.get(a.required(i, "the date format"), compileDate)
	if err != nil {
		l.throw("%v", err)
	}
	id, location := l.zone(a, i+1)
	l.grow(2 * longestPattern)
	return l.string(p.format(t.In(location), id))
}

// zone is UTC unless argument i says otherwise.
func (l *library) zone(a arguments, i int) (string, *time.Location) {
	if a.null(i) {
		return "UTC", time.UTC
	}
	id := a.required(i, "the time zone")
	location, err := l.zones.get(id, zone)
	if err != nil {
		l.throw("%v", err)
	}
	return id, location
}

func parseFormatted(l *library, a arguments) goja.Value {
	p, err := l.dates.get(a.required(1, "the date format"), compileDate)
	if err != nil {
		l.throw("%v", err)
	}
	_, location := l.zone(a, 2)
	t, err := p.parse(a.required(0, "the timestamp"), location)
	if err != nil {
		l.throw("%v", err)
	}
	return l.vm.ToValue(t.UnixMilli())
}

// isoPattern is DateTimeFormatter.ISO_OFFSET_DATE_TIME; the fraction, which may
// have any number of digits, is added by parseISO8601.
const isoPattern = "uuuu-MM-dd'T'HH:mm[:ss[."

func parseISO8601(l *library, a arguments) goja.Value {
	text := a.required(0, "the timestamp")
	fraction := 0
	if i := strings.IndexByte(text, '.'); i >= 0 {
		fraction = digitsAt(text[i+1:], 9)
	}
	pattern := isoPattern + strings.Repeat("S", fraction) + "]]XXXXX"
	if fraction == 0 {
		pattern = strings.TrimSuffix(isoPattern, "[.") + "]XXXXX"
	}
	p, err := l.dates.get(pattern, compileDate)
	if err != nil {
		l.throw("%v", err)
	}
	t, err := p.parse(text, time.UTC)
	if err != nil {
		l.throw("%v", err)
	}
	return l.vm.ToValue(t.UnixMilli())
}

func epochSeconds(l *library, a arguments) goja.Value {
	return l.vm.ToValue(math.Floor(a.number(0, "milliseconds") / 1000))
}

func epochISO8601(l *library, a arguments) goja.Value { return l.string(iso8601(l.moment(a))) }

func epochFormatted(l *library, a arguments) goja.Value { return l.formatted(l.moment(a), a, 1) }

// moment is argument 0 as milliseconds since 1970, within JavaScript's range.
func (l *library) moment(a arguments) time.Time {
	const most = 8.64e15
	ms := a.number(0, "milliseconds")
	if math.Abs(ms) > most {
		l.throw("%v milliseconds are outside the range of dates", ms)
	}
	return time.UnixMilli(int64(ms)).UTC()
}
