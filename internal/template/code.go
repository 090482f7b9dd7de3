package template

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// lambdaCode is the Code of an AWS::Lambda::Function: inline, or a local path
// (as `aws cloudformation package` takes it), or a CDK asset, or elsewhere.
func (l *loader) lambdaCode(r *resource, p *props) spec.Code {
	code := p.get("Code")
	if code == nil {
		if !p.has("Code") {
			p.problem("Code", r.typ+" requires Code", "Code: ./src, a directory beside the template")
		}
		return spec.Code{Property: "Code"}
	}
	if code.kind == kindMap {
		if zip := code.get("ZipFile"); zip != nil && zip.scalar() {
			p.member(code).textsOnly("ZipFile")
			return spec.Code{Inline: zip.text, Property: "Code.ZipFile"}
		}
	}
	return l.localCode(r, p, "Code", "Code")
}

// textsOnly notes the members of a map besides those named.
func (p *props) textsOnly(names ...string) {
	p.quiet(names...)
	p.finish()
}

// serverlessCode is the code of an AWS::Serverless::Function.
func (l *loader) serverlessCode(r *resource, p *props) spec.Code {
	l.noteBuildMethod(r)
	p.quiet("ImageUri", "InlineCode")
	if strings.EqualFold(p.str("PackageType"), "Image") {
		return spec.Code{Unavailable: imageReason, Property: "PackageType"}
	}
	if inline := p.str("InlineCode"); inline != "" && r.props.get("CodeUri") == nil {
		return spec.Code{Inline: inline, Property: "InlineCode"}
	}
	if !p.has("CodeUri") {
		p.quiet("CodeUri")
		l.note(p.n, "the function has neither CodeUri nor InlineCode: its code is the template's directory, as for sam")
		return spec.Code{Dir: l.dir, Property: "CodeUri"}
	}
	return l.localCode(r, p, "CodeUri", "")
}

const imageReason = "the function is a container image: run it elsewhere and give --function Name=http://host:port"

// localCode finds the code that a property points to. asset is the value of
// CDK's aws:asset:property metadata that belongs to it.
func (l *loader) localCode(r *resource, p *props, property, asset string) spec.Code {
	v := p.get(property)
	if path := r.metadata.get("aws:asset:path"); path != nil && asset != "" && assetIs(r, asset) {
		return l.codeAt(path, property, path.text)
	}
	if strings.EqualFold(p.str("PackageType"), "Image") {
		return spec.Code{Unavailable: imageReason, Property: property}
	}
	switch {
	case v == nil && !p.has(property):
		p.problem(property, r.typ+" requires "+property, property+": ./dir, a directory beside the template")
	case v == nil:
	case v.kind == kindMap:
		return l.remoteCode(p, v, property)
	case v.scalar() && strings.HasPrefix(v.text, "s3://"):
		return spec.Code{Unavailable: "it is in S3 (" + v.text + "): give a local directory, or --function Name=URL", Property: property}
	case v.scalar():
		return l.codeAt(v, property, v.text)
	default:
		p.problem(property, property+" must be a path, it is "+v.kindName(), "")
	}
	return spec.Code{Property: property}
}

func assetIs(r *resource, asset string) bool {
	at := r.metadata.get("aws:asset:property")
	return at == nil || at.text == asset || strings.HasPrefix(at.text, asset+".S3")
}

// remoteCode is code in S3 or an image.
func (l *loader) remoteCode(p *props, v *node, property string) spec.Code {
	m := p.member(v)
	if m.str("ImageUri") != "" {
		m.finish()
		return spec.Code{Unavailable: imageReason, Property: property}
	}
	bucket, key := m.str("S3Bucket")+m.str("Bucket"), m.str("S3Key")+m.str("Key")
	m.textsOnly("S3ObjectVersion", "Version", "SourceKMSKeyArn", "S3ObjectStorageMode")
	if key == "" && !v.hasBad() {
		p.problem(property, property+" names neither a path nor an S3 object", property+": ./src, a directory beside the template")
	}
	return spec.Code{
		Unavailable: "it is in S3 (s3://" + bucket + "/" + key + "): give a local directory, or --function Name=URL", Property: property,
	}
}

// codeAt is a directory or an archive beside the template.
func (l *loader) codeAt(at *node, property, path string) spec.Code {
	full := filepath.FromSlash(path)
	if !filepath.IsAbs(full) {
		full = filepath.Join(l.dir, full)
	}
	info, err := os.Stat(full)
	ext := strings.ToLower(filepath.Ext(full))
	switch {
	case err != nil:
		l.problem(at, "there is nothing at "+quoteShort(path), "the path is relative to the template's directory, "+l.dir)
	case info.IsDir():
		return spec.Code{Dir: full, Property: property}
	case ext == ".zip" || ext == ".jar":
		return spec.Code{Zip: full, Property: property}
	default:
		l.problem(at, quoteShort(path)+" is neither a directory nor a zip file", "give the directory that the file is in")
	}
	return spec.Code{Property: property}
}
