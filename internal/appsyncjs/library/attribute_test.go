package library

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestAttributeValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		convert  func(json.RawMessage) (json.RawMessage, error)
		in, want string // want "" for an error
	}{
		{WireAttributeValue, `{"M":{"a":{"N":10},"b":{"NULL":null},"c":{"NS":[1,"2"]},"d":{"L":[{"S":"x"}]}}}`, `{"M":{"a":{"N":"10"},"b":{"NULL":true},"c":{"NS":["1","2"]},"d":{"L":[{"S":"x"}]}}}`},
		{WireAttributeValue, `{"M":{"b":{"N":12345678901234567890123},"a":{"S":"x\u0041"},"c":{"N":1.50e3}}}`, `{"M":{"b":{"N":"12345678901234567890123"},"a":{"S":"x\u0041"},"c":{"N":"1.50e3"}}}`},
		{WireAttributeValue, `{`, ``},
		{WireAttributeValue, strings.Repeat(`{"L":[`, 300) + strings.Repeat("]}", 300), ``},
		{FromAttributeValue, strings.Repeat(`{"L":[`, 300) + strings.Repeat("]}", 300), ``},
		{WireAttributeValue, `{"N":true}`, ``},
		{WireAttributeValue, `{"S":"a","N":1}`, ``},
		{WireAttributeValue, `{"X\"":"a"}`, ``},
		{WireAttributeValue, `"plain"`, ``},
		{FromAttributeValue, `{"M":{"a":{"N":"10"},"b":{"NULL":true},"c":{"NS":["1"]},"d":{"L":[{"S":"x"}]},"e":{"B":"AA=="},"f":{"BOOL":false},"g":{"SS":["s"]}}}`, `{"a":10,"b":null,"c":[1],"d":["x"],"e":"AA==","f":false,"g":["s"]}`},
		{FromAttributeValue, `{"N":"x"}`, ``},
		{FromAttributeValue, `{}`, ``},
	} {
		got, err := c.convert(json.RawMessage(c.in))
		if string(got) != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%.60s: got %s, %v", c.in, got, err)
		}
	}
}
