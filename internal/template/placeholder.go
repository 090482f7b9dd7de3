package template

import (
	"strings"
)

// elsewhere is the family of every type that is not run: Ref and GetAtt give
// stable values of the shape that AWS gives them.
func elsewhere() family {
	return family{ref: placeholderRef, attributes: placeholderAttributes, read: readElsewhere}
}

func readElsewhere(l *loader, r *resource, _ *props) {
	if r.from != nil || r.typ == "" {
		return
	}
	reason := ""
	if !strings.Contains(r.typ, "::") {
		l.problem(r.node.get("Type"), "unknown resource type "+quoteShort(r.typ), "types look like AWS::Lambda::Function")
		return
	}
	var run []string
	for typ := range l.families {
		run = append(run, typ)
	}
	if near := nearest(r.typ, run); near != "" {
		reason = "did you mean " + near + "?"
	}
	l.notRun(r.id, r.typ, reason, r.node)
}

func placeholderRef(l *loader, r *resource) *node {
	return l.standin(r, l.placeholder(r))
}

// standin marks a placeholder, and remarks on the first one of a resource.
func (l *loader) standin(r *resource, text string) *node {
	l.notePlaceholder(r)
	n := r.node.str(text)
	n.marks.standin = true
	return n
}

func (l *loader) notePlaceholder(r *resource) {
	if l.noted[r] {
		return
	}
	l.noted[r] = true
	l.note(r.node, "a placeholder stands for "+r.id+" ("+r.typ+"), which is not run")
}

// placeholderName is the resource's name: the one that its properties give, or
// a generated one.
func (l *loader) placeholderName(r *resource) string {
	names := map[string]string{
		"AWS::SQS::Queue": "QueueName", "AWS::SNS::Topic": "TopicName", "AWS::S3::Bucket": "BucketName",
		"AWS::Logs::LogGroup": "LogGroupName", "AWS::StepFunctions::StateMachine": "StateMachineName",
		"AWS::ApiGateway::Stage": "StageName", "AWS::Cognito::UserPoolGroup": "GroupName",
	}
	property := orDefault(names[r.typ], "Name")
	return l.physical(r, property, func() string {
		name := l.generatedName(r, 63)
		if r.typ == "AWS::S3::Bucket" {
			return strings.ToLower(name)
		}
		return name
	})
}

// placeholder is what Ref gives (CloudFormation resource reference, "Return
// values" of each type).
func (l *loader) placeholder(r *resource) string {
	name := l.placeholderName(r)
	switch r.typ {
	case "AWS::SQS::Queue":
		return "https://sqs." + l.o.Region + "." + l.spec.URLSuffix() + "/" + l.o.Account + "/" + name
	case "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine", "AWS::SecretsManager::Secret",
		"AWS::CertificateManager::Certificate", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ElasticLoadBalancingV2::TargetGroup",
		"AWS::CloudFormation::Stack", "AWS::Serverless::Application", "AWS::Batch::JobQueue", "AWS::Batch::JobDefinition", "AWS::WAFv2::WebACL", "AWS::ECS::TaskDefinition":
		return l.placeholderARN(r)
	case "AWS::Cognito::UserPool":
		return l.o.Region + "_" + l.derive("pool:"+r.id, mixedAlnum, 9)
	case "AWS::Cognito::UserPoolClient":
		return l.derive("client:"+r.id, lowerAlnum, 26)
	case "AWS::KMS::Key":
		return l.uuid("key:" + r.id)
	case "AWS::Serverless::Api", "AWS::Serverless::HttpApi", "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Resource", "AWS::ApiGateway::Deployment":
		return l.shortID(r.id)
	case "AWS::CloudFront::Distribution":
		return "E" + l.derive("dist:"+r.id, upperAlnum, 13)
	}
	if prefix := ec2Prefix(r.typ); prefix != "" {
		return prefix + l.derive("ec2:"+r.id, "0123456789abcdef", 17)
	}
	return name
}

func ec2Prefix(typ string) string {
	return map[string]string{
		"AWS::EC2::VPC": "vpc-", "AWS::EC2::Subnet": "subnet-", "AWS::EC2::SecurityGroup": "sg-", "AWS::EC2::InternetGateway": "igw-",
		"AWS::EC2::RouteTable": "rtb-", "AWS::EC2::NatGateway": "nat-", "AWS::EC2::Instance": "i-", "AWS::EC2::VPCEndpoint": "vpce-",
	}[typ]
}

// placeholderARN has the service of the type and the usual form of its
// resources.
func (l *loader) placeholderARN(r *resource) string {
	name := l.placeholderName(r)
	switch r.typ {
	case "AWS::S3::Bucket":
		return "arn:" + l.spec.Partition + ":s3:::" + name
	case "AWS::SQS::Queue":
		return l.arn("sqs", name)
	case "AWS::SNS::Topic":
		return l.arn("sns", name)
	case "AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine":
		return l.arn("states", "stateMachine:"+name)
	case "AWS::Cognito::UserPool":
		return l.arn("cognito-idp", "userpool/"+l.placeholder(r))
	case "AWS::KMS::Key":
		return l.arn("kms", "key/"+l.placeholder(r))
	case "AWS::SecretsManager::Secret":
		return l.arn("secretsmanager", "secret:"+name+"-"+l.derive("secret:"+r.id, mixedAlnum, 6))
	case "AWS::Logs::LogGroup":
		return l.arn("logs", "log-group:"+name+":*")
	case "AWS::Events::EventBus":
		return l.arn("events", "event-bus/"+name)
	case "AWS::CertificateManager::Certificate":
		return l.arn("acm", "certificate/"+l.uuid("certificate:"+r.id))
	case "AWS::CloudFormation::Stack", "AWS::Serverless::Application":
		return l.arn("cloudformation", "stack/"+name+"/"+l.uuid("stack:"+r.id))
	case samRoleType:
		return l.iamARN("role/" + name)
	}
	service, kind := serviceOf(r.typ)
	return l.arn(service, kind+"/"+name)
}

func serviceOf(typ string) (service, kind string) {
	parts := strings.Split(strings.ToLower(typ), "::")
	if len(parts) < 3 {
		return "custom", parts[len(parts)-1]
	}
	if parts[1] == "elasticloadbalancingv2" || parts[1] == "apigatewayv2" {
		parts[1] = strings.TrimSuffix(parts[1], "v2")
	}
	return parts[1], parts[2]
}

func placeholderAttributes(l *loader, r *resource) []attribute {
	return []attribute{{"*", func(name string) *node {
		return l.standin(r, l.placeholderAttribute(r, name))
	}}}
}

func (l *loader) placeholderAttribute(r *resource, name string) string {
	ref := l.placeholder(r)
	host := ref + "." + strings.ToLower(name) + "." + l.o.Region + "." + l.spec.URLSuffix()
	switch {
	case r.typ == "AWS::SSM::Parameter" && name == "Value":
		return l.physical(r, "Value", func() string { return ref })
	case r.typ == "AWS::S3::Bucket" && strings.HasSuffix(name, "DomainName"):
		return ref + ".s3." + l.o.Region + "." + l.spec.URLSuffix()
	case name == "ApiEndpoint", name == "RegistryEndpoint":
		return "https://" + l.executeAPI(ref)
	case name == "ProviderName", name == "ProviderURL":
		provider := "cognito-idp." + l.o.Region + "." + l.spec.URLSuffix() + "/" + ref
		return map[string]string{"ProviderName": provider, "ProviderURL": "https://" + provider}[name]
	case strings.HasSuffix(name, "Arn"), strings.HasSuffix(name, "ARN"):
		return l.placeholderARN(r)
	case name == "QueueUrl", name == r.idAttribute():
		return ref
	case strings.HasSuffix(name, "Name") && !strings.HasSuffix(name, "DomainName"):
		return l.placeholderName(r)
	case strings.HasSuffix(name, "Url"), strings.HasSuffix(name, "URL"):
		return "https://" + host
	case strings.Contains(name, "Endpoint"), strings.HasSuffix(name, "DomainName"), strings.HasSuffix(name, "DNSName"):
		return host
	case strings.HasSuffix(name, "Id"):
		return l.derive(r.id+"."+name, lowerAlnum, 10)
	default:
		return l.placeholderName(r) + "-" + strings.ToLower(keepAlnum(name))
	}
}

// idAttribute is the attribute that repeats the Ref: VpcId of a VPC.
func (r *resource) idAttribute() string {
	last := r.typ[strings.LastIndexByte(r.typ, ':')+1:]
	switch last {
	case "VPC":
		return "VpcId"
	case "SecurityGroup":
		return "GroupId"
	case "HttpApi":
		return "ApiId"
	case "UserPoolClient":
		return "ClientId"
	default:
		return last + "Id"
	}
}
