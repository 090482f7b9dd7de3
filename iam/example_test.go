package iam_test

import (
	"fmt"

	"github.com/tidewire/tidewire/iam"
)

func ExampleEvaluate() {
	policy, err := iam.ParseIdentity([]byte(`{
		"Version": "2012-10-17",
		"Statement": {
			"Sid": "Office",
			"Effect": "Allow",
			"Action": "execute-api:Invoke",
			"Resource": "arn:aws:execute-api:us-east-1:123456789012:abc123/*",
			"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
		}
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	decision, why := iam.Evaluate(
		&iam.Policies{Identity: []iam.Named{{Name: "sockets", Policy: policy}}},
		&iam.Request{
			Principal: "arn:aws:iam::123456789012:user/bob",
			Action:    "execute-api:Invoke",
			Resource:  "arn:aws:execute-api:us-east-1:123456789012:abc123/prod/$connect",
			Context:   iam.Context{"aws:sourceip": {"127.0.0.1"}},
		})
	fmt.Println(decision)
	for _, miss := range why.Misses() {
		fmt.Println(miss)
	}
	// Output:
	// Deny
	// "sockets", statement 1 (Sid "Office"): Condition IpAddress on aws:SourceIp failed: wants 10.0.0.0/8, the request has 127.0.0.1
}

func ExampleParse_syntaxError() {
	_, err := iam.Parse([]byte("{\n  \"Statement\": {\"Effect\": \"allow\"}\n}"))
	fmt.Println(err)
	// Output: line 2, column 27: Effect must be "Allow" or "Deny", not "allow"
}
