package datasource

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
)

// tokens seals the key where a page ended into nextToken: who calls the API
// neither reads keys in it nor makes one up.
type tokens struct{ aead cipher.AEAD }

func newTokens(key [32]byte) (*tokens, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("the key of nextToken: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("the key of nextToken: %w", err)
	}
	return &tokens{aead}, nil
}

// seal is null for the last page. about is what the token is good for: table,
// index and operation.
func (t *tokens) seal(key json.RawMessage, about string) json.RawMessage {
	if len(key) == 0 {
		return null
	}
	return json.RawMessage(`"` + base64.RawURLEncoding.EncodeToString(t.aead.Seal(nil, nil, key, []byte(about))) + `"`)
}

func (t *tokens) open(token, about string) (json.RawMessage, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, errors.New("it is not base64")
	}
	key, err := t.aead.Open(nil, nil, sealed, []byte(about))
	if err != nil {
		return nil, errors.New("it was not given out here for this table, index and operation")
	}
	return key, nil
}
