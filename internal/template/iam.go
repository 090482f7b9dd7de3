package template

import (
	"errors"
	"time"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

// group is an IAM group: its policies become its members'.
type group struct {
	name     string
	policies []spec.Policy
}

func iamFamilies() map[string]family {
	attached := family{ref: idOnly, attributes: ownID("Id"), read: readPolicy}
	return map[string]family{
		"AWS::IAM::User":                {ref: stringRef(userName), attributes: userAttributes, read: readUser},
		"AWS::IAM::Group":               {ref: stringRef(groupName), attributes: groupAttributes, read: readGroup},
		"AWS::IAM::UserToGroupAddition": {ref: idOnly, attributes: ownID("Id"), read: readMembership},
		"AWS::IAM::AccessKey":           {ref: accessKeyID, attributes: accessKeyAttributes, read: readAccessKey},
		"AWS::IAM::Role":                {ref: stringRef(roleName), attributes: roleAttributes, read: readRole},
		samRoleType:                     {ref: stringRef(roleName), attributes: roleAttributes, read: readSAMRole},
		"AWS::IAM::Policy":              attached,
		"AWS::IAM::UserPolicy":          {ref: idOnly, attributes: noAttributes, read: readOnePolicy("UserName", (*loader).toUser)},
		"AWS::IAM::RolePolicy":          {ref: idOnly, attributes: noAttributes, read: readOnePolicy("RoleName", (*loader).toRole)},
		"AWS::IAM::GroupPolicy":         {ref: idOnly, attributes: noAttributes, read: readOnePolicy("GroupName", (*loader).toGroup)},
		"AWS::IAM::ManagedPolicy":       {ref: stringRef(managedARN), attributes: managedAttributes, read: readManagedPolicy},
	}
}

func userName(l *loader, r *resource) string {
	return l.physical(r, "UserName", func() string { return l.generatedName(r, 64) })
}

func groupName(l *loader, r *resource) string {
	return l.physical(r, "GroupName", func() string { return l.generatedName(r, 128) })
}

func roleName(l *loader, r *resource) string {
	return l.physical(r, "RoleName", func() string { return l.generatedName(r, 64) })
}

// path is a resource's IAM path, "/" if it has none.
func (l *loader) path(r *resource) string {
	property := "Path"
	if r.typ == samRoleType {
		property = "RolePath"
	}
	return l.physical(r, property, func() string { return "/" })
}

func userAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "Arn", func() string { return l.iamARN("user" + l.path(r) + userName(l, r)) })}
}

func groupAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "Arn", func() string { return l.iamARN("group" + l.path(r) + groupName(l, r)) })}
}

func (l *loader) roleARN(r *resource) string { return l.iamARN("role" + l.path(r) + roleName(l, r)) }

func roleAttributes(l *loader, r *resource) []attribute {
	return []attribute{
		text(r, "Arn", func() string { return l.roleARN(r) }),
		text(r, "RoleId", func() string { return l.iamID("AROA", r.id) }),
	}
}

func managedARN(l *loader, r *resource) string {
	name := l.physical(r, "ManagedPolicyName", func() string { return l.generatedName(r, 128) })
	return l.iamARN("policy" + l.path(r) + name)
}

func managedAttributes(l *loader, r *resource) []attribute {
	one := func() string { return "v1" }
	return []attribute{
		text(r, "PolicyArn", func() string { return managedARN(l, r) }),
		text(r, "PolicyId", func() string { return l.iamID("ANPA", r.id) }),
		text(r, "DefaultVersionId", one),
	}
}

func accessKeyID(l *loader, r *resource) *node { return l.secret(r, "access-key-id") }

func accessKeyAttributes(l *loader, r *resource) []attribute {
	return []attribute{{"SecretAccessKey", func(string) *node { return l.secret(r, "secret-access-key") }}}
}

func readUser(l *loader, r *resource, p *props) {
	u := &spec.User{
		LogicalID: r.id, Name: userName(l, r), ID: l.iamID("AIDA", r.id), Tags: p.tags("Tags"), At: l.source(r.node),
	}
	u.ARN = l.iamARN("user" + l.path(r) + u.Name)
	l.users = append(l.users, u)
	u.Policies = l.inlinePolicies(p)
	managed := p.list("ManagedPolicyArns")
	boundary, groups := p.get("PermissionsBoundary"), p.list("Groups")
	p.quiet("UserName", "Path", "LoginProfile")
	p.finish()
	l.later(phasePolicies, r, func() {
		u.Policies = append(u.Policies, l.managedPolicies(managed)...)
		u.Boundary = l.boundary(boundary)
	})
	l.later(phaseLinks, r, func() {
		for _, g := range groups {
			l.joinGroup(g, u)
		}
	})
}

// joinGroup gives a user what a group may do and may not do.
func (l *loader) joinGroup(name *node, u *spec.User) {
	for _, g := range l.groups {
		if g.name == name.text {
			u.Policies = append(u.Policies, g.policies...)
			return
		}
	}
	if name.kind != kindBad {
		l.note(name, "the group "+name.show()+" is not in the template: nothing that it permits or forbids is known here")
	}
}

func readGroup(l *loader, r *resource, p *props) {
	g := &group{name: groupName(l, r)}
	l.groups = append(l.groups, g)
	g.policies = l.inlinePolicies(p)
	managed := p.list("ManagedPolicyArns")
	p.quiet("GroupName", "Path")
	p.finish()
	l.later(phasePolicies, r, func() { g.policies = append(g.policies, l.managedPolicies(managed)...) })
}

func readMembership(l *loader, r *resource, p *props) {
	name, users := p.get("GroupName"), p.strings("Users")
	p.finish()
	l.later(phaseLinks, r, func() {
		for _, u := range l.users {
			if name != nil && contains(users, u.Name) {
				l.joinGroup(name, u)
			}
		}
	})
}

func readAccessKey(l *loader, r *resource, p *props) {
	name := p.need("UserName", "UserName: !Ref MyUser")
	status := orDefault(p.str("Status"), "Active")
	if status != "Active" && status != "Inactive" {
		p.problem("Status", "Status is Active or Inactive", "")
	}
	p.quiet("Serial")
	p.finish()
	key := spec.AccessKey{
		LogicalID: r.id, ID: l.secret(r, "access-key-id").text, Secret: l.secret(r, "secret-access-key").text,
		Active: status == "Active", At: l.source(r.node),
	}
	l.later(phaseLinks, r, func() {
		for _, u := range l.users {
			if u.Name == name {
				u.AccessKeys = append(u.AccessKeys, key)
				return
			}
		}
		if name != "" {
			l.problem(p.spot("UserName"), "the user "+quoteShort(name)+" is not in the template", "UserName: !Ref MyUser")
		}
	})
}

func readRole(l *loader, r *resource, p *props) {
	role := l.addRole(r)
	if doc := p.object("AssumeRolePolicyDocument"); doc != nil {
		role.Trust = l.document(doc, iam.TrustKind)
	} else if !p.has("AssumeRolePolicyDocument") {
		p.problem("AssumeRolePolicyDocument", r.typ+" requires AssumeRolePolicyDocument", "the policy that says who may take the role")
	}
	role.MaxDuration = time.Duration(p.integer("MaxSessionDuration", 3600, 43200, 3600)) * time.Second
	role.Tags = p.tags("Tags")
	role.Policies = l.inlinePolicies(p)
	managed, boundary := p.list("ManagedPolicyArns"), p.get("PermissionsBoundary")
	p.quiet("RoleName", "Path", "Description")
	p.finish()
	l.later(phasePolicies, r, func() {
		role.Policies = append(role.Policies, l.managedPolicies(managed)...)
		role.Boundary = l.boundary(boundary)
	})
}

func (l *loader) addRole(r *resource) *spec.Role {
	role := &spec.Role{
		LogicalID: r.id, Name: roleName(l, r), ARN: l.roleARN(r), ID: l.iamID("AROA", r.id),
		MaxDuration: time.Hour, At: l.source(r.node),
	}
	l.roles = append(l.roles, role)
	return role
}

// inlinePolicies reads Policies: [{PolicyName, PolicyDocument}].
func (l *loader) inlinePolicies(p *props) []spec.Policy {
	var out []spec.Policy
	for _, v := range p.list("Policies") {
		if v.kind != kindMap {
			if v.kind != kindBad {
				l.problem(v, "a policy is a map of PolicyName and PolicyDocument, this is "+v.kindName(), "")
			}
			continue
		}
		m := p.member(v)
		name := m.need("PolicyName", "PolicyName: sockets")
		if doc := m.object("PolicyDocument"); doc != nil {
			out = append(out, spec.Policy{Name: name, Document: l.document(doc, iam.IdentityKind), At: l.source(doc)})
		} else if !m.has("PolicyDocument") {
			m.problem("PolicyDocument", "the policy has no PolicyDocument", "")
		}
		m.finish()
	}
	return out
}

// document compiles a policy; a syntax error is reported in the line of the
// template that it comes from. The result is nil then.
func (l *loader) document(doc *node, kind iam.Kind) *iam.Policy {
	if doc.hasBad() {
		return nil
	}
	data, lines := writeJSON(doc, true)
	policy, err := iam.ParseKind(data, kind)
	if err == nil {
		return policy
	}
	at, message := doc, err.Error()
	var syntax *iam.SyntaxError
	if errors.As(err, &syntax) {
		message = syntax.Message
		if syntax.Line >= 1 && syntax.Line <= len(lines) {
			at = lines[syntax.Line-1]
		}
	}
	l.problem(at, "the policy is malformed: "+message, "see IAM's user guide, \"IAM JSON policy elements reference\"")
	return nil
}

func readPolicy(l *loader, r *resource, p *props) {
	policy := spec.Policy{Name: p.need("PolicyName", "PolicyName: sockets"), At: l.source(r.node)}
	policy.Document = l.requiredDocument(r, p)
	l.attachments(r, p, policy)
	p.finish()
}

func (l *loader) requiredDocument(r *resource, p *props) *iam.Policy {
	doc := p.object("PolicyDocument")
	if doc == nil {
		if !p.has("PolicyDocument") {
			p.problem("PolicyDocument", r.typ+" requires PolicyDocument", "")
		}
		return nil
	}
	return l.document(doc, iam.IdentityKind)
}

func readManagedPolicy(l *loader, r *resource, p *props) {
	arn := managedARN(l, r)
	policy := spec.Policy{Name: arn, Document: l.requiredDocument(r, p), At: l.source(r.node)}
	l.managed[arn] = policy
	l.attachments(r, p, policy)
	p.quiet("ManagedPolicyName", "Description", "Path", "Tags")
	p.finish()
}

// attachments puts a policy on the users, roles and groups that it names.
func (l *loader) attachments(r *resource, p *props, policy spec.Policy) {
	users, roles, groups := p.list("Users"), p.list("Roles"), p.list("Groups")
	l.later(phasePolicies, r, func() {
		for _, n := range users {
			l.toUser(n, policy)
		}
		for _, n := range roles {
			l.toRole(n, policy)
		}
		for _, n := range groups {
			l.toGroup(n, policy)
		}
	})
}

// readOnePolicy reads a resource that is one inline policy of one principal.
func readOnePolicy(owner string, attach func(*loader, *node, spec.Policy)) func(*loader, *resource, *props) {
	return func(l *loader, r *resource, p *props) {
		policy := spec.Policy{Name: p.need("PolicyName", "PolicyName: sockets"), At: l.source(r.node)}
		policy.Document = l.requiredDocument(r, p)
		p.need(owner, owner+": !Ref MyPrincipal")
		name := p.get(owner)
		p.finish()
		l.later(phasePolicies, r, func() {
			if name != nil {
				attach(l, name, policy)
			}
		})
	}
}

func (l *loader) toUser(name *node, policy spec.Policy) {
	for _, u := range l.users {
		if u.Name == name.text {
			u.Policies = append(u.Policies, policy)
			return
		}
	}
	l.noPrincipal("user", name)
}

func (l *loader) toRole(name *node, policy spec.Policy) {
	for _, r := range l.roles {
		if r.Name == name.text {
			r.Policies = append(r.Policies, policy)
			return
		}
	}
	l.noPrincipal("role", name)
}

func (l *loader) toGroup(name *node, policy spec.Policy) {
	for _, g := range l.groups {
		if g.name == name.text {
			g.policies = append(g.policies, policy)
			return
		}
	}
	l.noPrincipal("group", name)
}

func (l *loader) noPrincipal(what string, name *node) {
	if name.kind != kindBad {
		l.note(name, "the "+what+" "+name.show()+" is not in the template: the policy is not attached to it")
	}
}

// managedPolicies looks up ARNs, first in the template, then AWS's own.
func (l *loader) managedPolicies(arns []*node) []spec.Policy {
	var out []spec.Policy
	seen := map[string]bool{}
	for _, n := range arns {
		if n.kind == kindBad || seen[n.text] {
			continue
		}
		seen[n.text] = true
		policy, ok := l.managedPolicy(n)
		if ok {
			out = append(out, policy)
			continue
		}
		l.note(n, "the managed policy "+n.show()+" is not known here: it permits nothing and forbids nothing")
	}
	return out
}

func (l *loader) managedPolicy(arn *node) (spec.Policy, bool) {
	if policy, ok := l.managed[arn.text]; ok {
		return policy, true
	}
	doc, ok := managedPolicy(arn.text)
	if !ok {
		return spec.Policy{}, false
	}
	compiled, err := iam.Parse(doc)
	if err != nil {
		l.problem(arn, "the managed policy "+arn.show()+" does not compile: "+err.Error(), "this is a defect of tidewire: please report it")
		return spec.Policy{}, false
	}
	return spec.Policy{Name: arn.text, Document: compiled, At: l.source(arn)}, true
}

// boundary is a permissions boundary. One that is not known stops serve:
// without it more would be allowed than on AWS.
func (l *loader) boundary(arn *node) *spec.Policy {
	if arn == nil {
		return nil
	}
	policy, ok := l.managedPolicy(arn)
	if !ok {
		l.gap(spec.Guard, arn, "the permissions boundary "+arn.show()+" is not known here", "put the AWS::IAM::ManagedPolicy into the template")
		return &spec.Policy{Name: arn.text, At: l.source(arn)}
	}
	return &policy
}
