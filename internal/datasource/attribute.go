package datasource

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tidewire/tidewire/internal/appsyncjs/library"
)

// attribute is one typed value, as DynamoDB has it: {"N":"1"}. What documents
// have ({"N":1}) is turned into that when it is read.
type attribute json.RawMessage

// UnmarshalJSON reads a typed value of either kind.
func (a *attribute) UnmarshalJSON(b []byte) error {
	wire, err := library.WireAttributeValue(b)
	*a = attribute(wire)
	return err
}

// MarshalJSON is the value.
func (a attribute) MarshalJSON() ([]byte, error) { return a, nil }

// plain writes an item of DynamoDB's JSON ({"id":{"S":"x"}}) as the plain
// object that handlers see (AppSync developer guide, "Type system (response
// mapping)"). The order of the attributes is kept.
func plain(item json.RawMessage) (json.RawMessage, error) {
	if len(item) == 0 || bytes.Equal(item, null) {
		return null, nil
	}
	value, err := library.FromAttributeValue(append(append([]byte(`{"M":`), item...), '}'))
	if err != nil {
		return nil, fmt.Errorf("DynamoDB's answer: %w", err)
	}
	return value, nil
}
