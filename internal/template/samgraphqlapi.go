package template

import (
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// readServerlessGraphQLAPI reads the API, brought under CloudFormation's
// names.
func readServerlessGraphQLAPI(l *loader, r *resource, p *props) {
	s := r.props
	out := s.object().add("Name", orNode(s.set("Name"), s.str(r.id)))
	for _, name := range []string{"XrayEnabled", "Visibility", "OwnerContact", "IntrospectionConfig", "QueryDepthLimit", "ResolverCountLimit"} {
		out.add(name, s.set(name))
	}
	if config := l.samLogging(s); config != nil {
		out.add("LogConfig", config)
	}
	auth := s.set("Auth")
	switch {
	case auth == nil:
		l.problem(s, r.typ+" requires Auth", "Auth: {Type: API_KEY}")
	case l.wantMap(auth):
		l.onlyKnown(auth, "Auth", append(samProviderMembers(), "Additional")...)
		l.samProvider(auth, out)
		l.samAdditional(auth, out)
	}
	if out.get("AuthenticationType") == nil {
		out.add("AuthenticationType", s.str(spec.ModeIAM)) // what is missing is reported
	}
	l.graphQLAPI(r, p.member(out))
}

func samProviderMembers() []string {
	return []string{"Type", "LambdaAuthorizer", "OpenIDConnect", "UserPool"}
}

// samProvider adds one authorization mode.
func (l *loader) samProvider(auth, out *node) {
	mode := auth.set("Type")
	if mode == nil {
		l.problem(auth, "an authorization mode requires Type", "Type: API_KEY")
		return
	}
	out.add("AuthenticationType", mode)
	settings := 0
	for _, name := range samProviderMembers()[1:] {
		if v := auth.set(name); v != nil {
			settings++
			out.add(name+"Config", v)
		}
	}
	if settings > 1 {
		l.problem(auth, "an authorization mode has the settings of one Type only", "the others belong under Additional")
	}
}

func (l *loader) samAdditional(auth, out *node) {
	additional := auth.set("Additional")
	if additional == nil {
		return
	}
	list := additional.list()
	for _, a := range additional.each() {
		if !l.wantMap(a) {
			continue
		}
		l.onlyKnown(a, "an authorization mode", samProviderMembers()...)
		item := a.object()
		l.samProvider(a, item)
		if len(item.fields) > 0 {
			list.items = append(list.items, item)
		}
	}
	out.add("AdditionalAuthenticationProviders", list)
}

// samLogging is the LogConfig, with the level ALL unless another is given: none
// if Logging is false, and none without it. SAM sets ALL then, for a log that
// nobody has to read; here it would bury what was asked for.
func (l *loader) samLogging(s *node) *node {
	logging := s.set("Logging")
	if logging == nil || logging.kind == kindBool && strings.EqualFold(logging.text, "false") {
		return nil
	}
	config := s.object()
	level := s.str("ALL")
	if logging.kind != kindBool && l.wantMap(logging) {
		l.onlyKnown(logging, "Logging", "CloudWatchLogsRoleArn", "ExcludeVerboseContent", "FieldLogLevel")
		level = orNode(logging.set("FieldLogLevel"), level)
		config.add("ExcludeVerboseContent", logging.set("ExcludeVerboseContent"))
	}
	return config.add("FieldLogLevel", level)
}
