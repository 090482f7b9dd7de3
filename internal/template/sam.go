package template

import (
	"strings"
)

// expand applies Globals to a SAM resource and registers what SAM makes of it
// besides the resource of the same name.
func (l *loader) expand(r *resource) {
	l.applyGlobals(r)
	switch r.typ {
	case "AWS::Serverless::Function":
		l.expandFunction(r)
	case "AWS::Serverless::WebSocketApi":
		l.expandWebSocketAPI(r)
	case "AWS::Serverless::GraphQLApi":
		l.expandGraphQLAPI(r)
	case "AWS::Serverless::Api":
		l.samRef(r, "Stage", l.generate(r, r.id+"Stage", "AWS::ApiGateway::Stage", r.props))
		l.samRef(r, "Deployment", l.generate(r, r.id+"Deployment", "AWS::ApiGateway::Deployment", r.props))
	}
}

// expandFunction makes the role, and the version and alias of AutoPublishAlias.
func (l *loader) expandFunction(r *resource) {
	if role := r.props.get("Role"); role == nil || role.any(func(n *node) bool { return n.text == "AWS::NoValue" }) {
		l.generate(r, r.id+"Role", samRoleType, r.props)
	}
	alias := r.props.get("AutoPublishAlias")
	if alias == nil {
		return
	}
	name := l.value(alias)
	if !name.scalar() || !nameOf(name.text, "-_") {
		return
	}
	function := alias.call("Ref", alias.str(r.id))
	version := l.generate(r, r.id+"Version", "AWS::Lambda::Version", alias.object().add("FunctionName", function))
	l.samRef(r, "Version", version)
	id := r.id + "Alias" + keepAlnum(name.text)
	l.samRef(r, "Alias", l.generate(r, id, "AWS::Lambda::Alias", alias.object().add("FunctionName", function).add("Name", alias)))
}

func keepAlnum(s string) string {
	return strings.Map(func(c rune) rune {
		if c < 128 && (isLetter(byte(c)) || isDigit(byte(c))) {
			return c
		}
		return -1
	}, s)
}

// samRef makes Ref: r.property mean the generated resource g.
func (l *loader) samRef(r *resource, property string, g *resource) {
	l.samRefs[r.id+"."+property] = g
}

// samReference is what SAM makes of a dotted reference; nil if it is none.
func (l *loader) samReference(name string) *resource { return l.samRefs[name] }

// generatedByEvent stands in for resources that SAM makes of what is not run:
// the implicit APIs, permissions of events, stages of REST APIs. Their names
// are in the deployed stack though not in the template.
func (l *loader) generatedByEvent(id string) *resource {
	if !l.sam {
		return nil
	}
	for _, r := range l.resources {
		if typ := l.samMakes(r, id); typ != "" {
			g := &resource{id: id, typ: typ, node: r.node, props: r.node.object(), from: r, condition: r.condition, family: elsewhere()}
			l.byID[id] = g
			return g
		}
	}
	return nil
}

// samMakes is the type of the resource id if SAM makes it of r, else "".
func (l *loader) samMakes(r *resource, id string) string {
	switch r.typ {
	case "AWS::Serverless::Function":
		return functionMakes(r, id)
	case "AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::Serverless::StateMachine", "AWS::Serverless::Connector":
		if rest, ok := strings.CutPrefix(id, r.id); ok && rest != "" {
			return generatedType(rest)
		}
	case "AWS::Serverless::GraphQLApi":
		if id == r.id+"CloudWatchRole" {
			return samRoleType
		}
	}
	return ""
}

func functionMakes(r *resource, id string) string {
	rest, ok := strings.CutPrefix(id, r.id)
	if ok && (rest == "Url" || rest == "UrlPublicPermissions" || rest == "EventInvokeConfig") {
		return generatedType(rest)
	}
	for _, e := range r.props.get("Events").all() {
		t := ""
		if n := e.val.get("Type"); n != nil {
			t = n.text
		}
		switch {
		case ok && strings.HasPrefix(rest, e.key):
			return generatedType(rest)
		case t == "Api" && id == "ServerlessRestApi":
			return "AWS::ApiGateway::RestApi"
		case t == "HttpApi" && id == "ServerlessHttpApi":
			return "AWS::Serverless::HttpApi"
		case t == "Api" && strings.HasPrefix(id, "ServerlessRestApi"), t == "HttpApi" && strings.HasPrefix(id, "ServerlessHttpApi"):
			return generatedType(id)
		}
	}
	return ""
}

func generatedType(id string) string {
	switch {
	case strings.HasSuffix(id, "Role"):
		return samRoleType
	case strings.HasSuffix(id, "Stage"):
		return "AWS::ApiGateway::Stage"
	case strings.HasSuffix(id, "Url"):
		return "AWS::Lambda::Url"
	case strings.Contains(id, "Permission"):
		return "AWS::Lambda::Permission"
	default:
		return "AWS::CloudFormation::Generated"
	}
}
