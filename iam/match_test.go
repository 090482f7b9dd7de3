package iam_test

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

const route = "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/$connect"

func TestMatchARN(t *testing.T) {
	t.Parallel()
	const post = "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/POST/@connections/L0SM9cOFvHcCIhw="
	tests := []struct {
		why, pattern, arn string
		want              bool
	}{
		{"itself", route, route, true},
		{"a lone star fits all", "*", route, true},
		{"stars count as one", "***", route, true},
		{"a lone star fits what is no ARN", "*", "*", true},
		{"star crosses slashes", "arn:aws:execute-api:us-east-1:123456789012:abc123/*", route, true},
		{"star fits the empty run", "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/$connect*", route, true},
		{"every slash must be found: three asked, two there", "arn:aws:execute-api:us-east-1:123456789012:abc123/*/*/*", route, false},
		{"three asked, three there", "arn:aws:execute-api:us-east-1:123456789012:abc123/*/*/*", post, true},
		{"two asked, two there", "arn:aws:execute-api:us-east-1:123456789012:abc123/*/*", route, true},
		{"method and stage open", "arn:aws:execute-api:*:*:abc123/*/*/@connections/*", post, true},
		{"doubled star", "arn:aws:execute-api:*:**/@connections/*", post, false},
		{"doubled star in the sixth part", "arn:aws:execute-api:*:*:**/@connections/*", post, true},
		{"any partition", "arn:*:execute-api:*:*:*/@connections/*", post, true},
		{"no id without slash", "arn:aws:execute-api:*:*:abc123/prod/POST/@connections", post, false},
		{"another method", "arn:aws:execute-api:*:*:abc123/prod/GET/@connections/*", post, false},
		{"star does not cross a colon", "arn:aws:execute-api:*:abc123/prod/$connect", route, false},
		{"star within a part", "arn:aws:execute-api:us-*-1:1234*:abc*/prod/*", route, true},
		{"question mark is one", "arn:aws:execute-api:us-east-?:123456789012:abc12?/prod/*", route, true},
		{"question mark is not none", "arn:aws:execute-api:us-east-1?:123456789012:abc123/*", route, false},
		{"question mark is not two", "arn:aws:execute-api:us-east-1:123456789012:abc?/prod/*", route, false},
		{"question mark is a character, not a byte", "arn:aws:s3:::b/?", "arn:aws:s3:::b/é", true},
		{"star and marks count characters", "arn:aws:s3:::b/*??", "arn:aws:s3:::b/€", false},
		{"case of the resource", "arn:aws:execute-api:us-east-1:123456789012:ABC123/*", route, false},
		{"case of the service", "arn:aws:Execute-API:us-east-1:123456789012:abc123/*", route, false},
		{"case of arn", "ARN:aws:execute-api:us-east-1:123456789012:abc123/*", route, false},
		{"a service written with a wildcard", "arn:aws:execute-*:us-east-1:123456789012:abc123/*", route, false},
		{"a service that is a star", "arn:aws:*:*:*:*", route, false},
		{"short: only a service", "arn:aws:execute-api", route, true},
		{"short: other service", "arn:aws:lambda", route, false},
		{"short: up to the region", "arn:aws:execute-api:us-east-1", route, true},
		{"short: other region", "arn:aws:execute-api:eu-west-1", route, false},
		{"short: up to the account", "arn:aws:execute-api:us-east-1:123456789012", route, true},
		{"short: without service", "arn:aws", route, false},
		{"empty resource", "arn:aws:execute-api:us-east-1:123456789012:", route, false},
		{"the sixth part keeps colons", "arn:aws:lambda:us-east-1:123456789012:function:chat", "arn:aws:lambda:us-east-1:123456789012:function:chat", true},
		{"star over colons of the sixth part", "arn:aws:lambda:us-east-1:123456789012:*:live", "arn:aws:lambda:us-east-1:123456789012:function:chat:live", true},
		{"empty parts", "arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", true},
		{"star for an empty part", "arn:aws:s3:*:*:bucket/*", "arn:aws:s3:::bucket/a", true},
		{"what is no ARN", "arn:aws:s3:::bucket", "*", false},
		{"both too short", "arn:aws:s3", "arn:aws:s3", false},
		{"no pattern", "", route, false},
		{"not an ARN", "abc123/*", route, false},
		{"no variables here", "arn:aws:s3:::${x}", "arn:aws:s3:::${x}", true},
		{"backtracks", "arn:aws:s3:::*ab*abc", "arn:aws:s3:::ababab-abcabc", true},
		{"star in the middle", "arn:aws:s3:::a*c", "arn:aws:s3:::abcbd", false},
	}
	for _, tt := range tests {
		if got := iam.MatchARN(tt.pattern, tt.arn); got != tt.want {
			t.Errorf("%s: MatchARN(%q, %q) = %v", tt.why, tt.pattern, tt.arn, got)
		}
		// The same through a policy, where the pattern is one Parse takes.
		policy, err := iam.Parse([]byte(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"` + tt.pattern + `"}}`))
		if err != nil {
			if tt.want {
				t.Errorf("%s: matches but Parse: %v", tt.why, err)
			}
			continue
		}
		d, _ := iam.Evaluate(&iam.Policies{Identity: []iam.Named{{Policy: policy}}}, &iam.Request{Action: "a:B", Resource: tt.arn})
		if (d == iam.Allow) != tt.want {
			t.Errorf("%s: Evaluate says %v", tt.why, d)
		}
	}
}

func TestMatchAction(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, action string
		want            bool
	}{
		{"execute-api:Invoke", "execute-api:Invoke", true},
		{"execute-api:invoke", "execute-api:Invoke", true},
		{"EXECUTE-API:INVOKE", "execute-api:Invoke", true},
		{"execute-api:Invoke", "EXECUTE-api:invoke", true},
		{"execute-api:*", "execute-api:ManageConnections", true},
		{"execute-api:Inv*", "execute-api:Invoke", true},
		{"execute-api:*k?", "execute-api:Invoke", true},
		{"execute-api:Invok?", "execute-api:Invoke", true},
		{"execute-api:Invoke?", "execute-api:Invoke", false},
		{"execute-api:**", "execute-api:Invoke", true},
		{"*", "execute-api:Invoke", true},
		{"*:*", "execute-api:Invoke", true},
		{"dynamodb:*", "execute-api:Invoke", false},
		{"execute-*:Invoke", "execute-api:Invoke", false},
		{"execute-api", "execute-api:Invoke", false},
		{"execute-api:", "execute-api:Invoke", false},
		{":Invoke", "execute-api:Invoke", false},
		{"", "execute-api:Invoke", false},
		{"execute-api:Invoke", "", false},
		{"lambda:Invoke*", "lambda:InvokeFunction", true},
	}
	for _, tt := range tests {
		if got := iam.MatchAction(tt.pattern, tt.action); got != tt.want {
			t.Errorf("MatchAction(%q, %q) = %v", tt.pattern, tt.action, got)
		}
	}
}

func TestMatchARNLike(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern, arn string
		want         bool
	}{
		{route, route, true},
		{"*", route, true},
		{"arn:aws:*:*:*:*", route, true},
		{"arn:*:execute-*:*:*:abc123/*", route, true},
		{"arn:aws:execute-api:us-east-1:123456789012:abc123/*/$connect", route, true},
		{"arn:aws:execute-api:us-east-1:123456789012:abc123/*/$disconnect", route, false},
		{"arn:aws:execute-api:us-east-1:123456789012:ABC123/*", route, false},
		{"arn:aws:execute-api:*", route, false},
		{"arn:aws:execute-api", route, false},
		{"*", "not an ARN", false},
		{"", route, false},
		{"arn:aws:lambda:*:*:function:*", "arn:aws:lambda:us-east-1:1:function:a:b", true},
	}
	for _, tt := range tests {
		if got := iam.MatchARNLike(tt.pattern, tt.arn); got != tt.want {
			t.Errorf("MatchARNLike(%q, %q) = %v", tt.pattern, tt.arn, got)
		}
	}
}

// A pattern of nothing but stars and letters is the classic way to make a
// matcher take for ever; here it would outlast the test's time.
func TestMatchIsNotExponential(t *testing.T) {
	t.Parallel()
	pattern := "arn:aws:s3:::" + strings.Repeat("*a", 2000) + "b"
	arn := "arn:aws:s3:::" + strings.Repeat("a", 20000)
	if iam.MatchARN(pattern, arn) {
		t.Error("matched")
	}
}
