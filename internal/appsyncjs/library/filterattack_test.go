package library

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestEmptyPartsOfSubscriptionFilters: a part that a client leaves empty does not
// take away the conditions beside it.
func TestEmptyPartsOfSubscriptionFilters(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	run(t, vm, recordedHelp)
	for _, empty := range []string{`{}`, `{a: {}}`, `{or: []}`, `{and: []}`, `{and: [{or: []}]}`, `{or: [{}]}`, `{or: [{a: {}}]}`, `{a: {}, or: [{b: {}}, {}]}`} {
		for _, call := range []string{
			`groups(` + empty + `, [], {owner: {eq: "ann"}})`,
			`groups({and: [` + empty + `, {owner: {eq: "ann"}}]})`,
			`groups({and: [{owner: {eq: "ann"}}, ` + empty + `]})`,
			`groups({owner: {eq: "ann"}, ...` + empty + `})`,
		} {
			var list []string
			if err := json.Unmarshal(encoded(t, vm, call), &list); err != nil || len(list) == 0 {
				t.Errorf("%s: %v, %v: the owner's condition is gone", call, list, err)
			}
			for _, group := range list {
				if !strings.Contains(group, `owner eq "ann"`) {
					t.Errorf("%s: the group %q is for everybody", call, group)
				}
			}
		}
	}
	if got, want := string(encoded(t, vm, `groups({a: {}, b: {eq: 1}})`)), `["b eq 1"]`; got != want {
		t.Errorf("a field without operators: %s, want %s", got, want)
	}
}

// TestUnreadableFiltersOfRequests: a filter or a condition that cannot be read
// fails the request, which would otherwise be made without it.
func TestUnreadableFiltersOfRequests(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	for _, part := range []string{`{t: {between: ["a"]}}`, `{t: {between: null}}`, `{t: {in: null}}`, `{t: {attributeExists: null}}`, `{t: null}`, `{and: null}`, `{or: [null]}`,
		`{not: null}`, `{t: {bogus: 1}}`, `[]`, `"x"`} {
		for _, request := range []string{`ddb.scan({filter: F})`, `ddb.sync({filter: F})`, `ddb.query({query: {id: {eq: "1"}}, filter: F})`,
			`ddb.put({key: {id: "1"}, item: {}, condition: F})`, `ddb.remove({key: {id: "1"}, condition: F})`, `ddb.update({key: {id: "1"}, update: {a: 1}, condition: F})`,
			`ddb.transactWrite({items: [{deleteItem: {table: "t", key: {id: "1"}, condition: F}}]})`} {
			for _, filter := range []string{part, `{and: [` + part + `, {owner: {eq: "ann"}}]}`} {
				code := strings.Replace(request, "F", filter, 1)
				if v, err := vm.RunString(code); err == nil || !strings.Contains(err.Error(), "TypeError") {
					t.Errorf("%s: %v, %v; want a TypeError", code, v, err)
				}
			}
		}
	}
	for _, code := range []string{`ddb.scan({filter: null})`, `ddb.scan({filter: undefined})`, `ddb.remove({key: {id: "1"}, condition: null})`} {
		if _, err := vm.RunString(code); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// TestKeysAreNames: a client's key becomes a name of an expression, never a part of
// it.
func TestKeysAreNames(t *testing.T) {
	t.Parallel()
	vm := testRuntime(t, &Host{})
	for _, key := range []string{`k[0] = :expValue_1, admin = :expValue_1, #expName_2[0]`, `k[0], secret, k[0]`, `k[0]x[1]`, `k[]`, `k[a]`, `k[0`, `k]`, `[0]`, `k[0][`, `k[0]]`, `k[[0]]`, `k[ 0]`, `k[-1]`} {
		for request, want := range map[string]string{
			`ddb.update({key: {id: "1"}, update: {profile: {[k]: 1}}}).update`: `{"expression":"SET #expName_1.#expName_2 = :expValue_1","expressionNames":{"#expName_1":"profile","#expName_2":K},"expressionValues":{":expValue_1":{"N":1}}}`,
			`ddb.scan({projection: [k]}).projection`:                           `{"expression":"#expName_1","expressionNames":{"#expName_1":K}}`,
		} {
			name, err := json.Marshal(key)
			if err != nil {
				t.Fatal(err)
			}
			want = strings.Replace(want, "K", string(name), 1)
			if got := string(encoded(t, vm, `(k => `+request+`)(`+string(name)+`)`)); got != want {
				t.Errorf("%s with %s\n got %s\nwant %s", request, name, got, want)
			}
		}
	}
	if got, want := string(encoded(t, vm, `ddb.scan({projection: ["a[0]", "b.c[10][2].d"]}).projection.expression`)), `"#expName_1[0], #expName_2.#expName_3[10][2].#expName_4"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
