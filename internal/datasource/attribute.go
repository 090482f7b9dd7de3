package datasource

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// maxNesting is DynamoDB's limit of nested lists and maps, doubled: each level
// of a value is two of its JSON.
const maxNesting = 70

// plain writes an item of DynamoDB's JSON ({"id":{"S":"x"}}) as the plain
// object that handlers see (AppSync developer guide, "Type system (response
// mapping)"). The order of the attributes is kept.
func plain(item json.RawMessage) (json.RawMessage, error) {
	if len(item) == 0 || bytes.Equal(item, null) {
		return null, nil
	}
	d := json.NewDecoder(bytes.NewReader(item))
	d.UseNumber()
	var out bytes.Buffer
	if err := plainMap(d, &out, 0); err != nil {
		return nil, fmt.Errorf("DynamoDB's answer: %w", err)
	}
	return out.Bytes(), nil
}

// plainMap writes the object that begins at d: names and typed values.
func plainMap(d *json.Decoder, out *bytes.Buffer, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("an item is nested more than %d deep", maxNesting)
	}
	if err := expect(d, '{'); err != nil {
		return err
	}
	out.WriteByte('{')
	for first := true; d.More(); first = false {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if !first {
			out.WriteByte(',')
		}
		writeText(out, name)
		out.WriteByte(':')
		if err := plainValue(d, out, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return expect(d, '}')
}

// plainValue writes one typed value, such as {"N":"1"}.
func plainValue(d *json.Decoder, out *bytes.Buffer, depth int) error {
	if err := expect(d, '{'); err != nil {
		return err
	}
	kind, err := d.Token()
	if err != nil {
		return err
	}
	switch kind {
	case "M":
		err = plainMap(d, out, depth)
	case "L":
		err = plainList(d, out, depth)
	case "NULL":
		_, err = d.Token()
		out.WriteString("null")
	default:
		err = plainScalar(d, out, kind)
	}
	if err != nil {
		return err
	}
	return expect(d, '}')
}

func plainList(d *json.Decoder, out *bytes.Buffer, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("an item is nested more than %d deep", maxNesting)
	}
	if err := expect(d, '['); err != nil {
		return err
	}
	out.WriteByte('[')
	for first := true; d.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		if err := plainValue(d, out, depth+1); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return expect(d, ']')
}

// plainScalar writes texts, numbers, truth values, binary values (as the
// base64 text that they come in) and sets of them.
func plainScalar(d *json.Decoder, out *bytes.Buffer, kind json.Token) error {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return err
	}
	switch kind {
	case "S", "B", "BOOL", "SS", "BS":
		out.Write(raw)
		return nil
	case "N":
		var n json.Number
		if err := json.Unmarshal(raw, &n); err != nil || n == "" {
			return fmt.Errorf("%.40q is no number", raw)
		}
		out.WriteString(string(n))
		return nil
	case "NS":
		var list []json.Number
		if err := json.Unmarshal(raw, &list); err != nil {
			return fmt.Errorf("%.40q is no set of numbers", raw)
		}
		for i, n := range list {
			out.WriteByte("[,"[min(i, 1)])
			out.WriteString(string(n))
		}
		if len(list) == 0 {
			out.WriteByte('[')
		}
		out.WriteByte(']')
		return nil
	}
	return fmt.Errorf("%.20q is no type of an attribute", fmt.Sprint(kind))
}

func writeText(out *bytes.Buffer, token json.Token) {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	_ = e.Encode(token) // a text always encodes
	out.Truncate(out.Len() - 1)
}

func expect(d *json.Decoder, delim json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != delim {
		return fmt.Errorf("there is %.40v where %v should be", t, delim)
	}
	return nil
}
