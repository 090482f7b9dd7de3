package template

import (
	"regexp"

	"github.com/tidewire/tidewire/internal/spec"
)

func namespaceARN(l *loader, r *resource) string {
	return l.partARN(r, "channelNamespace/"+l.physical(r, "Name", func() string { return "unknown" }))
}

func namespaceAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "ChannelNamespaceArn", func() string { return namespaceARN(l, r) })}
}

// readNamespace reads a channel namespace (CloudFormation template reference,
// "AWS::AppSync::ChannelNamespace").
func readNamespace(l *loader, r *resource, p *props, d *eventDraft) {
	n := spec.ChannelNamespace{LogicalID: r.id, Name: p.need("Name", "Name: default"), ARN: namespaceARN(l, r), At: l.source(r.node)}
	if n.Name != "" && !isSegment(n.Name) {
		p.problem("Name", "the name of a channel namespace is 1 to 50 letters, digits and -, neither first nor last a -", "Name: default")
	}
	n.Publish, n.Subscribe = l.namespaceModes(p, "PublishAuthModes", d), l.namespaceModes(p, "SubscribeAuthModes", d)
	n.Code = l.handlerCode(p, &n)
	if m := p.inside("HandlerConfigs"); m != nil {
		n.OnPublish, n.OnSubscribe = l.handler(p, m, "OnPublish", &n), l.handler(p, m, "OnSubscribe", &n)
		m.finish()
		l.later(phaseLinks, r, func() {
			l.linkHandler(m, "OnPublish", d, n.OnPublish)
			l.linkHandler(m, "OnSubscribe", d, n.OnSubscribe)
		})
	}
	p.quiet("Tags")
	d.api.Namespaces = append(d.api.Namespaces, n)
}

// isSegment says whether s is a segment of a channel's name (AppSync Events
// developer guide, "Understanding channel namespaces").
func isSegment(s string) bool {
	ok, _ := regexp.MatchString(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,48}[A-Za-z0-9])?$`, s)
	return ok
}

// namespaceModes are the modes that replace the API's; nil for the API's.
func (l *loader) namespaceModes(p *props, name string, d *eventDraft) []string {
	if v := p.get(name); v != nil && len(v.each()) == 0 {
		l.note(p.spot(name), name+" is empty: the API's modes apply")
	}
	return l.authModes(p, name, d)
}

func (l *loader) handlerCode(p *props, n *spec.ChannelNamespace) *spec.Script {
	inline, file := p.has("CodeHandlers"), p.has("CodeS3Location")
	p.quiet("CodeHandlers", "CodeS3Location")
	switch {
	case inline && file:
		p.problem("CodeS3Location", "there is either CodeHandlers or CodeS3Location", "remove one of them")
	case inline:
		return l.inlineCode(p, "CodeHandlers")
	case file:
		return l.codeFile(p, &n.Unsupported)
	}
	return nil
}

// handler reads an element of HandlerConfigs.
func (l *loader) handler(p, configs *props, name string, n *spec.ChannelNamespace) spec.EventHandler {
	var h spec.EventHandler
	m := configs.inside(name)
	if m == nil {
		return h
	}
	switch m.need("Behavior", "Behavior: CODE") {
	case "":
	case "CODE":
		if !p.has("CodeHandlers") && !p.has("CodeS3Location") {
			l.unable(&n.Unsupported, m.spot("Behavior"), name+" has the Behavior CODE, and the namespace has no code", "add CodeHandlers, or CodeS3Location")
		}
	case "DIRECT":
		h.Direct = true
	default:
		m.problem("Behavior", "Behavior is CODE or DIRECT", "")
	}
	i := m.inside("Integration")
	if i == nil && !m.has("Integration") {
		m.problem("Integration", name+" requires Integration", "Integration: {DataSourceName: !GetAtt MySource.Name}")
	}
	if i != nil {
		h.DataSource = i.need("DataSourceName", "DataSourceName: !GetAtt MySource.Name")
		h.Event = l.invokeType(i, h.Direct)
		i.finish()
	}
	m.finish()
	return h
}

// invokeType says whether a direct function is not waited for.
func (l *loader) invokeType(i *props, direct bool) bool {
	c := i.inside("LambdaConfig")
	if c == nil {
		return false
	}
	if !direct {
		l.note(i.spot("LambdaConfig"), "LambdaConfig has no effect with the Behavior CODE: the code says how the function is invoked")
	}
	kind := c.need("InvokeType", "InvokeType: REQUEST_RESPONSE")
	c.finish()
	switch kind {
	case "", "REQUEST_RESPONSE":
	case "EVENT":
		return direct
	default:
		c.problem("InvokeType", "InvokeType is REQUEST_RESPONSE or EVENT", "")
	}
	return false
}

// linkHandler checks the data source that a handler names.
func (l *loader) linkHandler(configs *props, name string, d *eventDraft, h spec.EventHandler) {
	source := d.source(h.DataSource)
	switch {
	case h.DataSource == "":
	case source == nil:
		configs.problem(name, "the API "+d.r.id+" has no data source "+quoteShort(h.DataSource), didYouMean(h.DataSource, d.sourceNames(), "DataSourceName: !GetAtt MySource.Name"))
	case h.Direct && source.Type != spec.SourceLambda && source.Unsupported == "":
		configs.problem(name, "only a Lambda function is a DIRECT handler; the data source "+h.DataSource+" is of the type "+source.Type, "Behavior: CODE")
	}
}
