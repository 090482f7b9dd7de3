package template

import "strings"

// managedPolicy is the document of a policy that AWS manages, found by what
// follows "policy/" in its ARN; ok is false for one that is not known here.
// The documents are those of the "AWS Managed Policy Reference Guide" as of
// March 2026, complete in actions, resources and conditions, without Sids.
// ReadOnlyAccess and others that list hundreds of actions are left out.
func managedPolicy(arn string) (doc []byte, ok bool) {
	partition, path, found := strings.Cut(strings.TrimPrefix(arn, "arn:"), ":iam::aws:policy/")
	if !found || !strings.HasPrefix(arn, "arn:") || strings.Contains(partition, ":") {
		return nil, false
	}
	rules, known := managedPolicies()[path]
	if !known {
		return nil, false
	}
	doc, err := writePolicy("2012-10-17", rules, map[string]string{"Partition": partition})
	return doc, err == nil
}

// managedPolicies are the rules of the policies known, by path and name.
func managedPolicies() map[string][]policyRule {
	return map[string][]policyRule{
		"service-role/AWSLambdaBasicExecutionRole": {permit("logs: CreateLogGroup CreateLogStream PutLogEvents", "*")},
		"service-role/AWSLambdaBasicDurableExecutionRolePolicy": {
			permit("logs: CreateLogGroup CreateLogStream PutLogEvents; lambda: CheckpointDurableExecution GetDurableExecutionState",
				"*"),
		},
		"service-role/AWSLambdaVPCAccessExecutionRole": {
			permit("logs: CreateLogGroup CreateLogStream PutLogEvents; ec2: CreateNetworkInterface DescribeNetworkInterfaces "+
				"DescribeSubnets DeleteNetworkInterface AssignPrivateIpAddresses UnassignPrivateIpAddresses", "*"),
		},
		"service-role/AWSLambdaRole": {permit("lambda: InvokeFunction", "*")},
		"service-role/AWSLambdaDynamoDBExecutionRole": {
			permit("dynamodb: DescribeStream GetRecords GetShardIterator ListStreams; logs: CreateLogGroup CreateLogStream PutLogEvents",
				"*"),
		},
		"service-role/AWSLambdaKinesisExecutionRole": {
			permit("kinesis: DescribeStream DescribeStreamSummary GetRecords GetShardIterator ListShards ListStreams SubscribeToShard; "+
				"logs: CreateLogGroup CreateLogStream PutLogEvents", "*"),
		},
		"service-role/AWSLambdaSQSQueueExecutionRole": {
			permit("sqs: ReceiveMessage DeleteMessage GetQueueAttributes; logs: CreateLogGroup CreateLogStream PutLogEvents", "*"),
		},
		"service-role/AWSLambdaMSKExecutionRole": {
			permit("kafka: DescribeCluster DescribeClusterV2 GetBootstrapBrokers; ec2: CreateNetworkInterface DescribeNetworkInterfaces "+
				"DescribeVpcs DeleteNetworkInterface DescribeSubnets DescribeSecurityGroups; logs: CreateLogGroup CreateLogStream "+
				"PutLogEvents", "*"),
		},
		"service-role/AWSLambdaENIManagementAccess": {
			permit("ec2: CreateNetworkInterface DescribeNetworkInterfaces DeleteNetworkInterface AssignPrivateIpAddresses "+
				"UnassignPrivateIpAddresses", "*"),
		},
		"service-role/AmazonAPIGatewayPushToCloudWatchLogs": {
			permit("logs: CreateLogGroup CreateLogStream DescribeLogGroups DescribeLogStreams PutLogEvents GetLogEvents FilterLogEvents",
				"*"),
		},
		"service-role/AWSAppSyncPushToCloudWatchLogs": {permit("logs: CreateLogGroup CreateLogStream PutLogEvents", "*")},
		"AWSLambda_FullAccess": {
			permit("cloudformation: DescribeStacks ListStackResources; cloudwatch: ListMetrics GetMetricData; ec2: "+
				"DescribeSecurityGroups DescribeSubnets DescribeVpcs; kms: DescribeKey ListAliases; iam: GetPolicy GetPolicyVersion "+
				"GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoles; lambda: *; logs: DescribeLogGroups; "+
				"states: DescribeStateMachine ListStateMachines; tag: GetResources; xray: GetTraceSummaries BatchGetTraces",
				"*"),
			permit("iam: PassRole", "*").
				when("StringEquals", "iam:PassedToService", "lambda.amazonaws.com"),
			permit("logs: DescribeLogStreams GetLogEvents FilterLogEvents StartLiveTail StopLiveTail",
				"arn:{Partition}:logs:*:*:log-group:/aws/lambda/*"),
			permit("iam: CreateServiceLinkedRole",
				"arn:{Partition}:iam::*:role/aws-service-role/lambda.amazonaws.com/AWSServiceRoleForLambda").
				when("StringEquals", "iam:AWSServiceName", "lambda.amazonaws.com"),
		},
		"AWSLambda_ReadOnlyAccess": {
			permit("cloudformation: DescribeStacks ListStacks ListStackResources; cloudwatch: GetMetricData ListMetrics; ec2: "+
				"DescribeSecurityGroups DescribeSubnets DescribeVpcs; kms: ListAliases; iam: GetPolicy GetPolicyVersion GetRole "+
				"GetRolePolicy ListAttachedRolePolicies ListRolePolicies ListRoles; logs: DescribeLogGroups; lambda: Get* List*; "+
				"states: DescribeStateMachine ListStateMachines; tag: GetResources; xray: GetTraceSummaries BatchGetTraces",
				"*"),
			permit("logs: DescribeLogStreams GetLogEvents FilterLogEvents StartQuery StopQuery DescribeQueries GetLogGroupFields "+
				"GetLogRecord GetQueryResults StartLiveTail StopLiveTail",
				"arn:{Partition}:logs:*:*:log-group:/aws/lambda/*"),
		},
		"AWSLambdaExecute": {
			permit("logs: *", "arn:{Partition}:logs:*:*:*"),
			permit("s3: GetObject PutObject", "arn:{Partition}:s3:::*"),
		},
		"AWSLambdaInvocation-DynamoDB": {
			permit("lambda: InvokeFunction", "*"),
			permit("dynamodb: DescribeStream GetRecords GetShardIterator ListStreams", "*"),
		},
		"AmazonAPIGatewayInvokeFullAccess": {permit("execute-api: Invoke ManageConnections", "arn:{Partition}:execute-api:*:*:*")},
		"AmazonAPIGatewayAdministrator":    {permit("apigateway: *", "arn:{Partition}:apigateway:*::/*")},
		"AmazonDynamoDBFullAccess": {
			permit("dynamodb: *; dax: *; application-autoscaling: DeleteScalingPolicy DeregisterScalableTarget DescribeScalableTargets "+
				"DescribeScalingActivities DescribeScalingPolicies PutScalingPolicy RegisterScalableTarget; cloudwatch: DeleteAlarms "+
				"DescribeAlarmHistory DescribeAlarms DescribeAlarmsForMetric GetMetricStatistics ListMetrics PutMetricAlarm "+
				"GetMetricData; datapipeline: ActivatePipeline CreatePipeline DeletePipeline DescribeObjects DescribePipelines "+
				"GetPipelineDefinition ListPipelines PutPipelineDefinition QueryObjects; ec2: DescribeVpcs DescribeSubnets "+
				"DescribeSecurityGroups; iam: GetRole ListRoles; kms: DescribeKey ListAliases; sns: CreateTopic DeleteTopic "+
				"ListSubscriptions ListSubscriptionsByTopic ListTopics Subscribe Unsubscribe SetTopicAttributes; lambda: "+
				"CreateFunction ListFunctions ListEventSourceMappings CreateEventSourceMapping DeleteEventSourceMapping "+
				"GetFunctionConfiguration DeleteFunction; resource-groups: ListGroups ListGroupResources GetGroup GetGroupQuery "+
				"DeleteGroup CreateGroup; tag: GetResources; kinesis: ListStreams DescribeStream DescribeStreamSummary", "*"),
			permit("cloudwatch: GetInsightRuleReport", "arn:{Partition}:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"),
			permit("iam: PassRole", "*").
				when("StringLike", "iam:PassedToService",
					"application-autoscaling.amazonaws.com",
					"application-autoscaling.amazonaws.com.cn",
					"dax.amazonaws.com"),
			permit("iam: CreateServiceLinkedRole", "*").
				when("StringEquals", "iam:AWSServiceName",
					"replication.dynamodb.amazonaws.com",
					"dax.amazonaws.com",
					"dynamodb.application-autoscaling.amazonaws.com",
					"contributorinsights.dynamodb.amazonaws.com",
					"kinesisreplication.dynamodb.amazonaws.com"),
		},
		"AmazonDynamoDBFullAccess_v2": {
			permit("dynamodb: *; dax: *", "*"),
			permit("kms: DescribeKey ListAliases", "*"),
			permit("lambda: ListEventSourceMappings ListFunctions", "*"),
			permit("sns: ListTopics", "*"),
			permit("application-autoscaling: DeleteScalingPolicy DeregisterScalableTarget PutScalingPolicy RegisterScalableTarget",
				"*").
				when("StringEquals", "application-autoscaling:service-namespace", "dynamodb"),
			permit("application-autoscaling: DescribeScalableTargets DescribeScalingActivities DescribeScalingPolicies", "*"),
			permit("tag: GetResources", "*"),
			permit("cloudwatch: DescribeAlarms GetMetricStatistics GetMetricData", "*"),
			permit("kinesis: ListStreams DescribeStream DescribeStreamSummary", "*"),
			permit("ec2: DescribeVpcs DescribeSubnets DescribeSecurityGroups", "*"),
			permit("cloudwatch: GetInsightRuleReport", "arn:{Partition}:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"),
			permit("iam: CreateServiceLinkedRole", "*").
				when("StringEquals", "iam:AWSServiceName",
					"replication.dynamodb.amazonaws.com",
					"dax.amazonaws.com",
					"dynamodb.application-autoscaling.amazonaws.com",
					"contributorinsights.dynamodb.amazonaws.com",
					"kinesisreplication.dynamodb.amazonaws.com"),
			permit("iam: ListRoles", "*"),
		},
		"AmazonDynamoDBReadOnlyAccess": {
			permit("application-autoscaling: DescribeScalableTargets DescribeScalingActivities DescribeScalingPolicies; cloudwatch: "+
				"DescribeAlarmHistory DescribeAlarms DescribeAlarmsForMetric GetMetricStatistics ListMetrics GetMetricData; "+
				"datapipeline: DescribeObjects DescribePipelines GetPipelineDefinition ListPipelines QueryObjects; dynamodb: "+
				"BatchGetItem Describe* List* GetAbacStatus GetItem GetResourcePolicy Query Scan PartiQLSelect; dax: Describe* List* "+
				"GetItem BatchGetItem Query Scan; ec2: DescribeVpcs DescribeSubnets DescribeSecurityGroups; iam: GetRole ListRoles; "+
				"kms: DescribeKey ListAliases; sns: ListSubscriptionsByTopic ListTopics; lambda: ListFunctions "+
				"ListEventSourceMappings GetFunctionConfiguration; resource-groups: ListGroups ListGroupResources GetGroup "+
				"GetGroupQuery; tag: GetResources; kinesis: ListStreams DescribeStream DescribeStreamSummary", "*"),
			permit("cloudwatch: GetInsightRuleReport", "arn:{Partition}:cloudwatch:*:*:insight-rule/DynamoDBContributorInsights*"),
		},
		"AmazonS3FullAccess":     {permit("s3: *; s3-object-lambda: *", "*")},
		"AmazonS3ReadOnlyAccess": {permit("s3: Get* List* Describe*; s3-object-lambda: Get* List*", "*")},
		"AmazonSQSFullAccess":    {permit("sqs: *", "*")},
		"AmazonSQSReadOnlyAccess": {
			permit("sqs: GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues ListQueues ListMessageMoveTasks ListQueueTags",
				"*"),
		},
		"AmazonSNSFullAccess": {
			permit("sns: *", "*"),
			permit("sms-voice: DescribeVerifiedDestinationNumbers CreateVerifiedDestinationNumber SendDestinationNumberVerificationCode "+
				"SendTextMessage DeleteVerifiedDestinationNumber VerifyDestinationNumber DescribeAccountAttributes "+
				"DescribeSpendLimits DescribePhoneNumbers SetTextMessageSpendLimitOverride DescribeOptedOutNumbers "+
				"DeleteOptedOutNumber", "*").
				when("StringEquals", "aws:CalledViaLast", "sns.amazonaws.com"),
		},
		"AmazonSNSReadOnlyAccess": {
			permit("sns: GetTopicAttributes List* CheckIfPhoneNumberIsOptedOut GetEndpointAttributes GetDataProtectionPolicy "+
				"GetPlatformApplicationAttributes GetSMSAttributes GetSMSSandboxAccountStatus GetSubscriptionAttributes",
				"*"),
			permit("sms-voice: DescribeVerifiedDestinationNumbers DescribeAccountAttributes DescribeSpendLimits DescribePhoneNumbers "+
				"DescribeOptedOutNumbers", "*").
				when("StringEquals", "aws:CalledViaLast", "sns.amazonaws.com"),
		},
		"AmazonKinesisFullAccess":     {permit("kinesis: *", "*")},
		"AmazonKinesisReadOnlyAccess": {permit("kinesis: Get* List* Describe*", "*")},
		"AWSStepFunctionsFullAccess":  {permit("states: *", "*")},
		"AmazonEventBridgeFullAccess": {
			permit("events: *; schemas: *; scheduler: *; pipes: *", "*"),
			permit("iam: CreateServiceLinkedRole",
				"arn:{Partition}:iam::*:role/aws-service-role/apidestinations.events.amazonaws.com/AWSServiceRoleForAmazonEventBridgeApiDestinations").
				when("StringEquals", "iam:AWSServiceName", "apidestinations.events.amazonaws.com"),
			permit("iam: CreateServiceLinkedRole",
				"arn:{Partition}:iam::*:role/aws-service-role/schemas.amazonaws.com/AWSServiceRoleForSchemas").
				when("StringEquals", "iam:AWSServiceName", "schemas.amazonaws.com"),
			permit("secretsmanager: CreateSecret UpdateSecret DeleteSecret GetSecretValue PutSecretValue",
				"arn:{Partition}:secretsmanager:*:*:secret:events!*"),
			permit("iam: PassRole", "arn:{Partition}:iam::*:role/*").
				when("StringLike", "iam:PassedToService", "events.amazonaws.com"),
			permit("iam: PassRole", "arn:{Partition}:iam::*:role/*").
				when("StringLike", "iam:PassedToService", "scheduler.amazonaws.com"),
			permit("iam: PassRole", "arn:{Partition}:iam::*:role/*").
				when("StringLike", "iam:PassedToService", "pipes.amazonaws.com"),
		},
		"AmazonSESFullAccess": {permit("ses: *", "*")},
		"CloudWatchLogsFullAccess": {
			permit("logs: *; cloudwatch: GenerateQuery GenerateQueryResultsSummary; observabilityadmin: GetS3TableIntegration "+
				"ListS3TableIntegrations ListTelemetryPipelines", "*"),
		},
		"CloudWatchLogsReadOnlyAccess": {
			permit("logs: Describe* Get* List* StartQuery StopQuery TestMetricFilter FilterLogEvents StartLiveTail StopLiveTail; "+
				"cloudwatch: GenerateQuery GenerateQueryResultsSummary; observabilityadmin: ListS3TableIntegrations "+
				"GetS3TableIntegration ListTelemetryPipelines", "*"),
		},
		"CloudWatchFullAccess": {
			permit("autoscaling: Describe*; cloudwatch: *; logs: *; sns: *; iam: GetPolicy GetPolicyVersion GetRole; oam: ListSinks",
				"*"),
			permit("iam: CreateServiceLinkedRole",
				"arn:{Partition}:iam::*:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForCloudWatchEvents*").
				when("StringLike", "iam:AWSServiceName", "events.amazonaws.com"),
			permit("oam: ListAttachedLinks", "arn:{Partition}:oam:*:*:sink/*"),
		},
		"CloudWatchLambdaInsightsExecutionRolePolicy": {
			permit("logs: CreateLogGroup", "*"),
			permit("logs: CreateLogStream PutLogEvents", "arn:{Partition}:logs:*:*:log-group:/aws/lambda-insights:*"),
		},
		"AWSXRayDaemonWriteAccess": {
			permit("xray: PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets GetSamplingStatisticSummaries",
				"*"),
		},
		"AWSXrayWriteOnlyAccess": {
			permit("xray: PutTraceSegments PutTelemetryRecords GetSamplingRules GetSamplingTargets GetSamplingStatisticSummaries",
				"*"),
		},
		"AWSXrayFullAccess":          {permit("xray: *", "*")},
		"AWSAppSyncInvokeFullAccess": {permit("appsync: GraphQL GetGraphqlApi ListGraphqlApis ListApiKeys", "*")},
		"AWSAppSyncSchemaAuthor": {
			permit("appsync: GraphQL CreateResolver CreateType DeleteResolver DeleteType GetResolver GetType GetDataSource "+
				"GetSchemaCreationStatus GetIntrospectionSchema GetGraphqlApi ListTypes ListApiKeys ListResolvers ListDataSources "+
				"ListGraphqlApis StartSchemaCreation UpdateResolver UpdateType TagResource UntagResource ListTagsForResource "+
				"CreateFunction UpdateFunction GetFunction DeleteFunction ListFunctions ListResolversByFunction "+
				"EvaluateMappingTemplate EvaluateCode", "*"),
		},
		"AWSAppSyncAdministrator": {
			permit("appsync: *", "*"),
			permit("iam: PassRole", "*").
				when("StringEquals", "iam:PassedToService", "appsync.amazonaws.com"),
			permit("iam: CreateServiceLinkedRole", "*").
				when("StringEquals", "iam:AWSServiceName", "appsync.amazonaws.com"),
			permit("iam: DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus",
				"arn:{Partition}:iam::*:role/aws-service-role/appsync.amazonaws.com/AWSServiceRoleForAppSync*"),
		},
		"SecretsManagerReadWrite": {
			permit("secretsmanager: *; cloudformation: CreateChangeSet DescribeChangeSet DescribeStackResource DescribeStacks "+
				"ExecuteChangeSet; docdb-elastic: GetCluster ListClusters; ec2: DescribeSecurityGroups DescribeSubnets DescribeVpcs; "+
				"kms: DescribeKey ListAliases ListKeys; lambda: ListFunctions; rds: DescribeDBClusters DescribeDBInstances; redshift: "+
				"DescribeClusters; redshift-serverless: ListWorkgroups GetNamespace; tag: GetResources", "*"),
			permit("lambda: AddPermission CreateFunction GetFunction InvokeFunction UpdateFunctionConfiguration",
				"arn:{Partition}:lambda:*:*:function:SecretsManager*"),
			permit("serverlessrepo: CreateCloudFormationChangeSet GetApplication",
				"arn:{Partition}:serverlessrepo:*:*:applications/SecretsManager*"),
			permit("s3: GetObject",
				"arn:{Partition}:s3:::awsserverlessrepo-changesets*", "arn:{Partition}:s3:::secrets-manager-rotation-apps-*/*"),
		},
		"AmazonSSMReadOnlyAccess": {permit("ssm: Describe* Get* List*", "*")},
		"AmazonSSMFullAccess": {
			permit("cloudwatch: PutMetricData; ds: CreateComputer DescribeDirectories; ec2: DescribeInstanceStatus; logs: *; ssm: *; "+
				"ec2messages: *", "*"),
			permit("iam: CreateServiceLinkedRole",
				"arn:{Partition}:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*").
				when("StringLike", "iam:AWSServiceName", "ssm.amazonaws.com"),
			permit("iam: DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus",
				"arn:{Partition}:iam::*:role/aws-service-role/ssm.amazonaws.com/AWSServiceRoleForAmazonSSM*"),
			permit("ssmmessages: CreateControlChannel CreateDataChannel OpenControlChannel OpenDataChannel", "*"),
		},
		"AmazonRDSDataFullAccess": {
			permit("secretsmanager: GetSecretValue PutResourcePolicy PutSecretValue DeleteSecret DescribeSecret TagResource",
				"arn:{Partition}:secretsmanager:*:*:secret:rds-db-credentials/*"),
			permit("dbqms: CreateFavoriteQuery DescribeFavoriteQueries UpdateFavoriteQuery DeleteFavoriteQueries GetQueryString "+
				"CreateQueryHistory DescribeQueryHistory UpdateQueryHistory DeleteQueryHistory; rds-data: ExecuteSql ExecuteStatement "+
				"BatchExecuteStatement BeginTransaction CommitTransaction RollbackTransaction; secretsmanager: CreateSecret "+
				"ListSecrets GetRandomPassword; tag: GetResources", "*"),
		},
		"AmazonCognitoPowerUser": {
			permit("cognito-identity: *; cognito-idp: *; cognito-sync: *; iam: ListRoles ListOpenIdConnectProviders GetRole "+
				"ListSAMLProviders GetSAMLProvider; kinesis: ListStreams; lambda: GetPolicy ListFunctions; sns: "+
				"GetSMSSandboxAccountStatus ListPlatformApplications; ses: ListIdentities GetIdentityVerificationAttributes; "+
				"mobiletargeting: GetApps; acm: ListCertificates; sms-voice: DescribeAccountAttributes", "*"),
			permit("iam: CreateServiceLinkedRole", "*").
				when("StringEquals", "iam:AWSServiceName", "cognito-idp.amazonaws.com", "email.cognito-idp.amazonaws.com"),
			permit("iam: DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus",
				"arn:{Partition}:iam::*:role/aws-service-role/cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdp*",
				"arn:{Partition}:iam::*:role/aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmail*"),
		},
		"AmazonCognitoReadOnly": {
			permit("cognito-identity: Describe* Get* List*; cognito-idp: Describe* AdminGet* AdminList* List* Get*; cognito-sync: "+
				"Describe* Get* List*; iam: ListOpenIdConnectProviders ListRoles; sns: ListPlatformApplications", "*"),
		},
		"AdministratorAccess": {permit("*", "*")},
		"PowerUserAccess": {
			permitExcept("iam: *; organizations: *; account: *", "*"),
			permit("account: GetAccountInformation GetGovCloudAccountInformation GetPrimaryEmail ListRegions; iam: "+
				"CreateServiceLinkedRole DeleteServiceLinkedRole ListRoles; organizations: DescribeEffectivePolicy "+
				"DescribeOrganization", "*"),
		},
	}
}
