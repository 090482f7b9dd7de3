package appsyncjs

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// plain reads a string without escapes; ok is false, and nothing read, if there
// are some.
func (d *decoder) plain() (text []byte, ok bool, err error) {
	for i := d.pos + 1; i < len(d.text); i++ {
		switch c := d.text[i]; {
		case c == '"':
			text = d.text[d.pos+1 : i]
			d.pos = i + 1
			return text, true, nil
		case c == '\\':
			return nil, false, nil
		case c < ' ':
			return nil, false, errJSON
		}
	}
	return nil, false, errJSON
}

// key reads a key of an object.
func (d *decoder) key() (string, error) {
	text, ok, err := d.plain()
	if err != nil {
		return "", err
	}
	if !ok {
		units, err := d.escaped()
		return string(utf16.Decode(units)), err
	}
	if key, ok := d.keys[string(text)]; ok {
		return key, nil
	}
	key := string(text)
	if len(d.keys) < maxKeys && len(key) < 64 {
		d.keys[key] = key
	}
	return key, nil
}

// text16 reads a string for JavaScript, which keeps lone surrogates.
func (d *decoder) text16() (goja.Value, error) {
	text, ok, err := d.plain()
	if err != nil {
		return nil, err
	}
	if ok {
		return d.vm.ToValue(string(text)), nil
	}
	units, err := d.escaped()
	if err != nil {
		return nil, err
	}
	return goja.StringFromUTF16(units), nil
}

// escaped reads a string with escapes as UTF-16.
func (d *decoder) escaped() ([]uint16, error) {
	var units []uint16
	for d.pos++; d.pos < len(d.text); {
		switch c := d.text[d.pos]; {
		case c == '"':
			d.pos++
			return units, nil
		case c == '\\':
			unit, ok := d.escape()
			if !ok {
				return nil, errJSON
			}
			units = append(units, unit)
		case c < ' ':
			return nil, errJSON
		default:
			r, size := utf8.DecodeRune(d.text[d.pos:])
			units = utf16.AppendRune(units, r)
			d.pos += size
		}
	}
	return nil, errJSON
}

// escape reads what follows a backslash.
func (d *decoder) escape() (uint16, bool) {
	d.pos++
	c := d.peek()
	d.pos++
	switch c {
	case '"', '\\', '/':
		return uint16(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		if d.pos+4 > len(d.text) {
			return 0, false
		}
		n, err := strconv.ParseUint(string(d.text[d.pos:d.pos+4]), 16, 16)
		d.pos += 4
		return uint16(n), err == nil
	}
	return 0, false
}
