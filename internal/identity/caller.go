package identity

import (
	"encoding/json"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

// Caller is who calls an AppSync API. It is immutable, but for what Identity
// keeps, and may be shared.
type Caller struct {
	Mode     string             // spec.ModeAPIKey and so on
	Provider *spec.AuthProvider // of the mode that admitted
	KeyID    string             // API_KEY: the key's logical id

	IAM *Identity // AWS_IAM

	// Of a token.
	Subject  string
	Issuer   string
	Username string   // Cognito
	Groups   []string // Cognito: cognito:groups; nil if the token has none
	Claims   json.RawMessage

	// ResolverContext is what a Lambda authorizer gave, for an Event API as
	// handlerContext: an object; nil if none was given.
	ResolverContext json.RawMessage

	SourceIPs []string
	// Expires is when the credential ends; zero if it does not say.
	Expires time.Time

	denied map[string]bool // AWS_LAMBDA: "Type.field"
	call   Call
	events bool // admitted to an Event API
}

// Identity is ctx.identity (AppSync developer guide, "Resolver context object
// reference", identity), a JSON value of the caller's own: null for an API key.
func (c *Caller) Identity() json.RawMessage {
	var v any
	switch c.Mode {
	case spec.ModeIAM:
		v = struct {
			AccountID string `json:"accountId"`
			cognitoIdentity
			SourceIP []string `json:"sourceIp"`
			UserARN  string   `json:"userArn"`
			Username string   `json:"username"`
		}{AccountID: c.IAM.Account, cognitoIdentity: c.IAM.Cognito.appSync(), SourceIP: c.SourceIPs, UserARN: c.IAM.ARN, Username: c.IAM.UserID}
	case spec.ModeCognito:
		v = struct {
			Claims          json.RawMessage `json:"claims"`
			DefaultStrategy string          `json:"defaultAuthStrategy"`
			Groups          []string        `json:"groups"`
			Issuer          string          `json:"issuer"`
			SourceIP        []string        `json:"sourceIp"`
			Sub             string          `json:"sub"`
			Username        string          `json:"username"`
		}{c.Claims, c.strategy(), c.Groups, c.Issuer, c.SourceIPs, c.Subject, c.Username}
	case spec.ModeOIDC:
		v = struct {
			Claims json.RawMessage `json:"claims"`
			Issuer string          `json:"issuer"`
			Sub    string          `json:"sub"`
		}{c.Claims, c.Issuer, c.Subject}
	case spec.ModeLambda:
		context := c.ResolverContext
		if context == nil {
			context = json.RawMessage("{}")
		}
		name := "resolverContext"
		if c.events {
			name = "handlerContext"
		}
		v = map[string]json.RawMessage{name: context}
	}
	text, err := json.Marshal(v)
	if err != nil { // claims and context are valid JSON
		return json.RawMessage("null")
	}
	return text
}

// strategy is defaultAuthStrategy: what the pool's DefaultAction says.
func (c *Caller) strategy() string {
	if c.Provider != nil && c.Provider.Pool != nil && c.Provider.Pool.DefaultAction != "" {
		return c.Provider.Pool.DefaultAction
	}
	return "ALLOW"
}

// AuthType is what util.authType() answers.
func (c *Caller) AuthType() string {
	switch c.Mode {
	case spec.ModeIAM:
		return "IAM Authorization"
	case spec.ModeCognito:
		return "User Pool Authorization"
	case spec.ModeOIDC:
		return "Open ID Connect Authorization"
	case spec.ModeAPIKey:
		return "API Key Authorization"
	case spec.ModeLambda:
		return "Lambda Authorization"
	}
	return ""
}
