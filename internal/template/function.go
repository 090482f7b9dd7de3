package template

import (
	"strconv"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/spec"
)

func functionFamilies() map[string]family {
	function := func(read func(*loader, *resource, *props)) family {
		return family{ref: stringRef(functionName), attributes: functionAttributes, read: read}
	}
	layer := func(read func(*loader, *resource, *props)) family {
		return family{ref: stringRef(layerARN), attributes: layerAttributes, read: read}
	}
	return map[string]family{
		"AWS::Lambda::Function":         function(readFunction),
		"AWS::Serverless::Function":     function(readServerlessFunction),
		"AWS::Lambda::LayerVersion":     layer(readLayer),
		"AWS::Serverless::LayerVersion": layer(readServerlessLayer),
		"AWS::Lambda::Alias":            {ref: stringRef(aliasARN), attributes: aliasAttributes, read: readAlias},
		"AWS::Lambda::Version":          {ref: stringRef(versionARN), attributes: versionAttributes, read: readVersion},
		"AWS::Lambda::Permission":       {ref: idOnly, attributes: ownID("Id"), read: readPermission},
	}
}

// idOnly is a Ref that is nothing but a generated id.
func idOnly(l *loader, r *resource) *node { return r.node.str(l.shortID(r.id)) }

// ownID is the attributes of a type whose only one is its id.
func ownID(name string) func(*loader, *resource) []attribute {
	return func(l *loader, r *resource) []attribute {
		return []attribute{{name, func(string) *node { return r.family.ref(l, r) }}}
	}
}

func functionName(l *loader, r *resource) string {
	return l.physical(r, "FunctionName", func() string { return l.generatedName(r, 64) })
}

func (l *loader) functionARN(name string) string { return l.arn("lambda", "function:"+name) }

func functionAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "Arn", func() string { return l.functionARN(functionName(l, r)) })}
}

func readFunction(l *loader, r *resource, p *props) {
	f := l.function(r, p)
	f.RoleARN = p.str("Role")
	if !p.has("Role") {
		p.problem("Role", r.typ+" requires Role", "Role: !GetAtt MyRole.Arn")
	}
	f.Code = l.lambdaCode(r, p)
	p.quiet("TracingConfig", "SnapStart")
	p.without("DeadLetterConfig")
	l.endFunction(f, p)
}

func readServerlessFunction(l *loader, r *resource, p *props) {
	f := l.function(r, p)
	f.RoleARN = l.samRole(r, p)
	f.Code = l.serverlessCode(r, p)
	p.quiet("Tracing", "RolePath", "PropagateTags", "AutoPublishAlias", "AutoPublishAliasAllProperties", "AutoPublishCodeSha256",
		"VersionDescription", "DeploymentPreference", "SnapStart", "ProvisionedConcurrencyConfig", "Events", "FunctionUrlConfig",
		"Policies", "PermissionsBoundary", "AssumeRolePolicyDocument", "VersionDeletionPolicy", "PublishToLatestPublished",
		"CapacityProviderConfig", "FunctionScalingConfig")
	p.without("DeadLetterQueue", "EventInvokeConfig", "DurableConfig", "TenancyConfig")
	l.functionEvents(r)
	l.endFunction(f, p)
}

// function reads what both types have in common.
func (l *loader) function(r *resource, p *props) *spec.Function {
	p.quiet("FunctionName", "Description", "Tags", "Architectures", "KmsKeyArn", "EphemeralStorage", "RuntimeManagementConfig",
		"LoggingConfig", "VpcConfig", "CodeSigningConfigArn", "ImageConfig", "RecursiveLoop")
	p.without("FileSystemConfigs")
	f := &spec.Function{
		LogicalID: r.id, Name: functionName(l, r), Runtime: p.str("Runtime"), Handler: p.str("Handler"), At: l.source(r.node),
	}
	f.ARN = l.functionARN(f.Name)
	f.Timeout = time.Duration(p.integer("Timeout", 1, 900, 3)) * time.Second
	f.MemoryMB = p.integer("MemorySize", 128, 10240, 128)
	if p.get("ReservedConcurrentExecutions") != nil {
		n := p.integer("ReservedConcurrentExecutions", 0, 1<<31-1, 0)
		f.ReservedConcurrency = &n
	}
	if env := p.inside("Environment"); env != nil {
		f.Environment = env.texts("Variables")
		env.finish()
	}
	l.checkFunctionName(p, f.Name)
	return f
}

func (l *loader) checkFunctionName(p *props, name string) {
	if !nameOf(name, "-_") || len(name) > 64 {
		hint := ""
		if len(name) > 64 {
			hint = "--stack-name with a shorter name, if it is part of this one"
		}
		p.problem("FunctionName", "a function's name is letters, digits, - and _, at most 64", hint)
	}
}

// endFunction checks what packages need and adds the function. Its layers wait
// until all are read.
func (l *loader) endFunction(f *spec.Function, p *props) {
	image := strings.EqualFold(p.str("PackageType"), "Image")
	if !image && !p.has("Runtime") {
		p.problem("Runtime", "a function that is no image requires Runtime", "Runtime: python3.12")
	}
	if !image && !p.has("Handler") && !strings.HasPrefix(f.Runtime, "provided") {
		p.problem("Handler", "a function that is no image requires Handler", "Handler: app.handler")
	}
	layers := p.list("Layers")
	p.finish()
	l.spec.Functions = append(l.spec.Functions, *f)
	index := len(l.spec.Functions) - 1
	l.later(phaseLinks, p.r, func() {
		l.spec.Functions[index].Layers = l.functionLayers(layers)
		l.knownRole(p, "Role")
	})
}

// knownRole notes a role that the template does not have.
func (l *loader) knownRole(p *props, property string) {
	arn := p.get(property)
	if arn == nil || !arn.scalar() {
		return
	}
	for _, r := range l.roles {
		if r.ARN == arn.text {
			return
		}
	}
	l.note(p.spot(property), "the role "+arn.show()+" is not in the template: what it permits is not known here")
}

func aliasARN(l *loader, r *resource) string {
	name := l.physical(r, "Name", func() string { return "live" })
	return l.refersToFunction(r) + ":" + name
}

func versionARN(l *loader, r *resource) string { return l.refersToFunction(r) + ":1" }

// refersToFunction is the ARN of the function that an alias or version names.
func (l *loader) refersToFunction(r *resource) string {
	return spec.UnqualifiedFunctionARN(l.toFunctionARN(l.physical(r, "FunctionName", func() string { return "unknown" })))
}

// toFunctionARN completes a function's name or partial ARN (Lambda API
// reference, "FunctionName").
func (l *loader) toFunctionARN(name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	if account, rest, ok := strings.Cut(name, ":function:"); ok {
		return "arn:" + l.spec.Partition + ":lambda:" + l.o.Region + ":" + account + ":function:" + rest
	}
	return l.functionARN(name)
}

func aliasAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "AliasArn", func() string { return aliasARN(l, r) })}
}

func versionAttributes(l *loader, r *resource) []attribute {
	return []attribute{
		text(r, "FunctionArn", func() string { return versionARN(l, r) }),
		text(r, "Version", func() string { return "1" }), // the only one there is
	}
}

func readAlias(l *loader, r *resource, p *props) {
	p.need("FunctionName", "FunctionName: !Ref MyFunction")
	p.need("Name", "Name: live")
	p.quiet("Description", "FunctionVersion", "ProvisionedConcurrencyConfig")
	p.without("RoutingConfig")
	p.finish()
}

func readVersion(l *loader, r *resource, p *props) {
	p.need("FunctionName", "FunctionName: !Ref MyFunction")
	p.quiet("Description", "CodeSha256", "ProvisionedConcurrencyConfig", "RuntimePolicy", "FunctionScalingConfig")
	p.finish()
}

// functionEvents lists what would trigger the function besides the API.
func (l *loader) functionEvents(r *resource) {
	for _, e := range r.props.get("Events").all() {
		typ := "event"
		if t := e.val.get("Type"); t != nil {
			typ = t.text + " event"
		}
		l.notRun(r.id+".Events."+e.key, typ, "nothing triggers the function here", e.val)
	}
	if url := r.props.get("FunctionUrlConfig"); url != nil {
		l.notRun(r.id+"Url", "AWS::Lambda::Url", "", url)
	}
}

// noteBuildMethod remarks that the code must be built before it is run.
func (l *loader) noteBuildMethod(r *resource) {
	m := r.metadata.get("BuildMethod")
	if m == nil || !m.scalar() {
		return
	}
	switch {
	case m.text == "esbuild", m.text == "makefile", strings.HasPrefix(m.text, "rust"), strings.HasPrefix(m.text, "dotnet"), strings.HasPrefix(m.text, "java"):
		l.note(m, "BuildMethod "+strconv.Quote(m.text)+" is not run here: build the code first (sam build) and give .aws-sam/build/template.yaml")
	}
}
