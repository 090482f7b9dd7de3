package appsyncjs

import (
	"errors"
	"math"
	"strconv"

	"github.com/dop251/goja"
)

// maxKeys bounds the keys that a runtime remembers.
const maxKeys = 512

// maxDepth bounds nesting of values that cross between Go and JavaScript.
const maxDepth = 400

var (
	errJSON     = errors.New("invalid JSON")
	errJSONDeep = errors.New("JSON is nested too deeply")
)

// decoder makes JavaScript values of JSON text (RFC 8259), several times faster
// than JSON.parse does.
type decoder struct {
	vm    *goja.Runtime
	lazy  *worker           // makes objects of canonical text; nil: the text may not be canonical
	keys  map[string]string // seen before, for fewer copies
	text  []byte
	pos   int
	depth int
}

// decode makes the value of a JSON document; null if there is none.
func (w *worker) decode(text []byte) (goja.Value, error) {
	if len(text) == 0 {
		return goja.Null(), nil
	}
	d := decoder{vm: w.vm, keys: w.keys, text: text}
	if isCanonical(text) {
		if text[0] == '{' {
			return w.newLazy(text, nil), nil
		}
		d.lazy = w
	}
	value, err := d.value()
	if d.next(); err == nil && d.pos != len(d.text) {
		err = errJSON
	}
	return value, err
}

// next skips white space and gives the byte that follows; 0 at the end.
func (d *decoder) next() byte {
	for ; d.pos < len(d.text); d.pos++ {
		switch c := d.text[d.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

func (d *decoder) value() (goja.Value, error) {
	switch d.next() {
	case '{':
		if d.lazy != nil {
			return d.lazyObject(), nil
		}
		return d.nested((*decoder).object)
	case '[':
		return d.nested((*decoder).array)
	case '"':
		return d.text16()
	case 't':
		return d.word("true", d.vm.ToValue(true))
	case 'f':
		return d.word("false", d.vm.ToValue(false))
	case 'n':
		return d.word("null", goja.Null())
	}
	return d.number()
}

// lazyObject makes an object of its text as it is.
func (d *decoder) lazyObject() goja.Value {
	start := d.pos
	d.pos = skipCanonical(d.text, start)
	return d.lazy.newLazy(d.text[start:d.pos:d.pos], nil)
}

func (d *decoder) nested(read func(*decoder) (goja.Value, error)) (goja.Value, error) {
	if d.depth++; d.depth > maxDepth {
		return nil, errJSONDeep
	}
	d.pos++
	value, err := read(d)
	d.depth--
	return value, err
}

func (d *decoder) word(word string, value goja.Value) (goja.Value, error) {
	end := d.pos + len(word)
	if end > len(d.text) || string(d.text[d.pos:end]) != word {
		return nil, errJSON
	}
	d.pos = end
	return value, nil
}

func (d *decoder) object() (goja.Value, error) {
	object := d.vm.NewObject()
	if d.next() == '}' {
		d.pos++
		return object, nil
	}
	for {
		if d.next() != '"' {
			return nil, errJSON
		}
		key, err := d.key()
		if err != nil {
			return nil, err
		}
		if d.next() != ':' {
			return nil, errJSON
		}
		d.pos++
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		if err := object.Set(key, value); err != nil {
			return nil, err
		}
		if done, err := d.separator('}'); done {
			return object, err
		}
	}
}

func (d *decoder) array() (goja.Value, error) {
	if d.next() == ']' {
		d.pos++
		return d.vm.NewArray(), nil
	}
	var items []any
	for {
		value, err := d.value()
		if err != nil {
			return nil, err
		}
		items = append(items, value)
		if done, err := d.separator(']'); err != nil {
			return nil, err
		} else if done {
			return d.vm.NewArray(items...), nil
		}
	}
}

// separator reads a comma, or the end of a list or an object.
func (d *decoder) separator(end byte) (done bool, err error) {
	c := d.next()
	d.pos++
	switch c {
	case ',':
		return false, nil
	case end:
		return true, nil
	}
	return true, errJSON
}

// number reads what RFC 8259 section 6 calls a number. Whole numbers beyond
// 2^53 lose precision as in JavaScript.
func (d *decoder) number() (goja.Value, error) {
	start := d.pos
	whole := d.scanNumber()
	text := d.text[start:d.pos]
	if len(text) == 0 {
		return nil, errJSON
	}
	if whole && len(text) <= 15 && text[0] != '-' {
		n := int64(0)
		for _, c := range text {
			n = n*10 + int64(c-'0')
		}
		return d.vm.ToValue(n), nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, errJSON
	}
	return d.vm.ToValue(f), nil
}

// scanNumber moves behind a number, or does not move.
func (d *decoder) scanNumber() (whole bool) {
	start, whole := d.pos, true
	if d.peek() == '-' {
		d.pos++
	}
	leading := d.peek()
	if n := d.digits(); n == 0 || n > 1 && leading == '0' {
		d.pos = start
		return false
	}
	if d.peek() == '.' {
		d.pos++
		if whole = false; d.digits() == 0 {
			d.pos = start
		}
	}
	if c := d.peek(); (c == 'e' || c == 'E') && d.pos > start {
		d.pos++
		if c := d.peek(); c == '+' || c == '-' {
			d.pos++
		}
		if whole = false; d.digits() == 0 {
			d.pos = start
		}
	}
	return whole
}

func (d *decoder) peek() byte {
	if d.pos < len(d.text) {
		return d.text[d.pos]
	}
	return 0
}

func (d *decoder) digits() (n int) {
	for ; d.peek() >= '0' && d.peek() <= '9'; d.pos++ {
		n++
	}
	return n
}
