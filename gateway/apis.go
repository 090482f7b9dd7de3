package gateway

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/spec"
)

// API is one served stage of an API.
type API struct {
	Kind      string   `json:"kind"` // "websocket"
	LogicalID string   `json:"logicalId"`
	ID        string   `json:"id"`
	Stage     string   `json:"stage"`
	URL       string   `json:"url"`       // ws://…; empty when only TLS is answered
	SecureURL string   `json:"secureUrl"` // wss://…
	Auth      string   `json:"auth"`      // "NONE", "AWS_IAM", with "+API_KEY" where a key is asked too
	APIKeys   []string `json:"apiKeys,omitempty"`
}

// APIs lists what is served now: one entry for each stage.
func (g *Gateway) APIs() []API {
	s := g.Spec()
	list := []API{}
	for i := range s.WebSocketAPIs {
		a := &s.WebSocketAPIs[i]
		for j := range a.Stages {
			list = append(list, g.describe(s, a, a.Stages[j].Name))
		}
	}
	return list
}

func (g *Gateway) describe(s *spec.Spec, a *spec.WebSocketAPI, stage string) API {
	at := g.apiAddr(a) + "/" + stage
	if reserved[stage] && len(s.WebSocketAPIs) == 1 {
		at = g.clientAddr() + "/" + a.ID + "/" + stage
	}
	d := API{Kind: "websocket", LogicalID: a.LogicalID, ID: a.ID, Stage: stage, URL: "ws://" + at, SecureURL: "wss://" + at, Auth: spec.AuthNone}
	if !g.o.Plain && !isLoopback(hostOnly(g.Addr())) {
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
