package template

import (
	"strings"
	"testing"

	"github.com/tidewire/tidewire/iam"
)

func TestEveryManagedPolicyParses(t *testing.T) {
	t.Parallel()
	for path := range managedPolicies() {
		for _, partition := range []string{"aws", "aws-cn", "aws-us-gov"} {
			doc, ok := managedPolicy("arn:" + partition + ":iam::aws:policy/" + path)
			if !ok {
				t.Fatalf("%s in %s is not found", path, partition)
			}
			if _, err := iam.ParseIdentity(doc); err != nil {
				t.Errorf("%s: %v in %s", path, err, doc)
			}
			if strings.Contains(string(doc), "{Partition}") || partition != "aws" && strings.Contains(string(doc), `"arn:aws:`) {
				t.Errorf("%s: wrong partition in %s", path, doc)
			}
		}
	}
}

func TestManagedPolicyPermits(t *testing.T) {
	t.Parallel()
	const (
		route = "arn:aws:execute-api:eu-west-1:123456789012:abc/prod/$connect"
		table = "arn:aws:dynamodb:eu-west-1:123456789012:table/chat"
	)
	tests := []struct {
		path, action, resource string
		want                   iam.Decision
	}{
		{"AmazonAPIGatewayInvokeFullAccess", "execute-api:Invoke", route, iam.Allow},
		{"AmazonAPIGatewayInvokeFullAccess", "execute-api:ManageConnections", "arn:aws:execute-api:eu-west-1:123456789012:abc/prod/POST/@connections/x", iam.Allow},
		{"AmazonAPIGatewayInvokeFullAccess", "dynamodb:GetItem", table, iam.Deny},
		{"AmazonAPIGatewayAdministrator", "execute-api:Invoke", route, iam.Deny},
		{"AmazonDynamoDBFullAccess", "dynamodb:DeleteTable", table, iam.Allow},
		{"AmazonDynamoDBReadOnlyAccess", "dynamodb:Query", table, iam.Allow},
		{"AmazonDynamoDBReadOnlyAccess", "dynamodb:PutItem", table, iam.Deny},
		{"AWSAppSyncInvokeFullAccess", "appsync:GraphQL", "arn:aws:appsync:eu-west-1:123456789012:apis/a/types/Query/fields/f", iam.Allow},
		{"service-role/AWSLambdaBasicExecutionRole", "logs:PutLogEvents", "arn:aws:logs:eu-west-1:1:log-group:g:log-stream:s", iam.Allow},
		{"service-role/AWSLambdaBasicExecutionRole", "execute-api:ManageConnections", route, iam.Deny},
		{"service-role/AWSLambdaRole", "lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:1:function:f", iam.Allow},
		{"AdministratorAccess", "execute-api:Invoke", route, iam.Allow},
		{"PowerUserAccess", "execute-api:Invoke", route, iam.Allow},
		{"PowerUserAccess", "iam:CreateUser", "*", iam.Deny},
		{"PowerUserAccess", "iam:ListRoles", "*", iam.Allow},
	}
	for _, tt := range tests {
		doc, ok := managedPolicy("arn:aws:iam::aws:policy/" + tt.path)
		if !ok {
			t.Fatalf("%s is not found", tt.path)
		}
		policy, err := iam.Parse(doc)
		if err != nil {
			t.Fatal(err)
		}
		held := &iam.Policies{Identity: []iam.Named{{Name: tt.path, Policy: policy}}}
		if got, why := iam.Evaluate(held, &iam.Request{Action: tt.action, Resource: tt.resource}); got != tt.want {
			t.Errorf("%s: %s", tt.path, why)
		}
	}
}

func TestManagedPolicyUnknown(t *testing.T) {
	t.Parallel()
	for _, arn := range []string{
		"", "AdministratorAccess", "arn:aws:iam::aws:policy/", "arn:aws:iam::aws:policy/ReadOnlyAccess",
		"arn:aws:iam::123456789012:policy/AdministratorAccess", "arn:aws:iam::aws:policy/AWSLambdaBasicExecutionRole",
		"arn:aws:x:iam::aws:policy/AdministratorAccess", "aws:iam::aws:policy/AdministratorAccess",
		"arn:aws:iam::aws:policy/administratoraccess",
	} {
		if doc, ok := managedPolicy(arn); ok || doc != nil {
			t.Errorf("%q is found", arn)
		}
	}
}
