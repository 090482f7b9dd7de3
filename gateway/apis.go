package gateway

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/spec"
)

// Kinds of APIs.
const (
	KindWebSocket = "websocket"
	KindGraphQL   = "graphql"
	KindEvents    = "events"
)

// API is one served API, or one stage of a WebSocket API.
type API struct {
	Kind      string // KindWebSocket, KindGraphQL or KindEvents
	LogicalID string
	ID        string
	Stage     string // of a WebSocket API
	URL       string // ws:// or http://; empty when only TLS is answered
	SecureURL string // wss:// or https://
	// RealtimeURL and SecureRealtimeURL are the WebSocket's, ws:// and wss://,
	// of an API of AppSync.
	RealtimeURL, SecureRealtimeURL string
	// Auth is of a WebSocket API "NONE" or "AWS_IAM", with "+API_KEY" where a
	// key is asked too.
	Auth string
	// Modes are the authorization modes of an API of AppSync; of a GraphQL API
	// the default one comes first.
	Modes   []string
	APIKeys []string
}

// MarshalJSON writes the members that the kind has, in lower camel case;
// "auth" is Auth of a WebSocket API and Modes of another.
func (a API) MarshalJSON() ([]byte, error) {
	auth := any(a.Modes)
	if a.Kind == KindWebSocket {
		auth = a.Auth
	}
	return json.Marshal(struct {
		Kind      string   `json:"kind"`
		LogicalID string   `json:"logicalId"`
		ID        string   `json:"id"`
		Stage     string   `json:"stage,omitempty"`
		URL       string   `json:"url"`
		SecureURL string   `json:"secureUrl"`
		Realtime  string   `json:"realtimeUrl,omitempty"`
		SecureRT  string   `json:"secureRealtimeUrl,omitempty"`
		Auth      any      `json:"auth"`
		APIKeys   []string `json:"apiKeys,omitempty"`
	}{a.Kind, a.LogicalID, a.ID, a.Stage, a.URL, a.SecureURL, a.RealtimeURL, a.SecureRealtimeURL, auth, a.APIKeys})
}

// APIs lists what is served now: one entry for each stage of the WebSocket
// APIs, then one for each GraphQL and Event API.
func (g *Gateway) APIs() []API {
	s := g.Spec()
	list := []API{}
	for i := range s.WebSocketAPIs {
		a := &s.WebSocketAPIs[i]
		for j := range a.Stages {
			list = append(list, g.describe(s, a, a.Stages[j].Name))
		}
	}
	for i := range s.GraphQLAPIs {
		a := &s.GraphQLAPIs[i]
		list = append(list, g.describeAppSync(API{Kind: KindGraphQL, LogicalID: a.LogicalID, ID: a.ID}, "/graphql", len(s.GraphQLAPIs) > 1, a.Auth, a.Keys))
	}
	for i := range s.EventsAPIs {
		a := &s.EventsAPIs[i]
		list = append(list, g.describeAppSync(API{Kind: KindEvents, LogicalID: a.LogicalID, ID: a.ID}, "/event", len(s.EventsAPIs) > 1, a.Auth, a.Keys))
	}
	return list
}

// describeAppSync describes an API of AppSync. path is its kind's; several says
// that there are others of the kind.
func (g *Gateway) describeAppSync(d API, path string, several bool, auth []spec.AuthProvider, keys []spec.GraphQLKey) API {
	at := g.clientAddr() + path
	if several {
		at = g.clientAddr() + "/" + d.ID + path
	}
	d.SecureURL, d.SecureRealtimeURL = "https://"+at, "wss://"+at+"/realtime"
	if g.answersPlain() {
		d.URL, d.RealtimeURL = "http://"+at, "ws://"+at+"/realtime"
	}
	for i := range auth {
		if mode := auth[i].Mode; !slices.Contains(d.Modes, mode) {
			d.Modes = append(d.Modes, mode)
		}
	}
	if slices.Contains(d.Modes, spec.ModeAPIKey) {
		for _, k := range keys {
			d.APIKeys = append(d.APIKeys, k.Value)
		}
	}
	return d
}

// answersPlain tells whether connections without TLS are answered.
func (g *Gateway) answersPlain() bool { return g.o.Plain || isLoopback(hostOnly(g.Addr())) }

func (g *Gateway) describe(s *spec.Spec, a *spec.WebSocketAPI, stage string) API {
	at := g.apiAddr(a) + "/" + stage
	if reserved[stage] && len(s.WebSocketAPIs) == 1 {
		at = g.clientAddr() + "/" + a.ID + "/" + stage
	}
	d := API{Kind: KindWebSocket, LogicalID: a.LogicalID, ID: a.ID, Stage: stage, URL: "ws://" + at, SecureURL: "wss://" + at, Auth: spec.AuthNone}
	if !g.answersPlain() {
		d.URL = ""
	}
	if r := a.Route("$connect"); r != nil {
		if r.Authorization != "" {
			d.Auth = r.Authorization
		}
		if r.APIKeyRequired {
			d.Auth += "+API_KEY"
			d.APIKeys = planKeys(s, a.ID, stage)
		}
	}
	return d
}

// planKeys are the values of the API keys whose usage plan holds the stage.
func planKeys(s *spec.Spec, apiID, stage string) []string {
	var values []string
	for _, p := range s.UsagePlans {
		if !holds(p, apiID, stage) {
			continue
		}
		for _, id := range p.KeyIDs {
			for _, k := range s.APIKeys {
				if k.ID == id && k.Enabled {
					values = append(values, k.Value)
				}
			}
		}
	}
	return values
}

func holds(p spec.UsagePlan, apiID, stage string) bool {
	for _, st := range p.Stages {
		if st.APIID == apiID && st.Stage == stage {
			return true
		}
	}
	return false
}

// Credentials are the local developer's: long-term keys with which every
// action of this gateway's APIs is allowed.
func (g *Gateway) Credentials() aws.Credentials {
	return aws.Credentials{AccessKeyID: g.developer.AccessKeyID, SecretAccessKey: g.developer.SecretAccessKey, Source: "tidewire local developer"}
}

// RoleCredentials are temporary credentials of one of the template's roles,
// by logical id, name or ARN, for d (at most 12 hours; 0 is one).
func (g *Gateway) RoleCredentials(role string, d time.Duration) (aws.Credentials, error) {
	return g.auth.AssumeRole(role, localSession, d, nil)
}

// CAFile is the path of the local certificate authority's certificate, for
// clients of the secure URLs.
func (g *Gateway) CAFile() string { return g.ca.CertFile() }

// Database says where the functions' DynamoDB is and what runs it; empty
// strings without one.
func (g *Gateway) Database() (endpoint, engine string) {
	d := g.database.Load()
	if d == nil {
		return "", ""
	}
	return g.databaseEndpoint(d), d.Engine()
}
