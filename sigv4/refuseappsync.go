package sigv4

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// AppSync is the refusal as AppSync answers it over HTTP: a copy with AppSync's
// Code, Status and Message. Without any signature it is 401
// UnauthorizedException; the others keep type, text and status. (AppSync
// developer guide, "Security"; the shapes are those of recorded answers.)
func (e *RefusedError) AppSync() *RefusedError {
	c := *e
	if e.Code == missingToken {
		c.Code, c.Status, c.Message = "UnauthorizedException", http.StatusUnauthorized, "Valid authorization header not provided."
	}
	return &c
}

// GraphQLBody is the JSON body of an AppSync refusal:
// {"errors":[{"errorType":…,"message":…}]}.
func (e *RefusedError) GraphQLBody() []byte {
	type graphQLError struct {
		Type    string `json:"errorType"`
		Message string `json:"message"`
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(map[string][]graphQLError{"errors": {{e.Code, e.Message}}}) // strings always encode
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
