package identity

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/fault"
)

const manageConnections = "execute-api:ManageConnections"

// Authorize decides whether the caller may do what it wants; nil is yes. A
// refusal is AccessDeniedException in the words of API Gateway; its Cause is a
// [*DeniedError].
func (a *Authenticator) Authorize(id *Identity, c Call) *fault.Error {
	if id == nil {
		id = &Identity{}
	}
	switch id.Kind {
	case Developer:
		return nil
	case Foreign:
		if slices.Contains(a.o.ForeignActions, c.Action) {
			return nil
		}
		return denied(id, &c, "credentials that functions were given may call "+strings.Join(a.o.ForeignActions, ", ")+" only", iam.Diagnostic{})
	case User, Role:
		return a.evaluate(id, &c)
	}
	return denied(id, &c, "the caller is anonymous", iam.Diagnostic{})
}

// evaluate asks the caller's policies, as they are now.
func (a *Authenticator) evaluate(id *Identity, c *Call) *fault.Error {
	snap := a.current.Load()
	p := snap.principals[id.PrincipalARN]
	if p == nil || (id.Kind == Role) != (snap.roles[p.arn] == p) {
		return fault.UnrecognizedClient.Because("%s is no longer in the template", id.PrincipalARN)
	}
	if p.refused != "" {
		return denied(id, c, p.arn+" cannot be judged: "+p.refused, iam.Diagnostic{})
	}
	s := a.scratch.get()
	s.fill(id, p.tags, c, snap.spec.Region, a.o.Now())
	s.policies = p.policies
	s.policies.Session = id.session
	s.request = iam.Request{Principal: id.ARN, Action: c.Action, Resource: c.Resource, Context: s.context}
	decision, why := iam.Evaluate(&s.policies, &s.request)
	if decision == iam.Allow {
		a.scratch.put(s)
		return nil
	}
	return denied(id, c, "", why) // which reads the scratch when it is printed
}

// DeniedError is why somebody may not do something.
type DeniedError struct {
	ARN, Action, Resource string
	Host                  string // empty if unknown
	Reason                string // empty if policies decided
	// Diagnostic is what the policies say; zero if they were not asked.
	Diagnostic iam.Diagnostic
}

// Error names the caller, what it wanted, and the statement that forbade it or
// the lack of one that allows it.
func (e *DeniedError) Error() string {
	reason := e.Reason
	if reason == "" {
		reason = e.Diagnostic.String()
	}
	text := fmt.Sprintf("%s may not call %s on %q", e.ARN, e.Action, bounded(e.Resource))
	if e.Host != "" {
		text += fmt.Sprintf(" at host %q", bounded(e.Host))
	}
	return text + ": " + reason
}

func bounded(s string) string {
	const most = 300
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

func denied(id *Identity, c *Call, reason string, why iam.Diagnostic) *fault.Error {
	who := id.ARN
	if id.Kind == Anonymous {
		who = "anonymous"
	}
	text := "User: " + who + " is not authorized to perform: " + c.Action + " on resource: " + maskedResource(c)
	if why.Explicit {
		text += " with an explicit deny"
	}
	return &fault.Error{
		Code: "AccessDeniedException", Status: http.StatusForbidden, Message: text,
		Cause: &DeniedError{ARN: who, Action: c.Action, Resource: strings.Clone(c.Resource), Host: strings.Clone(c.Host), Reason: reason, Diagnostic: why},
	}
}

// maskedResource is the resource as API Gateway shows it: of the account only
// the last four digits, and "{connectionId}" in place of a connection's id.
func maskedResource(c *Call) string {
	parts := strings.SplitN(c.Resource, ":", 6)
	if len(parts) < 6 {
		return "*"
	}
	if n := len(parts[4]); n > 4 {
		parts[4] = strings.Repeat("*", n-4) + parts[4][n-4:]
	}
	const marker = "/@connections/"
	if at := strings.Index(parts[5], marker); at >= 0 && c.Action == manageConnections {
		parts[5] = parts[5][:at+len(marker)] + "{connectionId}"
	}
	return strings.Join(parts, ":")
}
