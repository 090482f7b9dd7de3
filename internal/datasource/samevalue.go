package datasource

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// sameItem compares two items, but for the attributes that are to be ignored.
func sameItem(a, b item, ignore []string) bool {
	ignored := make(map[string]bool, len(ignore))
	for _, name := range ignore {
		ignored[name] = true
	}
	for _, pair := range [][2]item{{a, b}, {b, a}} {
		for name, value := range pair[0] {
			if !ignored[name] && !sameValue(value, pair[1][name]) {
				return false
			}
		}
	}
	return true
}

// sameValue compares typed values whatever the spelling of numbers, the order in
// sets, and that of members.
func sameValue(a, b attribute) bool {
	return bytes.Equal(a, b) || len(a) > 0 && len(b) > 0 && bytes.Equal(canonical(a), canonical(b))
}

func canonical(v attribute) []byte {
	var decoded map[string]any
	if json.Unmarshal(v, &decoded) != nil {
		return v
	}
	text, err := json.Marshal(canonicalValue(decoded))
	if err != nil {
		return v
	}
	return text
}

// canonicalValue is a typed value in one spelling.
func canonicalValue(v any) any {
	typed, ok := v.(map[string]any)
	if !ok {
		return v
	}
	for kind, value := range typed { // there is one
		switch value := value.(type) {
		case string:
			if kind == "N" {
				typed[kind] = canonicalNumber(value)
			}
		case []any:
			for i := range value {
				value[i] = canonicalElement(kind, value[i])
			}
			if kind != "L" { // a set
				slices.SortFunc(value, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
		case map[string]any:
			for name := range value {
				value[name] = canonicalValue(value[name])
			}
		}
	}
	return typed
}

func canonicalElement(kind string, v any) any {
	if text, ok := v.(string); ok && kind == "NS" {
		return canonicalNumber(text)
	}
	return canonicalValue(v)
}

// canonicalNumber has neither a point nor zeros at its ends: -1.50 is -15e-1.
func canonicalNumber(text string) string {
	mantissa, power, _ := strings.Cut(strings.ToLower(text), "e")
	exponent, err := strconv.Atoi(cmp.Or(power, "0"))
	if err != nil {
		return text
	}
	whole, fraction, _ := strings.Cut(strings.TrimLeft(mantissa, "+-"), ".")
	digits := strings.TrimLeft(whole+fraction, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return "0"
	}
	if strings.HasPrefix(mantissa, "-") {
		short = "-" + short
	}
	return fmt.Sprintf("%se%d", short, exponent-len(fraction)+len(digits)-len(strings.TrimPrefix(short, "-")))
}
