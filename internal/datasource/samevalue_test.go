package datasource

import (
	"encoding/json"
	"testing"
)

// TestSameValue: DynamoDB gives numbers and sets back in another spelling than it
// was given them.
func TestSameValue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"N":"1"}`, `{"N":"1"}`, true}, {`{"N":"1e21"}`, `{"N":"1000000000000000000000"}`, true}, {`{"N":"1.50"}`, `{"N":"1.5"}`, true}, {`{"N":"-0.0"}`, `{"N":"0"}`, true},
		{`{"N":"0.0012"}`, `{"N":"1.2E-3"}`, true}, {`{"N":"+10"}`, `{"N":"1e+1"}`, true}, {`{"N":"1"}`, `{"N":"-1"}`, false}, {`{"N":"1"}`, `{"N":"10"}`, false},
		{`{"N":"12"}`, `{"N":"1.2"}`, false}, {`{"N":"1e999999999999999999999"}`, `{"N":"1e9999999999999999999999"}`, false}, {`{"N":"1"}`, `{"S":"1"}`, false}, {`{"S":"1.0"}`, `{"S":"1"}`, false},
		{`{"NS":["1","2"]}`, `{"NS":["2.0","1"]}`, true}, {`{"SS":["a","b"]}`, `{"SS":["b","a"]}`, true}, {`{"SS":["a"]}`, `{"SS":["a","b"]}`, false}, {`{"SS":["a"]}`, `{"BS":["a"]}`, false},
		{`{"L":[{"S":"a"},{"S":"b"}]}`, `{"L":[{"S":"b"},{"S":"a"}]}`, false}, {`{"L":[{"N":"1.0"}]}`, `{"L":[{"N":"1"}]}`, true},
		{`{"M":{"a":{"N":"1"},"b":{"NULL":true}}}`, `{"M":{"b":{"NULL":true},"a":{"N":"1.0"}}}`, true}, {`{"M":{"a":{"S":"1"}}}`, `{"M":{"b":{"S":"1"}}}`, false},
		{`{"M":{"N":{"S":"1.0"}}}`, `{"M":{"N":{"S":"1"}}}`, false}, {`{"BOOL":true}`, `{"BOOL":false}`, false},
	} {
		for _, pair := range [][2]string{{tt.a, tt.b}, {tt.b, tt.a}} {
			if got := sameValue(attribute(pair[0]), attribute(pair[1])); got != tt.want {
				t.Errorf("%s and %s: %v", pair[0], pair[1], got)
			}
		}
	}
	if sameValue(nil, attribute(`{"NULL":true}`)) || sameValue(attribute(`{"S":"a"}`), nil) {
		t.Error("what is absent is the same as something")
	}
	if got := inOrder([]item{{"id": attribute(`{"N":"1e21"}`)}}, []json.RawMessage{json.RawMessage(`{"id":{"N":"1000000000000000000000"}}`)}); got[0] == nil {
		t.Error("an item is not found by its key")
	}
}
