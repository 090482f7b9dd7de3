package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
	"github.com/tidewire/tidewire/sigv4"
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
	Users     []User `json:"users,omitempty"`
	// APIKeys are the keys of the served APIs, in the template's order.
	APIKeys []string `json:"apiKeys,omitempty"`
	// AppSync are the APIs of AppSync.
	AppSync []AppSyncAPI `json:"appsync,omitempty"`
}

// AppSyncAPI is what a client needs to know of an API of AppSync.
type AppSyncAPI struct {
	Kind      string   `json:"kind"`
	LogicalID string   `json:"logicalId"`
	ID        string   `json:"id"`
	Path      string   `json:"path"`  // where it answers at the gateway's own address
	Modes     []string `json:"modes"` // the default one first
	APIKeys   []string `json:"apiKeys,omitempty"`
}

// API finds the API of AppSync at a path of the gateway's own address, or by a
// host name that begins with its id; nil if there is none.
func (st *Stack) API(host, path string) *AppSyncAPI {
	for i := range st.AppSync {
		if a := &st.AppSync[i]; a.Path == path || strings.HasPrefix(host, a.ID+".") {
			return a
		}
	}
	return nil
}

// Role is a role of the template.
type Role struct {
	LogicalID string `json:"logicalId"`
	Name      string `json:"name"`
	ARN       string `json:"arn"`
}

// User is a user of the template. The secrets of the keys are in the state
// directory, by the keys' logical ids.
type User struct {
	LogicalID string   `json:"logicalId"`
	Name      string   `json:"name"`
	ARN       string   `json:"arn"`
	Keys      []string `json:"keys,omitempty"` // logical ids of active access keys
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
	for _, u := range s.Users {
		user := User{LogicalID: u.LogicalID, Name: u.Name, ARN: u.ARN}
		for _, k := range u.AccessKeys {
			if k.Active {
				user.Keys = append(user.Keys, k.LogicalID)
			}
		}
		st.Users = append(st.Users, user)
	}
	for _, a := range g.APIs() {
		if a.Kind != KindWebSocket {
			path := a.SecureURL[strings.LastIndex(a.SecureURL, g.clientAddr())+len(g.clientAddr()):]
			st.AppSync = append(st.AppSync, AppSyncAPI{Kind: a.Kind, LogicalID: a.LogicalID, ID: a.ID, Path: path, Modes: a.Modes, APIKeys: a.APIKeys})
		}
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
	auth, err := st.authenticator(dir)
	if err != nil {
		return aws.Credentials{}, err
	}
	return auth.AssumeRole(role, localSession, d, nil)
}

// Keys looks up the secrets that a gateway served from dir knows: the local
// developer's, those of the template's users, and those of role sessions.
func Keys(dir *state.Dir, st Stack) (sigv4.Key, error) {
	auth, err := st.authenticator(dir)
	if err != nil {
		return nil, err
	}
	return auth.Key, nil
}

// UserCredentials are the long-term keys of a user of the template, by logical
// id or name: the first active ones.
func UserCredentials(dir *state.Dir, st Stack, user string) (aws.Credentials, error) {
	for _, u := range st.Users {
		if u.LogicalID != user && u.Name != user {
			continue
		}
		if len(u.Keys) == 0 {
			return aws.Credentials{}, fmt.Errorf("the user %s has no active AWS::IAM::AccessKey", user)
		}
		k, err := accessKey(dir, u.Keys[0])
		return aws.Credentials{AccessKeyID: k.ID, SecretAccessKey: k.Secret}, err
	}
	return aws.Credentials{}, fmt.Errorf("the template has no user %s", user)
}

func accessKey(dir *state.Dir, logicalID string) (spec.AccessKey, error) {
	id, err := dir.Secret(state.KindAccessKeyID, logicalID)
	if err != nil {
		return spec.AccessKey{}, err
	}
	secret, err := dir.Secret(state.KindSecretAccessKey, logicalID)
	return spec.AccessKey{LogicalID: logicalID, ID: id, Secret: secret, Active: true}, err
}

// authenticator knows the keys of the stack, and no policies.
func (st Stack) authenticator(dir *state.Dir) (*identity.Authenticator, error) {
	key, err := dir.SealingKey()
	if err != nil {
		return nil, err
	}
	developer, err := dir.Developer()
	if err != nil {
		return nil, err
	}
	s := &spec.Spec{StackName: st.StackName, Region: st.Region, Account: st.Account, Partition: st.Partition}
	for _, r := range st.Roles {
		s.Roles = append(s.Roles, spec.Role{LogicalID: r.LogicalID, Name: r.Name, ARN: r.ARN})
	}
	for _, u := range st.Users {
		user := spec.User{LogicalID: u.LogicalID, Name: u.Name, ARN: u.ARN}
		for _, id := range u.Keys {
			k, err := accessKey(dir, id)
			if err != nil {
				return nil, err
			}
			user.AccessKeys = append(user.AccessKeys, k)
		}
		s.Users = append(s.Users, user)
	}
	return identity.New(identity.Options{Spec: s, SealingKey: key, Developer: developer})
}
