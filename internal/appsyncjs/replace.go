package appsyncjs

import (
	"strings"

	"github.com/dop251/goja"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

// replace is String.prototype.replace and replaceAll: in AppSync they take a Java
// regular expression and a replacement with $1 or ${name}, as
// java.lang.String.replaceFirst and replaceAll do.
func (w *worker) replace(call goja.FunctionCall, all bool) goja.Value {
	if isAbsent(call.This) {
		panic(w.vm.NewTypeError("replace is called on null or undefined"))
	}
	if _, ok := goja.AssertFunction(call.Argument(1)); ok {
		panic(w.vm.NewTypeError("replace takes no function"))
	}
	text, pattern, with := call.This.String(), call.Argument(0).String(), call.Argument(1).String()
	out, err := w.replaced(text, pattern, with, all)
	if err != nil {
		panic(w.vm.NewTypeError("replace: " + err.Error()))
	}
	return w.vm.ToValue(out)
}

func (w *worker) replaced(text, pattern, with string, all bool) (string, error) {
	if strings.ContainsAny(pattern, `\[](){}.*+?^$|`) || strings.ContainsAny(with, `\$`) {
		java, err := library.CompilePattern(pattern)
		if err != nil {
			return "", err
		}
		return java.Replace(text, with, all, w.grow)
	}
	if !all {
		return strings.Replace(text, pattern, with, 1), nil
	}
	w.grow(len(text) + strings.Count(text, pattern)*len(with))
	return strings.ReplaceAll(text, pattern, with), nil
}
