package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

func readPermission(l *loader, r *resource, p *props) {
	perm := spec.Permission{
		LogicalID: r.id, Action: p.need("Action", "Action: lambda:InvokeFunction"),
		Principal: p.need("Principal", "Principal: apigateway.amazonaws.com"),
		SourceARN: p.str("SourceArn"), SourceAccount: p.str("SourceAccount"), At: l.source(r.node),
	}
	if name := p.need("FunctionName", "FunctionName: !Ref MyFunction"); name != "" {
		perm.FunctionARN = spec.UnqualifiedFunctionARN(l.toFunctionARN(cutQualifier(name)))
	}
	p.quiet("FunctionUrlAuthType", "InvokedViaFunctionUrl")
	narrowed := p.has("EventSourceToken") || p.has("PrincipalOrgID") || p.has("FunctionUrlAuthType")
	p.without("EventSourceToken", "PrincipalOrgID")
	p.finish()
	if !narrowed && !(p.has("SourceArn") && perm.SourceARN == "") {
		l.spec.Permissions = append(l.spec.Permissions, perm)
	}
}

// cutQualifier takes a version or alias off a bare function name.
func cutQualifier(name string) string {
	if strings.HasPrefix(name, "arn:") || strings.Contains(name, ":function:") {
		return name
	}
	bare, _, _ := strings.Cut(name, ":")
	return bare
}
