package template

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// policyEnv is where the resources of a policy are.
type policyEnv struct{ Partition, Region, Account string }

// policyRule is one statement of a policy that AWS publishes, written briefly.
// It always has the effect Allow.
type policyRule struct {
	actions    string   // "service: Name Name; service: Name", or "*"
	except     bool     // it is NotAction
	on         []string // resources, with {Placeholders}
	conditions []policyCondition
}

type policyCondition struct {
	operator, key string
	values        []string
}

// permit allows actions on resources.
func permit(actions string, on ...string) policyRule {
	return policyRule{actions: actions, on: on}
}

// permitExcept allows all but actions.
func permitExcept(actions string, on ...string) policyRule {
	return policyRule{actions: actions, on: on, except: true}
}

// when adds a condition to a copy of the rule.
func (r policyRule) when(operator, key string, values ...string) policyRule {
	r.conditions = append(slices.Clip(r.conditions), policyCondition{operator, key, values})
	return r
}

// here is an ARN in the stack's region and account.
func here(service, resource string) string {
	return "arn:{Partition}:" + service + ":{Region}:{Account}:" + resource
}

// global is an ARN without region and account.
func global(service, resource string) string {
	return "arn:{Partition}:" + service + ":::" + resource
}

// policyDocument is the JSON of a policy.
type policyDocument struct {
	Version   string `json:",omitempty"`
	Statement []policyStatement
}

type policyStatement struct {
	Effect    string
	Action    []string `json:",omitempty"`
	NotAction []string `json:",omitempty"`
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// writePolicy writes rules as a policy document, each {Name} replaced by its
// value. Values are not searched for placeholders again.
func writePolicy(version string, rules []policyRule, values map[string]string) ([]byte, error) {
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	fill := strings.NewReplacer(pairs...)
	doc := policyDocument{Version: version}
	for _, r := range rules {
		doc.Statement = append(doc.Statement, r.statement(fill))
	}
	return json.Marshal(doc)
}

func (r policyRule) statement(fill *strings.Replacer) policyStatement {
	s := policyStatement{Effect: "Allow"}
	if r.except {
		s.NotAction = r.actionNames()
	} else {
		s.Action = r.actionNames()
	}
	for _, resource := range r.on {
		s.Resource = append(s.Resource, fill.Replace(resource))
	}
	for _, c := range r.conditions {
		s.add(c, fill)
	}
	return s
}

func (s *policyStatement) add(c policyCondition, fill *strings.Replacer) {
	if s.Condition == nil {
		s.Condition = map[string]map[string][]string{}
	}
	if s.Condition[c.operator] == nil {
		s.Condition[c.operator] = map[string][]string{}
	}
	for _, v := range c.values {
		s.Condition[c.operator][c.key] = append(s.Condition[c.operator][c.key], fill.Replace(v))
	}
}

// actionNames writes out the actions, "service:Name" each.
func (r policyRule) actionNames() []string {
	var names []string
	for group := range strings.SplitSeq(r.actions, ";") {
		service, list, found := strings.Cut(strings.TrimSpace(group), ": ")
		if !found {
			return []string{r.actions}
		}
		for name := range strings.FieldsSeq(list) {
			names = append(names, service+":"+name)
		}
	}
	return names
}

// samPolicyTemplate expands a SAM policy template, such as DynamoDBCrudPolicy,
// to a policy document. As SAM does, it writes no Version, so that "${" in a
// parameter's value is text. The problem is empty if the template is known and
// params are those it takes.
func samPolicyTemplate(name string, params map[string]string, e policyEnv) (doc []byte, problem string) {
	rules, ok := samPolicies()[name]
	if !ok {
		return nil, unknownPolicyTemplate(name)
	}
	if problem := wrongPolicyParameters(name, placeholders(rules), params); problem != "" {
		return nil, problem
	}
	values := map[string]string{"Partition": e.Partition, "Region": e.Region, "Account": e.Account}
	for k, v := range params {
		values[k] = v
	}
	doc, err := writePolicy("", rules, values)
	if err != nil {
		return nil, fmt.Sprintf("the policy template %s cannot be written: %v", name, err)
	}
	return doc, ""
}

// unknownPolicyTemplate says that there is no such template, and which one may
// have been meant.
func unknownPolicyTemplate(name string) string {
	text := fmt.Sprintf("there is no SAM policy template %q", name)
	for known := range samPolicies() {
		if strings.EqualFold(known, name) || strings.EqualFold(known, name+"Policy") {
			return text + fmt.Sprintf("; did you mean %s?", known)
		}
	}
	return text
}

// wrongPolicyParameters says which parameters are missing or too many.
func wrongPolicyParameters(name string, required []string, params map[string]string) string {
	var missing, extra []string
	for _, r := range required {
		if _, ok := params[r]; !ok {
			missing = append(missing, r)
		}
	}
	for p := range params {
		if !slices.Contains(required, p) {
			extra = append(extra, p)
		}
	}
	slices.Sort(extra)
	takes := "it takes no parameters"
	if len(required) > 0 {
		takes = "it takes " + strings.Join(required, " and ")
	}
	switch {
	case len(missing) > 0:
		return fmt.Sprintf("the SAM policy template %s lacks the parameter %s; %s", name, strings.Join(missing, " and "), takes)
	case len(extra) > 0:
		return fmt.Sprintf("the SAM policy template %s has no parameter %s; %s", name, strings.Join(extra, " or "), takes)
	}
	return ""
}

// placeholders are the parameters that rules take, sorted.
func placeholders(rules []policyRule) []string {
	var names []string
	for _, r := range rules {
		for _, text := range r.texts() {
			for part := range strings.SplitSeq(text, "{") {
				name, _, found := strings.Cut(part, "}")
				if found && name != "Partition" && name != "Region" && name != "Account" && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// texts are the places in which a placeholder may stand.
func (r policyRule) texts() []string {
	texts := slices.Clone(r.on)
	for _, c := range r.conditions {
		texts = append(texts, c.values...)
	}
	return texts
}

// samPolicies are the policy templates of the SAM developer guide, "AWS SAM
// policy template list", by name.
func samPolicies() map[string][]policyRule {
	return map[string][]policyRule{
		"AMIDescribePolicy":                     {permit("ec2: DescribeImages", "*")},
		"AWSSecretsManagerGetSecretValuePolicy": {permit("secretsmanager: GetSecretValue", "{SecretArn}")},
		"AWSSecretsManagerRotationPolicy": {
			permit("secretsmanager: DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage",
				here("secretsmanager", "secret:*")).
				when("StringEquals", "secretsmanager:resource/AllowRotationLambdaArn", here("lambda", "function:{FunctionName}")),
			permit("secretsmanager: GetRandomPassword", "*"),
		},
		"AcmGetCertificatePolicy": {permit("acm: GetCertificate", "{CertificateArn}")},
		"AthenaQueryPolicy": {
			permit("athena: ListWorkGroups GetExecutionEngine GetExecutionEngines GetNamespace GetCatalogs GetNamespaces GetTables GetTable",
				"*"),
			permit("athena: StartQueryExecution GetQueryResults DeleteNamedQuery GetNamedQuery ListQueryExecutions StopQueryExecution "+
				"GetQueryResultsStream ListNamedQueries CreateNamedQuery GetQueryExecution BatchGetNamedQuery BatchGetQueryExecution "+
				"GetWorkGroup", here("athena", "workgroup/{WorkGroupName}")),
		},
		"CloudFormationDescribeStacksPolicy": {permit("cloudformation: DescribeStacks", here("cloudformation", "stack/*"))},
		"CloudWatchDashboardPolicy": {
			permit("cloudwatch: GetDashboard ListDashboards PutDashboard ListMetrics", "*"),
		},
		"CloudWatchDescribeAlarmHistoryPolicy": {permit("cloudwatch: DescribeAlarmHistory", "*")},
		"CloudWatchPutMetricPolicy":            {permit("cloudwatch: PutMetricData", "*")},
		"CodeCommitCrudPolicy": {
			permit("codecommit: GitPull GitPush CreateBranch DeleteBranch GetBranch ListBranches MergeBranchesByFastForward "+
				"MergeBranchesBySquash MergeBranchesByThreeWay UpdateDefaultBranch BatchDescribeMergeConflicts "+
				"CreateUnreferencedMergeCommit DescribeMergeConflicts GetMergeCommit GetMergeOptions BatchGetPullRequests "+
				"CreatePullRequest DescribePullRequestEvents GetCommentsForPullRequest GetCommitsFromMergeBase GetMergeConflicts "+
				"GetPullRequest ListPullRequests MergePullRequestByFastForward MergePullRequestBySquash MergePullRequestByThreeWay "+
				"PostCommentForPullRequest UpdatePullRequestDescription UpdatePullRequestStatus UpdatePullRequestTitle DeleteFile "+
				"GetBlob GetFile GetFolder PutFile DeleteCommentContent GetComment GetCommentsForComparedCommit "+
				"PostCommentForComparedCommit PostCommentReply UpdateComment BatchGetCommits CreateCommit GetCommit GetCommitHistory "+
				"GetDifferences GetObjectIdentifier GetReferences GetTree GetRepository UpdateRepositoryDescription "+
				"ListTagsForResource TagResource UntagResource GetRepositoryTriggers PutRepositoryTriggers TestRepositoryTriggers "+
				"UploadArchive GetUploadArchiveStatus CancelUploadArchive", here("codecommit", "{RepositoryName}")),
		},
		"CodeCommitReadPolicy": {
			permit("codecommit: GitPull GetBranch ListBranches BatchDescribeMergeConflicts DescribeMergeConflicts GetMergeCommit "+
				"GetMergeOptions BatchGetPullRequests DescribePullRequestEvents GetCommentsForPullRequest GetCommitsFromMergeBase "+
				"GetMergeConflicts GetPullRequest ListPullRequests GetBlob GetFile GetFolder GetComment GetCommentsForComparedCommit "+
				"BatchGetCommits GetCommit GetCommitHistory GetDifferences GetObjectIdentifier GetReferences GetTree GetRepository "+
				"ListTagsForResource GetRepositoryTriggers TestRepositoryTriggers GetUploadArchiveStatus",
				here("codecommit", "{RepositoryName}")),
		},
		"CodePipelineLambdaExecutionPolicy": {permit("codepipeline: PutJobSuccessResult PutJobFailureResult", "*")},
		"CodePipelineReadOnlyPolicy":        {permit("codepipeline: ListPipelineExecutions", here("codepipeline", "{PipelineName}"))},
		"ComprehendBasicAccessPolicy": {
			permit("comprehend: BatchDetectKeyPhrases DetectDominantLanguage DetectEntities BatchDetectEntities DetectKeyPhrases "+
				"DetectSentiment BatchDetectDominantLanguage BatchDetectSentiment", "*"),
		},
		"CostExplorerReadOnlyPolicy": {
			permit("ce: GetCostAndUsage GetDimensionValues GetReservationCoverage GetReservationPurchaseRecommendation "+
				"GetReservationUtilization GetTags", "*"),
		},
		"DynamoDBBackupFullAccessPolicy": {
			permit("dynamodb: CreateBackup DescribeContinuousBackups", here("dynamodb", "table/{TableName}")),
			permit("dynamodb: DeleteBackup DescribeBackup ListBackups", here("dynamodb", "table/{TableName}/backup/*")),
		},
		"DynamoDBCrudPolicy": {
			permit("dynamodb: GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable ConditionCheckItem",
				here("dynamodb", "table/{TableName}"), here("dynamodb", "table/{TableName}/index/*")),
		},
		"DynamoDBReadPolicy": {
			permit("dynamodb: GetItem Scan Query BatchGetItem DescribeTable",
				here("dynamodb", "table/{TableName}"), here("dynamodb", "table/{TableName}/index/*")),
		},
		"DynamoDBReconfigurePolicy": {permit("dynamodb: UpdateTable", here("dynamodb", "table/{TableName}"))},
		"DynamoDBRestoreFromBackupPolicy": {
			permit("dynamodb: RestoreTableFromBackup", here("dynamodb", "table/{TableName}/backup/*")),
			permit("dynamodb: PutItem UpdateItem DeleteItem GetItem Query Scan BatchWriteItem",
				here("dynamodb", "table/{TableName}")),
		},
		"DynamoDBStreamReadPolicy": {
			permit("dynamodb: DescribeStream GetRecords GetShardIterator",
				here("dynamodb", "table/{TableName}/stream/{StreamName}")),
			permit("dynamodb: ListStreams", here("dynamodb", "table/{TableName}/stream/*")),
		},
		"DynamoDBWritePolicy": {
			permit("dynamodb: PutItem UpdateItem BatchWriteItem",
				here("dynamodb", "table/{TableName}"), here("dynamodb", "table/{TableName}/index/*")),
		},
		"EC2CopyImagePolicy": {permit("ec2: CopyImage", here("ec2", "image/{ImageId}"))},
		"EC2DescribePolicy":  {permit("ec2: DescribeRegions DescribeInstances", "*")},
		"EFSWriteAccessPolicy": {
			permit("elasticfilesystem: ClientMount ClientWrite", here("elasticfilesystem", "file-system/{FileSystem}")).
				when("StringEquals", "elasticfilesystem:AccessPointArn", here("elasticfilesystem", "access-point/{AccessPoint}")),
		},
		"EKSDescribePolicy":                              {permit("eks: DescribeCluster ListClusters", "*")},
		"EcsRunTaskPolicy":                               {permit("ecs: RunTask", here("ecs", "task-definition/{TaskDefinition}"))},
		"ElasticMapReduceAddJobFlowStepsPolicy":          {permit("elasticmapreduce: AddJobFlowSteps", here("elasticmapreduce", "cluster/{ClusterId}"))},
		"ElasticMapReduceCancelStepsPolicy":              {permit("elasticmapreduce: CancelSteps", here("elasticmapreduce", "cluster/{ClusterId}"))},
		"ElasticMapReduceModifyInstanceFleetPolicy":      {permit("elasticmapreduce: ModifyInstanceFleet ListInstanceFleets", here("elasticmapreduce", "cluster/{ClusterId}"))},
		"ElasticMapReduceModifyInstanceGroupsPolicy":     {permit("elasticmapreduce: ModifyInstanceGroups ListInstanceGroups", here("elasticmapreduce", "cluster/{ClusterId}"))},
		"ElasticMapReduceSetTerminationProtectionPolicy": {permit("elasticmapreduce: SetTerminationProtection", here("elasticmapreduce", "cluster/{ClusterId}"))},
		"ElasticMapReduceTerminateJobFlowsPolicy":        {permit("elasticmapreduce: TerminateJobFlows", here("elasticmapreduce", "cluster/{ClusterId}"))},
		"ElasticsearchHttpPostPolicy":                    {permit("es: ESHttpPost ESHttpPut", here("es", "domain/{DomainName}/*"))},
		"EventBridgePutEventsPolicy":                     {permit("events: PutEvents", here("events", "event-bus/{EventBusName}"))},
		"FilterLogEventsPolicy":                          {permit("logs: FilterLogEvents", here("logs", "log-group:{LogGroupName}:log-stream:*"))},
		"FirehoseCrudPolicy": {
			permit("firehose: CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream PutRecord PutRecordBatch UpdateDestination",
				here("firehose", "deliverystream/{DeliveryStreamName}")),
		},
		"FirehoseWritePolicy": {permit("firehose: PutRecord PutRecordBatch", here("firehose", "deliverystream/{DeliveryStreamName}"))},
		"KMSDecryptPolicy":    {permit("kms: Decrypt", here("kms", "key/{KeyId}"))},
		"KMSEncryptPolicy":    {permit("kms: Encrypt", here("kms", "key/{KeyId}"))},
		"KMSEncryptPolicy_v2": {
			permit("kms: Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext",
				here("kms", "key/{KeyId}")),
		},
		"KinesisCrudPolicy": {
			permit("kinesis: AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream "+
				"DescribeStreamSummary GetShardIterator IncreaseStreamRetentionPeriod ListTagsForStream MergeShards PutRecord "+
				"PutRecords SplitShard RemoveTagsFromStream", here("kinesis", "stream/{StreamName}")),
		},
		"KinesisStreamReadPolicy": {
			permit("kinesis: ListStreams DescribeLimits", here("kinesis", "stream/*")),
			permit("kinesis: DescribeStream DescribeStreamSummary GetRecords GetShardIterator",
				here("kinesis", "stream/{StreamName}")),
		},
		"LambdaInvokePolicy":                   {permit("lambda: InvokeFunction", here("lambda", "function:{FunctionName}*"))},
		"MobileAnalyticsWriteOnlyAccessPolicy": {permit("mobileanalytics: PutEvents", "*")},
		"OrganizationsListAccountsPolicy":      {permit("organizations: ListAccounts", "*")},
		"PinpointEndpointAccessPolicy": {
			permit("mobiletargeting: GetEndpoint UpdateEndpoint UpdateEndpointsBatch",
				here("mobiletargeting", "apps/{PinpointApplicationId}/endpoints/*")),
		},
		"PollyFullAccessPolicy": {
			permit("polly: GetLexicon DeleteLexicon", here("polly", "lexicon/{LexiconName}")),
			permit("polly: DescribeVoices ListLexicons PutLexicon SynthesizeSpeech", here("polly", "lexicon/*")),
		},
		"RekognitionDetectOnlyPolicy": {
			permit("rekognition: DetectFaces DetectLabels DetectModerationLabels DetectText", "*"),
		},
		"RekognitionFacesManagementPolicy": {
			permit("rekognition: IndexFaces DeleteFaces SearchFaces SearchFacesByImage ListFaces",
				here("rekognition", "collection/{CollectionId}")),
		},
		"RekognitionFacesPolicy":  {permit("rekognition: CompareFaces DetectFaces", "*")},
		"RekognitionLabelsPolicy": {permit("rekognition: DetectLabels DetectModerationLabels", "*")},
		"RekognitionNoDataAccessPolicy": {
			permit("rekognition: CompareFaces DetectFaces DetectLabels DetectModerationLabels",
				here("rekognition", "collection/{CollectionId}")),
		},
		"RekognitionReadPolicy": {
			permit("rekognition: ListCollections ListFaces SearchFaces SearchFacesByImage",
				here("rekognition", "collection/{CollectionId}")),
		},
		"RekognitionWriteOnlyAccessPolicy":      {permit("rekognition: CreateCollection IndexFaces", here("rekognition", "collection/{CollectionId}"))},
		"Route53ChangeResourceRecordSetsPolicy": {permit("route53: ChangeResourceRecordSets", global("route53", "hostedzone/{HostedZoneId}"))},
		"S3CrudPolicy": {
			permit("s3: GetObject ListBucket GetBucketLocation GetObjectVersion PutObject PutObjectAcl GetLifecycleConfiguration "+
				"PutLifecycleConfiguration DeleteObject", global("s3", "{BucketName}"), global("s3", "{BucketName}/*")),
		},
		"S3FullAccessPolicy": {
			permit("s3: GetObject GetObjectAcl GetObjectVersion PutObject PutObjectAcl DeleteObject DeleteObjectTagging "+
				"DeleteObjectVersionTagging GetObjectTagging GetObjectVersionTagging PutObjectTagging PutObjectVersionTagging",
				global("s3", "{BucketName}/*")),
			permit("s3: ListBucket GetBucketLocation GetLifecycleConfiguration PutLifecycleConfiguration",
				global("s3", "{BucketName}")),
		},
		"S3ReadPolicy": {
			permit("s3: GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration",
				global("s3", "{BucketName}"), global("s3", "{BucketName}/*")),
		},
		"S3WritePolicy": {
			permit("s3: PutObject PutObjectAcl PutLifecycleConfiguration",
				global("s3", "{BucketName}"), global("s3", "{BucketName}/*")),
		},
		"SESBulkTemplatedCrudPolicy": {
			permit("ses: GetIdentityVerificationAttributes SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail "+
				"VerifyEmailIdentity", here("ses", "identity/{IdentityName}")),
		},
		"SESBulkTemplatedCrudPolicy_v2": {
			permit("ses: SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail",
				here("ses", "identity/{IdentityName}"), here("ses", "template/{TemplateName}")),
			permit("ses: GetIdentityVerificationAttributes VerifyEmailIdentity", "*"),
		},
		"SESCrudPolicy": {
			permit("ses: GetIdentityVerificationAttributes SendEmail SendRawEmail VerifyEmailIdentity",
				here("ses", "identity/{IdentityName}")),
		},
		"SESEmailTemplateCrudPolicy": {
			permit("ses: CreateTemplate GetTemplate ListTemplates UpdateTemplate DeleteTemplate TestRenderTemplate", "*"),
		},
		"SESSendBouncePolicy": {permit("ses: SendBounce", here("ses", "identity/{IdentityName}"))},
		"SNSCrudPolicy": {
			permit("sns: ListSubscriptionsByTopic CreateTopic SetTopicAttributes Subscribe Publish", here("sns", "{TopicName}*")),
		},
		"SNSPublishMessagePolicy": {permit("sns: Publish", here("sns", "{TopicName}"))},
		"SQSPollerPolicy": {
			permit("sqs: ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes "+
				"ReceiveMessage", here("sqs", "{QueueName}")),
		},
		"SQSSendMessagePolicy": {permit("sqs: SendMessage*", here("sqs", "{QueueName}"))},
		"SSMParameterReadPolicy": {
			permit("ssm: DescribeParameters", "*"),
			permit("ssm: GetParameters GetParameter GetParametersByPath", here("ssm", "parameter/{ParameterName}")),
		},
		"SSMParameterWithSlashPrefixReadPolicy": {
			permit("ssm: DescribeParameters", "*"),
			permit("ssm: GetParameters GetParameter GetParametersByPath", here("ssm", "parameter{ParameterName}")),
		},
		"SageMakerCreateEndpointConfigPolicy": {permit("sagemaker: CreateEndpointConfig", here("sagemaker", "endpoint-config/{EndpointConfigName}"))},
		"SageMakerCreateEndpointPolicy":       {permit("sagemaker: CreateEndpoint", here("sagemaker", "endpoint/{EndpointName}"))},
		"ServerlessRepoReadWriteAccessPolicy": {
			permit("serverlessrepo: CreateApplication CreateApplicationVersion UpdateApplication GetApplication ListApplications "+
				"ListApplicationVersions ListApplicationDependencies", here("serverlessrepo", "applications/*")),
		},
		"StepFunctionsCallbackPolicy":     {permit("states: SendTaskFailure SendTaskHeartbeat SendTaskSuccess", here("states", "stateMachine:{StateMachineName}"))},
		"StepFunctionsExecutionPolicy":    {permit("states: StartExecution", here("states", "stateMachine:{StateMachineName}"))},
		"StepFunctionsExecutionPolicy_v2": {permit("states: StartExecution StartSyncExecution", here("states", "stateMachine:{StateMachineName}"))},
		"TextractDetectAnalyzePolicy": {
			permit("textract: DetectDocumentText StartDocumentTextDetection StartDocumentAnalysis AnalyzeDocument", "*"),
		},
		"TextractGetResultPolicy": {permit("textract: GetDocumentTextDetection GetDocumentAnalysis", "*")},
		"TextractPolicy":          {permit("textract: *", "*")},
		"VPCAccessPolicy": {
			permit("ec2: CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DetachNetworkInterface", "*"),
		},
	}
}
