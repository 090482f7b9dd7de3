package template

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
)

// FuzzLoad feeds bytes as a template: no panic, and an end.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		chatTemplate, echoTemplate, cdkTemplate, graphTemplate, samGraphTemplate, cdkGraphTemplate, eventsTemplate, smallEvents, poolTemplate, smallPool, cdkPoolTemplate, minimal, intrinsics, bomb(), "", "{", "a: &a [*a]", "? [a]: b", "!Ref", "!%00", "\"\\e[31m\": {}", "<<: {<<: {}}",
		"Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::A: [N, [a, b], {\"X${N}\": {Type: AWS::SQS::Queue}}]\n",
		"Resources: {A: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref B}}, B: {Type: AWS::IAM::Role, Properties: {RoleName: !Ref A}}}",
		"Resources: {A: {Type: AWS::Lambda::Function, Properties: {FunctionName: !Cidr [10.0.0.0/8, 256, 16]}}}",
	} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "template.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip()
		}
		started := time.Now()
		s, ps := load(path, data, &Options{StackName: "fuzz", Resolve: map[string]string{"/x": "y"}})
		if s == nil && len(ps) == 0 {
			t.Error("neither a spec nor a problem")
		}
		for _, p := range ps {
			if p.Message == "" || strings.ContainsFunc(p.Message+p.Hint+p.Resource+p.Property, unicode.IsControl) {
				t.Errorf("problem %q", p)
			}
		}
		if d := time.Since(started); d > 5*time.Second {
			t.Errorf("took %s", d)
		}
	})
}

// BenchmarkLoad is what a small template costs at start.
func BenchmarkLoad(b *testing.B) {
	path := templateFile(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, ps := load(path, []byte(chatTemplate), nil); len(ps) > 0 {
			b.Fatal(ps.Error())
		}
	}
}
