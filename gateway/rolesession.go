package gateway

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// appsyncPrincipal is who assumes the roles of data sources.
const appsyncPrincipal = "appsync.amazonaws.com"

// roleSessions keeps the credentials of data sources' roles while they hold.
// Safe for concurrent use; a role that is gone is refused where it signs.
type roleSessions struct {
	mu    sync.Mutex
	roles map[string]aws.Credentials
}

// maxRoleSessions bounds what is kept; a template has fewer roles.
const maxRoleSessions = 1000

func (r *roleSessions) credentials(auth *identity.Authenticator) func(context.Context, string) (aws.Credentials, error) {
	return func(_ context.Context, role string) (aws.Credentials, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		if c, ok := r.roles[role]; ok && time.Until(c.Expires) > time.Minute {
			return c, nil
		}
		c, err := auth.AssumeRole(role, "APPSYNC_ASSUME_ROLE", time.Hour, nil)
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
	if g.o.NoLambdaPermissions {
		return nil
	}
	role := g.Spec().RoleByARN(roleARN)
	if role == nil || role.LogicalID == "" && len(role.Policies) == 0 {
		return nil
	}
	trusted, why := iam.EvaluateTrust(&iam.Named{Name: "AssumeRolePolicyDocument", Policy: role.Trust},
		&iam.Request{Principal: appsyncPrincipal, Action: "sts:AssumeRole", Resource: role.ARN})
	if trusted != iam.Allow {
		return fmt.Errorf("%s may not assume the role %s: %s", appsyncPrincipal, role.LogicalID, why.String())
	}
	held := &iam.Policies{Identity: namedPolicies(role.Policies)}
	if role.Boundary != nil {
		held.Boundary = &iam.Named{Name: role.Boundary.Name, Policy: role.Boundary.Document}
	}
	decision, why := iam.Evaluate(held, &iam.Request{Principal: role.ARN, Action: action, Resource: resource})
	if decision != iam.Allow {
		return fmt.Errorf("the role %s may not %s on %s: %s", role.LogicalID, action, resource, why.String())
	}
	return nil
}

func namedPolicies(policies []spec.Policy) []iam.Named {
	list := make([]iam.Named, len(policies))
	for i, p := range policies {
		list[i] = iam.Named{Name: p.Name, Policy: p.Document}
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
