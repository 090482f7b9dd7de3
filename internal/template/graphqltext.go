package template

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/tidewire/tidewire/internal/spec"
)

// maxSchema is how large a schema may be, and maxScriptFile a file of code;
// what AppSync takes of code is counted when it is bundled.
const (
	maxSchema     = 1 << 20
	maxScriptFile = 1 << 20
)

// readGraphQLSchema adds a part of the API's schema.
func readGraphQLSchema(l *loader, r *resource, p *props, d *graphDraft) {
	if d.schema {
		l.note(r.node, "the API "+d.api.LogicalID+" has several schemas: here their parts are read as one, on AWS one takes the other's place")
	}
	d.schema = true
	inline, file := p.get("Definition"), p.get("DefinitionS3Location")
	switch {
	case p.has("Definition") && p.has("DefinitionS3Location"):
		p.problem("DefinitionS3Location", "a schema has either Definition or DefinitionS3Location", "remove one of them")
	case inline != nil:
		if text := p.str("Definition"); text != "" {
			d.api.Schema = append(d.api.Schema, spec.SchemaPart{Text: text, At: l.source(p.spot("Definition"))})
		} else if inline.scalar() {
			p.problem("Definition", "the schema is empty", "Definition: type Query { hello: String }")
		}
	case file != nil:
		l.schemaFile(p, d)
	case !p.has("Definition") && !p.has("DefinitionS3Location"):
		l.problem(r.node, "the schema has neither Definition nor DefinitionS3Location", "DefinitionS3Location: schema.graphql, a file beside the template")
	}
}

func (l *loader) schemaFile(p *props, d *graphDraft) {
	at := p.spot("DefinitionS3Location")
	path, remote := l.localFile(p, "DefinitionS3Location")
	if remote {
		l.problem(at, "the schema is in S3 ("+p.get("DefinitionS3Location").show()+"), which is not read here", "give the path of a file beside the template")
		return
	}
	if text, ok := l.textOf(at, path, maxSchema, "a schema"); ok {
		d.api.Schema = append(d.api.Schema, spec.SchemaPart{File: path, Text: text, At: l.source(at)})
	}
}

// localFile is the file that a location means: a path beside the template (as
// `aws cloudformation package` takes it), or an asset of CDK. remote says that
// it is in S3; an empty path, that it is broken.
func (l *loader) localFile(p *props, property string) (path string, remote bool) {
	location := p.str(property)
	if asset := p.r.metadata.get("aws:asset:path"); asset != nil && assetIs(p.r, property) {
		location = asset.text
	}
	switch key, s3 := objectKey(location); {
	case location == "":
		return "", false
	case s3:
		path = l.asset(key)
		return path, path == ""
	default:
		return l.besides(location), false
	}
}

// besides is a path, which is relative to the template's directory.
func (l *loader) besides(path string) string {
	full := filepath.FromSlash(path)
	if !filepath.IsAbs(full) {
		full = filepath.Join(l.dir, full)
	}
	return full
}

// objectKey is the key of an S3 location, s3://bucket/key or an https URL.
func objectKey(location string) (key string, ok bool) {
	rest, ok := strings.CutPrefix(location, "s3://")
	if !ok {
		rest, ok = strings.CutPrefix(location, "https://")
	}
	_, key, _ = strings.Cut(rest, "/")
	return key, ok
}

// assetManifest is what CDK says of a stack's assets, in STACK.assets.json
// (CDK cloud assembly schema, "AssetManifest").
type assetManifest struct {
	Files map[string]struct {
		Source       struct{ Path string }
		Destinations map[string]struct{ ObjectKey string }
	}
}

// asset is the file beside the template that CDK would upload under a key; ""
// if there is none.
func (l *loader) asset(key string) string {
	if l.assets == nil {
		l.assets = l.readAssets()
	}
	if path := l.assets[key]; path != "" {
		return l.besides(path)
	}
	path := filepath.Join(l.dir, "asset."+filepath.Base(key))
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return path
}

// readAssets gives paths by object key.
func (l *loader) readAssets() map[string]string {
	out := map[string]string{}
	stack, ok := strings.CutSuffix(filepath.Base(l.file), ".template.json")
	if !ok {
		return out
	}
	file := filepath.Join(l.dir, stack+".assets.json")
	data, err := readFile(file, maxBytes)
	var manifest assetManifest
	if err != nil || json.Unmarshal(data, &manifest) != nil {
		return out
	}
	for _, f := range manifest.Files {
		for _, to := range f.Destinations {
			out[to.ObjectKey] = f.Source.Path
		}
	}
	return out
}

// textOf reads a file that the template names, and has it watched, also if it
// cannot be read.
func (l *loader) textOf(at *node, path string, limit int, what string) (string, bool) {
	if path == "" {
		return "", false
	}
	l.watch(path)
	data, err := readFile(path, limit)
	switch {
	case os.IsNotExist(err):
		l.problem(at, "there is nothing at "+quoteShort(path), "a path is relative to the template's directory, "+l.dir)
	case err != nil:
		l.problem(at, quoteShort(path)+" cannot be read: "+err.Error(), "")
	case !utf8.Valid(data):
		l.problem(at, quoteShort(path)+" is not a text in UTF-8", "")
	case len(strings.TrimSpace(string(data))) == 0:
		l.problem(at, quoteShort(path)+" is empty", what+" is expected there")
	default:
		return string(data), true
	}
	return "", false
}

// watch adds a file to those that the template was read from, by a path like
// the template's own: a watcher knows each directory by one name only.
func (l *loader) watch(path string) {
	if !filepath.IsAbs(l.file) {
		if rel, err := filepath.Rel(l.dir, path); err == nil {
			path = filepath.Join(filepath.Dir(l.file), rel)
		}
	}
	if !contains(l.spec.Files, path) {
		l.spec.Files = append(l.spec.Files, path)
	}
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is no file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		return nil, fmt.Errorf("it has more than %d bytes", limit)
	}
	return data, err
}
