package template

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/iam"
)

// testEnv is where the policies of these tests live.
func testEnv() policyEnv {
	return policyEnv{Partition: "aws", Region: "eu-west-1", Account: "123456789012"}
}

// expandTemplate is samPolicyTemplate and Parse for what must work.
func expandTemplate(t *testing.T, name string, params map[string]string) *iam.Policy {
	t.Helper()
	doc, problem := samPolicyTemplate(name, params, testEnv())
	if problem != "" {
		t.Fatalf("%s: %s", name, problem)
	}
	policy, err := iam.ParseIdentity(doc)
	if err != nil {
		t.Fatalf("%s: %v in %s", name, err, doc)
	}
	return policy
}

func TestEverySAMPolicyTemplateParses(t *testing.T) {
	t.Parallel()
	all := samPolicies()
	if len(all) != 81 {
		t.Errorf("%d templates; SAM publishes 81", len(all))
	}
	for name, rules := range all {
		params := map[string]string{}
		for _, p := range placeholders(rules) {
			params[p] = "arn:aws:any:eu-west-1:123456789012:" + p
		}
		expandTemplate(t, name, params)
		doc, _ := samPolicyTemplate(name, params, testEnv())
		if strings.Contains(string(doc), "{Partition}") || strings.Contains(string(doc), "{Region}") || strings.Contains(string(doc), "{Account}") {
			t.Errorf("%s: a placeholder is left in %s", name, doc)
		}
	}
}

func TestSAMPolicyTemplateDocument(t *testing.T) {
	t.Parallel()
	doc, problem := samPolicyTemplate("EFSWriteAccessPolicy", map[string]string{"FileSystem": "fs-1", "AccessPoint": "{Region}"}, testEnv())
	if problem != "" {
		t.Fatal(problem)
	}
	var got any
	if err := json.Unmarshal(doc, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"Statement": []any{map[string]any{
		"Effect":   "Allow",
		"Action":   []any{"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"},
		"Resource": []any{"arn:aws:elasticfilesystem:eu-west-1:123456789012:file-system/fs-1"},
		"Condition": map[string]any{"StringEquals": map[string]any{
			"elasticfilesystem:AccessPointArn": []any{"arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/{Region}"},
		}},
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSAMPolicyTemplatePermits(t *testing.T) {
	t.Parallel()
	const table = "arn:aws:dynamodb:eu-west-1:123456789012:table/chat"
	tests := []struct {
		name, param, value string
		action, resource   string
		want               iam.Decision
	}{
		{"DynamoDBCrudPolicy", "TableName", "chat", "dynamodb:PutItem", table, iam.Allow},
		{"DynamoDBCrudPolicy", "TableName", "chat", "dynamodb:Query", table + "/index/room", iam.Allow},
		{"DynamoDBCrudPolicy", "TableName", "chat", "dynamodb:DeleteTable", table, iam.Deny},
		{"DynamoDBCrudPolicy", "TableName", "other", "dynamodb:PutItem", table, iam.Deny},
		{"DynamoDBCrudPolicy", "TableName", "${aws:username}", "dynamodb:PutItem", table, iam.Deny},
		{"DynamoDBReadPolicy", "TableName", "chat", "dynamodb:GetItem", table, iam.Allow},
		{"DynamoDBReadPolicy", "TableName", "chat", "dynamodb:PutItem", table, iam.Deny},
		{"DynamoDBWritePolicy", "TableName", "chat", "dynamodb:PutItem", table, iam.Allow},
		{"DynamoDBWritePolicy", "TableName", "chat", "dynamodb:GetItem", table, iam.Deny},
		{"LambdaInvokePolicy", "FunctionName", "chat", "lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:chat-x", iam.Allow},
		{"SQSSendMessagePolicy", "QueueName", "q", "sqs:SendMessageBatch", "arn:aws:sqs:eu-west-1:123456789012:q", iam.Allow},
		{"SQSPollerPolicy", "QueueName", "q", "sqs:ReceiveMessage", "arn:aws:sqs:eu-west-1:123456789012:q", iam.Allow},
		{"SQSPollerPolicy", "QueueName", "q", "sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q", iam.Deny},
		{"SNSPublishMessagePolicy", "TopicName", "t", "sns:Publish", "arn:aws:sns:eu-west-1:123456789012:t", iam.Allow},
		{"S3ReadPolicy", "BucketName", "b", "s3:GetObject", "arn:aws:s3:::b/k", iam.Allow},
		{"S3ReadPolicy", "BucketName", "b", "s3:PutObject", "arn:aws:s3:::b/k", iam.Deny},
		{"S3CrudPolicy", "BucketName", "b", "s3:PutObject", "arn:aws:s3:::b/k", iam.Allow},
		{"SSMParameterReadPolicy", "ParameterName", "p", "ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/p", iam.Allow},
		{"SSMParameterWithSlashPrefixReadPolicy", "ParameterName", "/p", "ssm:GetParameter", "arn:aws:ssm:eu-west-1:123456789012:parameter/p", iam.Allow},
		{"AWSSecretsManagerGetSecretValuePolicy", "SecretArn", "arn:aws:secretsmanager:eu-west-1:1:secret:x", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:1:secret:x", iam.Allow},
		{"EventBridgePutEventsPolicy", "EventBusName", "default", "events:PutEvents", "arn:aws:events:eu-west-1:123456789012:event-bus/default", iam.Allow},
		{"StepFunctionsExecutionPolicy", "StateMachineName", "m", "states:StartExecution", "arn:aws:states:eu-west-1:123456789012:stateMachine:m", iam.Allow},
		{"KMSDecryptPolicy", "KeyId", "k", "kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/k", iam.Allow},
	}
	for _, tt := range tests {
		policy := expandTemplate(t, tt.name, map[string]string{tt.param: tt.value})
		held := &iam.Policies{Identity: []iam.Named{{Name: tt.name, Policy: policy}}}
		r := &iam.Request{Action: tt.action, Resource: tt.resource, Context: iam.Context{"aws:username": {"chat"}}}
		if got, why := iam.Evaluate(held, r); got != tt.want {
			t.Errorf("%s(%s): %s", tt.name, tt.value, why)
		}
	}
}

func TestSAMPolicyTemplateProblems(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		params map[string]string
		want   string
	}{
		{"DynamoDBAdminPolicy", nil, `there is no SAM policy template "DynamoDBAdminPolicy"`},
		{"dynamodbcrudpolicy", nil, `there is no SAM policy template "dynamodbcrudpolicy"; did you mean DynamoDBCrudPolicy?`},
		{"DynamoDBCrud", nil, `there is no SAM policy template "DynamoDBCrud"; did you mean DynamoDBCrudPolicy?`},
		{"DynamoDBCrudPolicy", nil, "the SAM policy template DynamoDBCrudPolicy lacks the parameter TableName; it takes TableName"},
		{"DynamoDBCrudPolicy", map[string]string{"Table": "x"}, "the SAM policy template DynamoDBCrudPolicy lacks the parameter TableName; it takes TableName"},
		{"DynamoDBStreamReadPolicy", map[string]string{"TableName": "x"}, "the SAM policy template DynamoDBStreamReadPolicy lacks the parameter StreamName; it takes StreamName and TableName"},
		{"DynamoDBCrudPolicy", map[string]string{"TableName": "x", "Z": "", "Index": "y"}, "the SAM policy template DynamoDBCrudPolicy has no parameter Index or Z; it takes TableName"},
		{"VPCAccessPolicy", map[string]string{"Vpc": "x"}, "the SAM policy template VPCAccessPolicy has no parameter Vpc; it takes no parameters"},
	}
	for _, tt := range tests {
		doc, problem := samPolicyTemplate(tt.name, tt.params, testEnv())
		if problem != tt.want || doc != nil {
			t.Errorf("%s %v:\n got %s\nwant %s", tt.name, tt.params, problem, tt.want)
		}
	}
}
