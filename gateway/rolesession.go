package gateway

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// Who assumes the roles of data sources, and what its sessions are called.
const (
	appsyncPrincipal = "appsync.amazonaws.com"
	appsyncSession   = "APPSYNC_ASSUME_ROLE"
)

// roleSessions keeps the credentials of data sources' roles while they hold.
// Safe for concurrent use; a role that is gone is refused where it signs.
type roleSessions struct {
	mu    sync.Mutex
	roles map[string]aws.Credentials
}

// maxRoleSessions bounds what is kept; a template has fewer roles.
const maxRoleSessions = 1000

func (r *roleSessions) credentials(auth *identity.Authenticator, now func() time.Time) func(context.Context, string) (aws.Credentials, error) {
	return func(_ context.Context, role string) (aws.Credentials, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if c, ok := r.roles[role]; ok && c.Expires.Sub(now()) > time.Minute {
			return c, nil
		}
		c, err := auth.AssumeRole(role, appsyncSession, time.Hour, nil)
		if err != nil {
			return aws.Credentials{}, err
		}
		if r.roles == nil || len(r.roles) >= maxRoleSessions {
			r.roles = map[string]aws.Credentials{}
		}
		r.roles[role] = c
		return c, nil
	}
}

// mayRole says whether AppSync may assume a data source's role, and whether the
// role may do what the data source is about to do. A role that the template
// does not have cannot be judged, and may.
func (g *Gateway) mayRole(roleARN, action, resource string) error {
	s := g.Spec()
	role := s.RoleByARN(roleARN)
	if g.o.NoLambdaPermissions || role == nil || role.LogicalID == "" && len(role.Policies) == 0 {
		return nil
	}
	now := g.o.Now()
	for _, keys := range sourceKeys(s, roleARN) {
		err := identity.MayAssume(s, role, &identity.Assumption{Who: appsyncPrincipal, Action: "sts:AssumeRole", Session: appsyncSession, Keys: keys}, now)
		if err != nil {
			return err
		}
	}
	return identity.RoleMay(s, role, appsyncSession, &identity.Call{Action: action, Resource: resource, Secure: true}, now)
}

// sourceKeys are the condition keys by which AppSync says for which API it
// assumes a role (IAM user guide, "The confused deputy problem"). Who asks does
// not say which API it is: a role of several must trust each.
func sourceKeys(s *spec.Spec, roleARN string) []iam.Context {
	var list []iam.Context
	add := func(api string, sources []spec.DataSource) {
		if slices.ContainsFunc(sources, func(d spec.DataSource) bool { return d.RoleARN == roleARN }) {
			list = append(list, iam.Context{"aws:sourceaccount": {s.Account}, "aws:sourcearn": {api}})
		}
	}
	for i := range s.GraphQLAPIs {
		add(s.GraphQLAPIs[i].ARN, s.GraphQLAPIs[i].DataSources)
	}
	for i := range s.EventsAPIs {
		add(s.EventsAPIs[i].ARN, s.EventsAPIs[i].DataSources)
	}
	if list == nil { // a reload took the API away
		list = []iam.Context{{"aws:sourceaccount": {s.Account}}}
	}
	return list
}

// dynamoDB is where data sources find DynamoDB: the engine that the gateway
// started, or the endpoint that the operator gave.
func (g *Gateway) dynamoDB() (endpoint string, client *http.Client) {
	if d := g.database.Load(); d != nil {
		return strings.TrimSuffix(d.Endpoint(), "/") + "/", &http.Client{Transport: d.Transport()}
	}
	if url := g.o.Endpoints["dynamodb"]; url != "" {
		return strings.TrimSuffix(url, "/") + "/", http.DefaultClient
	}
	return "", nil
}

// tokenKey derives the key of nextToken: the sealing key is for session tokens
// and nothing else.
func tokenKey(sealing [32]byte) (key [32]byte) {
	derived, err := hkdf.Key(sha256.New, sealing[:], nil, "tidewire nextToken", len(key))
	if err == nil { // the lengths are right
		copy(key[:], derived)
	}
	return key
}
