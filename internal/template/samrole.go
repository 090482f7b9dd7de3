package template

import (
	"strconv"
	"strings"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/spec"
)

// samRoleType is the type of the role that SAM makes for a function without
// one; no template can name it.
const samRoleType = "AWS::IAM::Role of AWS::Serverless::Function"

// samRole is the ARN of the role that a function runs with.
func (l *loader) samRole(r *resource, p *props) string {
	if p.has("Role") {
		return p.str("Role")
	}
	p.quiet("Role")
	if role := l.byID[r.id+"Role"]; role != nil && role.from == r {
		return l.roleARN(role)
	}
	return ""
}

// readSAMRole reads the policies of the function that the role is for (SAM
// specification, "AWS::Serverless::Function", Policies).
func readSAMRole(l *loader, r *resource, p *props) {
	role := l.addRole(r)
	role.Trust = l.samTrust(p)
	role.Tags = p.tags("Tags")
	managed := []*node{r.node.str("arn:" + l.spec.Partition + ":iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")}
	if p.has("VpcConfig") {
		managed = append(managed, r.node.str("arn:"+l.spec.Partition+":iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"))
	}
	if t := p.str("Tracing"); t == "Active" || t == "PassThrough" {
		managed = append(managed, r.node.str("arn:"+l.spec.Partition+":iam::aws:policy/AWSXrayWriteOnlyAccess"))
	}
	if policies := p.get("Policies"); policies != nil {
		for i, v := range policies.each() {
			managed = append(managed, l.samPolicy(role, v, i)...)
		}
	}
	boundary := p.get("PermissionsBoundary")
	l.later(phasePolicies, r, func() {
		role.Policies = append(role.Policies, l.managedPolicies(managed)...)
		role.Boundary = l.boundary(boundary)
	})
}

func (l *loader) samTrust(p *props) *iam.Policy {
	if doc := p.object("AssumeRolePolicyDocument"); doc != nil {
		return l.document(doc, iam.TrustKind)
	}
	policy, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sts:AssumeRole"],"Principal":{"Service":["lambda.amazonaws.com"]}}]}`))
	if err != nil {
		return nil
	}
	return policy
}

// samPolicy takes one entry of Policies: the name or ARN of a managed policy
// (returned), a document, or a policy template.
func (l *loader) samPolicy(role *spec.Role, v *node, index int) []*node {
	switch {
	case v.kind == kindBad:
	case v.scalar():
		return []*node{v.str(l.managedByName(v.text))}
	case v.get("Statement") != nil:
		role.Policies = append(role.Policies, spec.Policy{
			Name: role.LogicalID + "Policy" + strconv.Itoa(index), Document: l.document(v, iam.IdentityKind), At: l.source(v),
		})
	case v.kind == kindMap && len(v.fields) == 1:
		l.policyTemplate(role, v, index)
	default:
		l.problem(v, "this is neither a managed policy, nor a policy with a Statement, nor a SAM policy template", "")
	}
	return nil
}

// managedByName completes the bare name of an AWS managed policy.
func (l *loader) managedByName(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	prefix := "arn:" + l.spec.Partition + ":iam::aws:policy/"
	for _, folder := range []string{"", "service-role/", "aws-service-role/", "job-function/"} {
		if _, ok := managedPolicy(prefix + folder + name); ok {
			return prefix + folder + name
		}
	}
	return prefix + name
}

func (l *loader) policyTemplate(role *spec.Role, v *node, index int) {
	name, args := v.fields[0].key, v.fields[0].val
	if args.hasBad() {
		return
	}
	params := map[string]string{}
	for _, f := range args.fields {
		if f.val.scalar() {
			params[f.key] = f.val.text
			continue
		}
		params[f.key] = string(toJSON(f.val, true))
	}
	doc, problem := samPolicyTemplate(name, params, policyEnv{Partition: l.spec.Partition, Region: l.o.Region, Account: l.o.Account})
	if problem != "" {
		l.problem(v, problem, "policy templates are listed in the SAM developer guide, \"AWS SAM policy templates\"")
		return
	}
	policy, err := iam.ParseIdentity(doc)
	if err != nil {
		l.problem(v, "the policy template "+name+" with these values is malformed: "+err.Error(), "")
		return
	}
	role.Policies = append(role.Policies, spec.Policy{Name: role.LogicalID + "Policy" + strconv.Itoa(index), Document: policy, At: l.source(v)})
}
