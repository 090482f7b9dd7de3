package library

import "github.com/dop251/goja"

var runtimeFunctions = []function{{"earlyReturn", 2, earlyReturn}}

func earlyReturn(l *library, a arguments) goja.Value {
	skipTo := ""
	if o := a.plain(1); o != nil {
		skipTo = l.text(o.Get("skipTo"))
	}
	if skipTo != "" && skipTo != "END" && skipTo != "NEXT" {
		l.throw("runtime.earlyReturn: skipTo must be END or NEXT, not %q", skipTo)
	}
	if l.host.Early != nil {
		l.host.Early(a.at(0), skipTo)
	}
	return goja.Undefined()
}

var consoleFunctions = []function{
	{"log", 0, func(l *library, a arguments) goja.Value { return l.log("INFO", a) }},
	{"error", 0, func(l *library, a arguments) goja.Value { return l.log("ERROR", a) }},
}

// log joins the arguments with blanks, each as JSON (a string in quotes too), as
// AppSync's logs show them.
func (l *library) log(level string, a arguments) goja.Value {
	if l.host.Log == nil {
		return goja.Undefined()
	}
	var line []byte
	for i, v := range a.values {
		if i > 0 {
			line = append(line, ' ')
		}
		line = l.appendJSON(line, v, 0)
	}
	l.host.Log(level, string(line))
	return goja.Undefined()
}
