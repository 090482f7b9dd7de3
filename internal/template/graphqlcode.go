package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

// templateProperties are the mapping templates of VTL.
var templateProperties = [...]string{
	"RequestMappingTemplate", "RequestMappingTemplateS3Location", "ResponseMappingTemplate", "ResponseMappingTemplateS3Location",
}

// code is the JavaScript of a resolver or a function; nil if it has none, or
// none that runs here.
func (l *loader) code(p *props, unsupported *string) *spec.Script {
	p.quiet("Code", "CodeS3Location")
	p.quiet(templateProperties[:]...)
	if !l.runtime(p, unsupported) {
		return nil
	}
	inline, file := p.has("Code"), p.has("CodeS3Location")
	switch {
	case inline && file:
		p.problem("CodeS3Location", "there is either Code or CodeS3Location", "remove one of them")
	case inline:
		return l.inlineCode(p, "Code")
	case file:
		return l.codeFile(p, unsupported)
	}
	return nil
}

// runtime says whether the code is JavaScript, if there is any.
func (l *loader) runtime(p *props, unsupported *string) bool {
	for _, name := range templateProperties {
		if p.has(name) {
			l.unable(unsupported, p.spot(name), "VTL mapping templates are not rendered here", "write it in JavaScript: Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0} and Code")
			p.quiet("Runtime")
			return false
		}
	}
	code := p.has("Code") || p.has("CodeS3Location")
	m := p.inside("Runtime")
	switch {
	case m == nil && code && !p.has("Runtime"):
		p.problem("Runtime", "Code requires Runtime", "Runtime: {Name: APPSYNC_JS, RuntimeVersion: 1.0.0}")
	case m == nil:
	case !code:
		p.problem("Runtime", "Runtime requires Code", "Code, or CodeS3Location: resolver.js, a file beside the template")
	}
	if m == nil {
		return true
	}
	name, version := m.need("Name", "Name: APPSYNC_JS"), m.need("RuntimeVersion", "RuntimeVersion: 1.0.0")
	m.finish()
	if name != "" && name != "APPSYNC_JS" {
		l.unable(unsupported, p.spot("Runtime"), "the runtime "+quoteShort(name)+" is not known here", "Name: APPSYNC_JS")
		return false
	}
	if version != "" && version != "1.0.0" {
		m.problem("RuntimeVersion", "the only RuntimeVersion of APPSYNC_JS is 1.0.0", "RuntimeVersion: 1.0.0")
	}
	return true
}

func (l *loader) inlineCode(p *props, property string) *spec.Script {
	text := p.str(property)
	if v := p.get(property); text == "" && v != nil && v.scalar() {
		p.problem(property, "the code is empty", "")
	}
	if text == "" {
		return nil
	}
	return &spec.Script{Text: text, At: l.source(p.spot(property))}
}

func (l *loader) codeFile(p *props, unsupported *string) *spec.Script {
	at := p.spot("CodeS3Location")
	path, remote := l.localFile(p, "CodeS3Location")
	if remote {
		l.unable(unsupported, at, "the code is in S3 ("+p.get("CodeS3Location").show()+"), which is not read here", "give the path of a file beside the template")
		return nil
	}
	text, ok := l.textOf(at, path, maxScriptFile, "JavaScript")
	if !ok {
		return nil
	}
	return &spec.Script{File: path, Text: text, At: l.source(at)}
}
