package iam_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		doc          string
		line, column int
		message      string // a part of it
	}{
		{``, 1, 1, "ends too early"},
		{`  `, 1, 3, "ends too early"},
		{`{"Statement":`, 1, 14, "ends too early"},
		{`[]`, 1, 1, "a policy must be an object, not a list"},
		{`"x"`, 1, 1, "a policy must be an object, not a string"},
		{`nonsense`, 1, 2, "not JSON"},
		{`{"Statement":[],}`, 1, 16, "not JSON"},
		{"{\n  \"Statement\": [,]\n}", 2, 17, "not JSON"},
		{`{"Statement":[]},`, 1, 17, "after the end"},
		{`{"Statement":[]} x`, 1, 18, "after the end"},
		{`{}`, 1, 1, "no Statement"},
		{`{"Version":"2012-10-17"}`, 1, 1, "no Statement"},
		{"{\n  \"Version\": \"2012-10-18\",\n  \"Statement\": []}", 2, 14, `Version must be "2012-10-17"`},
		{`{"Version":2012,"Statement":[]}`, 1, 12, "Version must be a string, not a number"},
		{`{"version":"2012-10-17","Statement":[]}`, 1, 2, `did you mean "Version"?`},
		{`{"Statements":[]}`, 1, 2, `did you mean "Statement"?`},
		{`{"Statement":[],"Comment":"x"}`, 1, 17, `unknown element "Comment"`},
		{`{"Statement":[],"Statement":[]}`, 1, 17, `"Statement" twice`},
		{`{"Statement":"x"}`, 1, 14, "Statement must be an object or a list"},
		{`{"Statement":null}`, 1, 14, "not null"},
		{`{"Statement":["x"]}`, 1, 15, "Statement must be a list of objects, but contains a string"},
		{`{"Statement":[[]]}`, 1, 15, "contains a list"},
		{`{"Id":{},"Statement":[]}`, 1, 7, "Id must be a string, not an object"},
		{`{"Statement":{"Action":"*","Resource":"*"}}`, 1, 14, "no Effect"},
		{`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},` + "\n" + ` {"Action":"*","Resource":"*"}]}`, 2, 2, "no Effect"},
		{`{"Statement":{"Effect":"allow","Action":"*","Resource":"*"}}`, 1, 24, `Effect must be "Allow" or "Deny"`},
		{`{"Statement":{"Effect":true,"Action":"*","Resource":"*"}}`, 1, 24, "not a boolean"},
		{`{"Statement":{"Effect":"Allow","Resource":"*"}}`, 1, 14, "neither Action nor NotAction"},
		{`{"Statement":{"Effect":"Allow","Action":"*"}}`, 1, 14, "neither Resource nor NotResource"},
		{`{"Statement":{"Effect":"Allow","Action":"*","NotAction":"a:B","Resource":"*"}}`, 1, 45, "both Action and NotAction"},
		{`{"Statement":{"Effect":"Allow","Action":"*","NotResource":"*","Resource":"*"}}`, 1, 63, "both NotResource and Resource"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Action":"*"}}`, 1, 60, `"Action" twice`},
		{`{"Statement":{"Effect":"Allow","Actions":"*","Resource":"*"}}`, 1, 32, `did you mean "Action"?`},
		{`{"Statement":{"Effect":"Allow","Action":5,"Resource":"*"}}`, 1, 41, "Action must be a string or a list of strings, not a number"},
		{`{"Statement":{"Effect":"Allow","Action":["*",null],"Resource":"*"}}`, 1, 46, "Action must be a list of strings, but contains null"},
		{`{"Statement":{"Effect":"Allow","Action":{"a":1},"Resource":"*"}}`, 1, 41, "not an object"},
		{`{"Statement":{"Effect":"Allow","Action":"Invoke","Resource":"*"}}`, 1, 41, "prefaced by a service"},
		{`{"Statement":{"Effect":"Allow","Action":"execute-*:Invoke","Resource":"*"}}`, 1, 41, "wildcards may stand only after"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"abc/*"}}`, 1, 56, "must be an ARN"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws"}}`, 1, 56, "must be an ARN"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:*:::x"}}`, 1, 56, "cannot contain a wildcard"},
		{`{"Statement":{"Effect":"Allow","NotAction":[],"Resource":"*"}}`, 1, 32, "NotAction is empty"},
		{`{"Statement":{"Effect":"Allow","Action":"*","NotResource":[]}}`, 1, 45, "NotResource is empty"},
		{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${x"}}`, 1, 79, "not closed"},
		{`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${}"}}`, 1, 79, "names no condition key"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${x, y}"},"Version":"2012-10-17"}`, 1, 56, "single quotes"},
		{`{"Statement":{"Sid":1,"Effect":"Allow","Action":"*","Resource":"*"}}`, 1, 21, "Sid must be a string"},
		{`{"Statement":[{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"*","Resource":"*"}]}`, 1, 79, `Sid "A" stands in two`},
		{`{"Statement":{"Effect":"Allow","Action":"*","Principal":"bob"}}`, 1, 57, `Principal must be "*" or an object`},
		{`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"Aws":"*"}}}`, 1, 58, `did you mean "AWS"?`},
		{`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":12}}}`, 1, 64, "12 digits"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":null}}}`, 1, 64, "not null"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"12"}}}`, 1, 64, "12 digits"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":""}}}`, 1, 64, "empty"},
		{`{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"arn:aws:iam::1:user/*"}}}`, 1, 64, "in part"},
		{`{"Statement":{"Effect":"Allow","Action":"*","NotPrincipal":{"AWS":"*"}}}`, 1, 45, `only with Effect "Deny"`},
		{`{"Statement":{"Effect":"Deny","Action":"*","NotPrincipal":{}}}`, 1, 44, "NotPrincipal is empty"},
		{`{"Statement":{"Effect":"Deny","Action":"*","Principal":"*","NotPrincipal":"*"}}`, 1, 60, "both Principal and NotPrincipal"},
		{condition(`[]`), 1, 1 + len(conditionStart), "Condition must be an object, not a list"},
		{condition(`{"StringEquals":"x"}`), 1, 17 + len(conditionStart), "StringEquals must be an object"},
		{condition(`{"stringequals":{"k":"x"}}`), 1, 2 + len(conditionStart), `did you mean "StringEquals"?`},
		{condition(`{"foranyvalue:stringlikeifexists":{"k":"x"}}`), 1, 2 + len(conditionStart), `did you mean "ForAnyValue:StringLikeIfExists"?`},
		{condition(`{"StringMatches":{"k":"x"}}`), 1, 2 + len(conditionStart), `unknown condition operator "StringMatches"`},
		{condition(`{"NullIfExists":{"k":"true"}}`), 1, 2 + len(conditionStart), "unknown condition operator"},
		{condition(`{"StringEquals":{"k":[]}}`), 1, 18 + len(conditionStart), "no value for k"},
		{condition(`{"StringEquals":{"":"x"}}`), 1, 18 + len(conditionStart), "empty key"},
		{condition(`{"StringEquals":{"k":null}}`), 1, 22 + len(conditionStart), "not null"},
		{condition(`{"StringEquals":{"k":{}}}`), 1, 22 + len(conditionStart), "not an object"},
		{condition(`{"StringEquals":{"k":"a","k":"b"}}`), 1, 26 + len(conditionStart), `"k" twice`},
		{condition(`{"StringEquals":{"k":"a","K":"b"}}`), 1, 26 + len(conditionStart), `"K" twice`},
		{condition(`{"StringEquals":{"k":"a"},"StringEquals":{"l":"b"}}`), 1, 27 + len(conditionStart), `"StringEquals" twice`},
		{condition(`{"NumericEquals":{"k":"five"}}`), 1, 23 + len(conditionStart), "is not a number"},
		{condition(`{"NumericEquals":{"k":"0x10"}}`), 1, 23 + len(conditionStart), "is not a number"},
		{condition(`{"DateLessThan":{"k":"tomorrow"}}`), 1, 22 + len(conditionStart), "is neither a date"},
		{condition(`{"DateLessThan":{"k":"2024-13-01"}}`), 1, 22 + len(conditionStart), "is neither a date"},
		{condition(`{"Bool":{"k":"yes"}}`), 1, 14 + len(conditionStart), `is neither "true" nor "false"`},
		{condition(`{"Null":{"k":"absent"}}`), 1, 14 + len(conditionStart), `is neither "true" nor "false"`},
		{condition(`{"BinaryEquals":{"k":"%"}}`), 1, 22 + len(conditionStart), "is not base64"},
		{condition(`{"IpAddress":{"k":"10.0.0.0/33"}}`), 1, 19 + len(conditionStart), "is not an IP address"},
		{condition(`{"IpAddress":{"k":["10.0.0.1","localhost"]}}`), 1, 31 + len(conditionStart), "is not an IP address"},
		{condition(`{"ArnLike":{"k":"bob"}}`), 1, 17 + len(conditionStart), "must be an ARN"},
		{"{\"Id\":\"é\xff\"}", 1, 9, "not UTF-8"},
		{"{\n\t\"Id\": \"é\", \"Ié\": 1}", 2, 13, `unknown element "Ié"`},
	}
	for _, tt := range tests {
		_, err := iam.Parse([]byte(tt.doc))
		var wrong *iam.SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%s: error %v", tt.doc, err)
			continue
		}
		if wrong.Line != tt.line || wrong.Column != tt.column || !strings.Contains(wrong.Message, tt.message) {
			t.Errorf("%s\n got %v\nwant line %d, column %d: …%s…", tt.doc, err, tt.line, tt.column, tt.message)
		}
	}
}

const conditionStart = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":`

func condition(block string) string { return conditionStart + block + `}}` }

func TestParseKinds(t *testing.T) {
	t.Parallel()
	const (
		plain  = `{"Statement":{"Effect":"Allow","Action":"a:B","Resource":"*"}}`
		trust  = `{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}}`
		bucket = `{"Statement":{"Effect":"Allow","Action":"s3:*","Principal":"*","Resource":"*"}}`
	)
	tests := []struct {
		doc                            string
		any, identity, resource, trust string // part of the message; empty: parsed
	}{
		{plain, "", "", "no Principal", "must not have Resource"},
		{trust, "", "neither Resource", "neither Resource", ""},
		{bucket, "", "must not have Principal", "", "must not have Resource"},
	}
	for _, tt := range tests {
		for kind, want := range map[iam.Kind]string{iam.AnyKind: tt.any, iam.IdentityKind: tt.identity, iam.ResourceKind: tt.resource, iam.TrustKind: tt.trust} {
			p, err := iam.ParseKind([]byte(tt.doc), kind)
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("kind %d of %s: %v", kind, tt.doc, err)
			}
			if err == nil && p.Len() != 1 {
				t.Errorf("%d statements", p.Len())
			}
		}
	}
	if _, err := iam.ParseIdentity([]byte(plain)); err != nil {
		t.Error(err)
	}
	if _, err := iam.ParseResource([]byte(bucket)); err != nil {
		t.Error(err)
	}
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	big := `{"Statement":[],"Id":"` + strings.Repeat("x", 256<<10) + `"}`
	if _, err := iam.Parse([]byte(big)); err == nil || !strings.Contains(err.Error(), "bytes") {
		t.Errorf("a big document: %v", err)
	}
	deep := strings.Repeat("[", 100_000)
	if _, err := iam.Parse([]byte(`{"Statement":` + deep)); err == nil {
		t.Error("a deep document was parsed")
	}
	var none *iam.Policy
	if none.ID() != "" || none.Len() != 0 || none.Version() != "2008-10-17" {
		t.Error("a nil policy has something")
	}
	if p := parse(t, `{"Id":"me","Version":"2012-10-17","Statement":[]}`); p.ID() != "me" || p.Version() != "2012-10-17" {
		t.Errorf("%q, %q", p.ID(), p.Version())
	}
}
