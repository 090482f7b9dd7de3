package template

import (
	"github.com/tidewire/tidewire/internal/spec"
)

func (l *loader) functionLayers(refs []*node) []spec.Layer {
	var out []spec.Layer
	for _, ref := range refs {
		switch layer, ok := l.layers[ref.text]; {
		case ok && layer.Dir != "":
			out = append(out, layer)
		case !ok && ref.kind != kindBad:
			l.note(ref, "the layer "+ref.show()+" is not in the template: the function runs without it")
		}
	}
	return out
}

func layerARN(l *loader, r *resource) string {
	return l.arn("lambda", "layer:"+l.physical(r, "LayerName", func() string { return r.id })+":1")
}

func layerAttributes(l *loader, r *resource) []attribute {
	return []attribute{text(r, "LayerVersionArn", func() string { return layerARN(l, r) })}
}

func readLayer(l *loader, r *resource, p *props) {
	l.endLayer(r, p, l.localCode(r, p, "Content", "Content"))
}

func readServerlessLayer(l *loader, r *resource, p *props) {
	p.quiet("RetentionPolicy", "PublishLambdaVersion")
	l.noteBuildMethod(r)
	l.endLayer(r, p, l.localCode(r, p, "ContentUri", ""))
}

func (l *loader) endLayer(r *resource, p *props, code spec.Code) {
	p.quiet("LayerName", "Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
	p.finish()
	at := p.spot(code.Property)
	switch {
	case code.Zip != "":
		l.gap(spec.Worker, at, "the layer "+r.id+" is a zip file: functions run without it", "unpack it and give the directory")
	case code.Unavailable != "":
		l.gap(spec.Worker, at, "the layer "+r.id+" has no local content: "+code.Unavailable, "give a local directory")
	}
	arn := layerARN(l, r)
	l.layers[arn] = spec.Layer{LogicalID: r.id, ARN: arn, Dir: code.Dir}
}
