package library

import (
	"math"

	"github.com/dop251/goja"
)

var mathFunctions = []function{
	{"roundNum", 1, roundNum},
	{"minVal", 2, minVal},
	{"maxVal", 2, maxVal},
	{"randomDouble", 0, randomDouble},
	{"randomWithinRange", 2, randomWithinRange},
}

// roundNum rounds halves up, as Java's and JavaScript's Math.round do.
func roundNum(l *library, a arguments) goja.Value {
	return l.vm.ToValue(roundHalfUp(a.number(0, "the number to round")))
}

func roundHalfUp(f float64) float64 {
	floor := math.Floor(f)
	if f-floor >= 0.5 {
		return floor + 1
	}
	return floor
}

func minVal(l *library, a arguments) goja.Value {
	return l.vm.ToValue(min(a.number(0, "the first number"), a.number(1, "the second number")))
}

func maxVal(l *library, a arguments) goja.Value {
	return l.vm.ToValue(max(a.number(0, "the first number"), a.number(1, "the second number")))
}

func randomDouble(l *library, _ arguments) goja.Value { return l.vm.ToValue(l.float()) }

// randomWithinRange gives an integer from start to end, both included.
func randomWithinRange(l *library, a arguments) goja.Value {
	start, end := math.Ceil(a.number(0, "start")), math.Floor(a.number(1, "end"))
	if end < start {
		l.throw("util.math.randomWithinRange: end %v is below start %v", end, start)
	}
	if end-start >= 1<<53 {
		l.throw("util.math.randomWithinRange: the range is wider than 2^53")
	}
	return l.vm.ToValue(start + math.Floor(l.float()*(end-start+1)))
}
