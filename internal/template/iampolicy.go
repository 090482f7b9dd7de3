package template

import (
	"errors"
	"strings"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

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
	data, lines := writeJSON(l.standinARNs(doc), true)
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

// standinARNs completes a placeholder that stands where an ARN must: the
// attribute that the template asks for is one, though we could not know.
func (l *loader) standinARNs(n *node) *node {
	if n.marks.standin && n.scalar() && (n.key == "Resource" || n.key == "NotResource" || n.parent != nil && (n.parent.key == "Resource" || n.parent.key == "NotResource")) {
		if !strings.HasPrefix(n.text, "arn:") && n.text != "*" {
			return n.str(l.arn("placeholder", n.text))
		}
		return n
	}
	out := *n
	out.items, out.fields = nil, nil
	for _, v := range n.items {
		out.items = append(out.items, l.standinARNs(v))
	}
	for _, f := range n.fields {
		out.fields = append(out.fields, field{f.key, f.line, l.standinARNs(f.val)})
	}
	return &out
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
