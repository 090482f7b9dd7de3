package template

import (
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
