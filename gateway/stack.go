package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
)

// StackFile is the name of the file in the state directory from which other
// commands learn what was served last.
const StackFile = "stack.json"

// Stack is what other commands need to know of a stack that was served.
type Stack struct {
	Template  string `json:"template"`
	StackName string `json:"stackName"`
	Region    string `json:"region"`
	Account   string `json:"account"`
	Partition string `json:"partition"`
	Roles     []Role `json:"roles"`
	// APIKeys are the keys of the served stages, in the template's order.
	APIKeys []string `json:"apiKeys,omitempty"`
}

// Role is a role of the template.
type Role struct {
	LogicalID string `json:"logicalId"`
	Name      string `json:"name"`
	ARN       string `json:"arn"`
}

// remember writes down what is served, for `tidewire env`.
func (g *Gateway) remember(s *spec.Spec) error {
	st := Stack{Template: g.path, StackName: s.StackName, Region: s.Region, Account: s.Account, Partition: s.Partition}
	for _, r := range s.Roles {
		if r.LogicalID == "" { // a function's, not the template's
			continue
		}
		st.Roles = append(st.Roles, Role{LogicalID: r.LogicalID, Name: r.Name, ARN: r.ARN})
	}
	for _, a := range g.APIs() {
		for _, key := range a.APIKeys {
			if !slices.Contains(st.APIKeys, key) {
				st.APIKeys = append(st.APIKeys, key)
			}
		}
	}
	data, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return fmt.Errorf("remembering the stack: %w", err)
	}
	return g.dir.WriteFile(StackFile, append(data, '\n'))
}

// localSession names the sessions that a person asks for.
const localSession = "tidewire"

// AssumeRole makes temporary credentials of a role of a stack that was served
// from dir, for d (at most 12 hours; 0 is one): what `tidewire env --role`
// prints. The running gateway looks the role and its policies up at use.
func AssumeRole(dir *state.Dir, st Stack, role string, d time.Duration) (aws.Credentials, error) {
	key, err := dir.SealingKey()
	if err != nil {
		return aws.Credentials{}, err
	}
	s := &spec.Spec{StackName: st.StackName, Region: st.Region, Account: st.Account, Partition: st.Partition}
	for _, r := range st.Roles {
		s.Roles = append(s.Roles, spec.Role{LogicalID: r.LogicalID, Name: r.Name, ARN: r.ARN})
	}
	auth, err := identity.New(identity.Options{Spec: s, SealingKey: key})
	if err != nil {
		return aws.Credentials{}, err
	}
	return auth.AssumeRole(role, localSession, d, nil)
}
