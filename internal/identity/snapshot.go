package identity

import (
	"strings"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

// snapshot is one Spec in the form in which it is looked up. It is immutable
// but for what it caches.
type snapshot struct {
	spec       *spec.Spec
	verifier   *sigv4.Verifier
	keys       map[string]*longTerm  // by access key id
	principals map[string]*principal // users and roles by ARN
	roles      map[string]*principal // by ARN, logical id and name
	apiKeys    []apiKey
	sessions   sessions
}

// longTerm is a key that needs no token.
type longTerm struct {
	secret   string
	identity Identity
	refused  string // why the key is not accepted; empty if it is
}

// principal is a user or role and what it is judged by.
type principal struct {
	arn, id, name string
	policies      iam.Policies // without session policy
	tags          []tag
	refused       string // why nothing can be decided for it; empty if it can
}

// tag is a tag as a condition key.
type tag struct{ key, value string }

func (a *Authenticator) newSnapshot(s *spec.Spec) *snapshot {
	snap := &snapshot{
		spec:       s,
		keys:       map[string]*longTerm{},
		principals: map[string]*principal{},
		roles:      map[string]*principal{},
		apiKeys:    newAPIKeys(s),
	}
	snap.verifier = &sigv4.Verifier{
		Service: a.o.Service, AcceptServices: a.o.AcceptServices, Region: s.Region,
		Key: a.secret, Now: a.o.Now, MaxBody: a.o.MaxBody,
	}
	if dev := a.o.Developer; dev.AccessKeyID != "" {
		snap.addKey(dev.AccessKeyID, dev.SecretAccessKey, developer(s, dev.AccessKeyID, dev.UserName), "")
	}
	for i := range s.Users {
		snap.addUser(&s.Users[i])
	}
	for i := range s.Roles {
		snap.addRole(&s.Roles[i])
	}
	return snap
}

// arnHead is the start of an ARN of a service that has no regions.
func arnHead(s *spec.Spec, service string) string {
	partition := s.Partition
	if partition == "" {
		partition = "aws"
	}
	return "arn:" + partition + ":" + service + "::" + s.Account + ":"
}

// developer is the local developer's identity.
func developer(s *spec.Spec, keyID, name string) Identity {
	arn := arnHead(s, "iam") + "user/" + name
	return Identity{Kind: Developer, AccessKeyID: keyID, Account: s.Account, ARN: arn, PrincipalARN: arn,
		UserID: "AIDA" + strings.TrimPrefix(keyID, "AKIA"), UserName: name}
}

// addKey adds a long-term key. An id that occurs twice belongs to nobody.
func (snap *snapshot) addKey(id, secret string, who Identity, refused string) {
	if snap.keys[id] != nil {
		refused = "two callers have this access key id"
	}
	who.AccessKeyID = id
	snap.keys[id] = &longTerm{secret: secret, identity: who, refused: refused}
}

func (snap *snapshot) addUser(u *spec.User) {
	snap.addPrincipal(newPrincipal(u.ARN, u.ID, u.Name, u.Policies, u.Boundary, u.Tags))
	who := Identity{Kind: User, Account: snap.spec.Account, ARN: u.ARN, PrincipalARN: u.ARN, UserID: u.ID, UserName: u.Name}
	for _, key := range u.AccessKeys {
		refused := ""
		switch {
		case !key.Active:
			refused = "the key is inactive"
		case key.Secret == "":
			refused = "the key has no secret"
		}
		snap.addKey(key.ID, key.Secret, who, refused)
	}
}

func (snap *snapshot) addRole(r *spec.Role) {
	p := newPrincipal(r.ARN, r.ID, r.Name, r.Policies, r.Boundary, r.Tags)
	snap.addPrincipal(p)
	snap.roles[r.LogicalID], snap.roles[r.ARN] = p, p
	if snap.roles[r.Name] == nil { // a logical id wins over another role's name
		snap.roles[r.Name] = p
	}
	delete(snap.roles, "")
}

func (snap *snapshot) addPrincipal(p *principal) {
	if other := snap.principals[p.arn]; other != nil {
		p.refused = "the template has two users or roles of this ARN"
		other.refused = p.refused
	}
	snap.principals[p.arn] = p
}

func newPrincipal(arn, id, name string, policies []spec.Policy, boundary *spec.Policy, tags map[string]string) *principal {
	p := &principal{arn: arn, id: id, name: name}
	for i := range policies {
		p.policies.Identity = append(p.policies.Identity, *p.named(&policies[i]))
	}
	if boundary != nil {
		p.policies.Boundary = p.named(boundary)
	}
	for k, v := range tags {
		p.tags = append(p.tags, tag{"aws:principaltag/" + strings.ToLower(k), v})
	}
	return p
}

// named takes a policy over. One without document might have denied
// something, so nothing is decided without it.
func (p *principal) named(from *spec.Policy) *iam.Named {
	if from.Document == nil {
		p.refused = "its policy " + from.Name + " has no document"
	}
	return &iam.Named{Name: from.Name, Policy: from.Document}
}
