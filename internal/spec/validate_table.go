package spec

import "fmt"

// tables checks what DynamoDB checks when it creates a table (DynamoDB API
// reference, "CreateTable").
func (v *validator) tables() {
	for i := range v.s.Tables {
		t := &v.s.Tables[i]
		v.enter(t.At, t.LogicalID, "Tables[%d]", i)
		v.check(consists(t.Name, "-_.") && len(t.Name) >= 3 && len(t.Name) <= 255, "Name", "a table's name is 3 to 255 letters, digits, -, _ and .", "")
		v.unique("table name", t.Name, "Name")
		v.check(oneOf(t.StreamView, "", "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"), "StreamView", "unknown view of a stream", "NEW_AND_OLD_IMAGES")
		used := map[string]bool{}
		v.keySchema(t, "Keys", t.Keys, used)
		for j, x := range t.Global {
			v.index(t, fmt.Sprintf("Global[%d]", j), x, used)
		}
		for j, x := range t.Local {
			v.index(t, fmt.Sprintf("Local[%d]", j), x, used)
			same := len(t.Keys) == 2 && len(x.Keys) == 2 && x.Keys[0] == t.Keys[0]
			v.check(same, fmt.Sprintf("Local[%d].Keys", j), "a local index has the table's HASH key and a RANGE key of its own, and the table has a RANGE key", "")
		}
		v.attributes(t, used)
	}
}

func (v *validator) keySchema(t *Table, field string, keys []Key, used map[string]bool) {
	good := len(keys) == 1 && keys[0].Type == "HASH" || len(keys) == 2 && keys[0].Type == "HASH" && keys[1].Type == "RANGE"
	v.check(good, field, "a key schema is a HASH key, and at most one RANGE key after it", "KeySchema: [{AttributeName: id, KeyType: HASH}]")
	for _, k := range keys {
		used[k.Name] = true
		v.check(t.attribute(k.Name) != nil, field, "the key "+k.Name+" is not among the attributes", "add it to AttributeDefinitions")
	}
}

func (t *Table) attribute(name string) *Attribute {
	for i := range t.Attributes {
		if t.Attributes[i].Name == name {
			return &t.Attributes[i]
		}
	}
	return nil
}

func (v *validator) attributes(t *Table, used map[string]bool) {
	for i, a := range t.Attributes {
		field := fmt.Sprintf("Attributes[%d]", i)
		v.check(oneOf(a.Type, "S", "N", "B"), field+".Type", "the type of the attribute "+a.Name+" is S, N or B", "")
		v.check(used[a.Name], field, "the attribute "+a.Name+" is in no key schema", "DynamoDB takes key attributes only: remove it")
		v.check(t.attribute(a.Name) == &t.Attributes[i], field, "the attribute "+a.Name+" is defined twice", "")
	}
}

func (v *validator) index(t *Table, field string, x Index, used map[string]bool) {
	v.check(consists(x.Name, "-_.") && len(x.Name) >= 3, field+".Name", "an index's name is 3 to 255 letters, digits, -, _ and .", "")
	v.keySchema(t, field+".Keys", x.Keys, used)
	v.check(oneOf(x.Projection, "ALL", "KEYS_ONLY", "INCLUDE"), field+".Projection", "a projection is ALL, KEYS_ONLY or INCLUDE", "")
	v.check((x.Projection == "INCLUDE") == (len(x.NonKey) > 0), field+".Projection", "INCLUDE, and nothing else, names non-key attributes", "")
	v.unique("index name", t.Name+"/"+x.Name, field+".Name")
}
