package appsyncjs

import (
	"strconv"

	"github.com/dop251/goja"
)

// constants are the exports of modules that a runtime ran for good.
type constants map[*Module]goja.Value

// maxConstants bounds them: when there are more, all run again.
const maxConstants = 1024

// exports runs the top level of a module, unless it is constant and ran before.
func (w *worker) exports(m *Module) (goja.Value, error) {
	if exports := w.constants[m]; exports != nil {
		return exports, nil
	}
	exports, err := w.vm.RunProgram(m.program)
	if err != nil || !m.constant {
		return exports, err
	}
	if err := w.freezeFunctions(exports); err != nil {
		return nil, err
	}
	if len(w.constants) >= maxConstants {
		clear(w.constants)
	}
	w.constants[m] = exports
	return exports, nil
}

// freezeFunctions freezes the functions of a module's top level.
func (w *worker) freezeFunctions(exports goja.Value) error {
	list := exports.ToObject(w.vm).Get(ownFunctions).ToObject(w.vm)
	for i := range w.length(list) {
		f := list.Get(strconv.Itoa(i)).ToObject(w.vm)
		if prototype, ok := f.Get("prototype").(*goja.Object); ok {
			if _, err := w.freeze(goja.Undefined(), prototype); err != nil {
				return err
			}
		}
		if _, err := w.freeze(goja.Undefined(), f); err != nil {
			return err
		}
	}
	return nil
}
