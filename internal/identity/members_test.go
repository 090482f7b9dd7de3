package identity

import (
	"encoding/json"
	"testing"
)

func TestMembers(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`{}`: `{}`, `null`: `{}`, `{"c":1}`: `{}`, `{"a":1}`: `{"a":1}`, `{"b":[ ], "a":{"b":2}}`: `{"a":{"b":2},"b":[ ]}`, `{"a":1,"a":2}`: `{"a":2}`,
		`{"A":1,"B":2}`: `{}`, `{"a":1,"A":2}`: `{"a":1}`, `{"\u0061":"}"}`: `{"a":"}"}`, ` {"a" : null } `: `{"a":null}`,
		``: ``, `[]`: ``, `"a"`: ``, `{"a":1}{}`: ``, `{"a":1`: ``,
	} {
		got, err := members([]byte(object), "a", "b")
		if string(got) != want || (err == nil) != (want != "") || err == nil && !json.Valid(got) {
			t.Errorf("%s: %s, %v, want %s", object, got, err, want)
		}
	}
}
