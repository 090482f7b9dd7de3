// Package spec is what a gateway serves, as plain data: the result of reading
// a template, and the input of every runtime.
//
// A [Spec] is built once (by internal/template, or by hand in a test), checked
// by [Spec.Validate], and never changed afterwards; it may be shared between
// goroutines. A reload builds a new one. Nothing here does I/O.
package spec

import (
	"strings"
	"time"

	"github.com/tidewire/tidewire/iam"
)

// Source is where something stands in a template.
type Source struct {
	File string // as given by the user; empty if not from a file
	Line int    // from 1; 0 if unknown
}

// Spec is all that one stack asks a gateway to run.
type Spec struct {
	File      string // the template's path, as given
	StackName string
	Region    string // "us-east-1"
	Account   string // twelve digits
	Partition string // "aws", "aws-cn", "aws-us-gov"

	Functions     []Function
	Permissions   []Permission
	WebSocketAPIs []WebSocketAPI
	GraphQLAPIs   []GraphQLAPI
	EventsAPIs    []EventsAPI
	IdentityPools []IdentityPool
	Domains       []Domain
	APIKeys       []APIKey
	UsagePlans    []UsagePlan
	Users         []User
	Roles         []Role
	Tables        []Table
	Outputs       []Output

	// Gaps are the parts of the template that we know we cannot run.
	Gaps []Gap
	// NotRun are the resources that are not run at all, by name.
	NotRun []NotRun
	// Notes are remarks for the person at start (a placeholder that stands
	// for a resource that is not run, a property without effect here).
	Notes []Note

	// Files are the files the template was read from, for a watcher: itself,
	// those whose text it takes in, such as schemas and code, also if they are
	// not there, and what that code imports.
	Files []string
}

// URLSuffix is the partition's domain: "amazonaws.com" or "amazonaws.com.cn".
func (s *Spec) URLSuffix() string {
	if s.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}

// GapKind tells a missing guard from a missing worker.
type GapKind int

const (
	// Worker is something that would do work: its route answers AWS's
	// configuration error, and serve lists it.
	Worker GapKind = iota
	// Guard is something that would refuse callers: serve does not start
	// without it.
	Guard
)

// Gap is a part of the template that tidewire lacks.
type Gap struct {
	Kind     GapKind
	Resource string // logical id
	Property string // property path, may be empty
	Message  string // what is missing, one sentence
	Hint     string
	At       Source
}

// NotRun is a resource that tidewire does not run.
type NotRun struct {
	LogicalID string
	Type      string // "AWS::S3::Bucket"
	Reason    string // may be empty
	At        Source
}

// Note is a remark about the template for the person who starts it.
type Note struct {
	Resource string // logical id, may be empty
	Message  string
	At       Source
}

// Output is one of the template's Outputs, resolved.
type Output struct {
	Name, Description, Value, ExportName string
}

// Function is a Lambda function.
type Function struct {
	LogicalID   string
	Name        string // physical name; what Invoke takes
	ARN         string // unqualified
	Runtime     string // "python3.12", "nodejs22.x", "provided.al2023", "go1.x"
	Handler     string
	Code        Code
	Timeout     time.Duration // Lambda's default is 3 s
	MemoryMB    int           // default 128
	Environment map[string]string
	Layers      []Layer
	RoleARN     string // the execution role; a Role of the Spec if the template has it
	// ReservedConcurrency is nil when not set; 0 throttles every call.
	ReservedConcurrency *int
	At                  Source
}

// Code is where a function's code is. Exactly one of Dir, Zip and Inline is
// set, unless Unavailable says why there is none.
type Code struct {
	Dir         string // directory with the handler, absolute
	Zip         string // zip or jar file, absolute
	Inline      string // source text (InlineCode, Code.ZipFile)
	Unavailable string // why there is no local code (an image, an S3 object)
	Property    string // the property it came from, for messages
}

// Layer is a Lambda layer unpacked in a local directory.
type Layer struct {
	LogicalID string
	ARN       string
	Dir       string // absolute; the directory that becomes /opt
}

// Permission is an AWS::Lambda::Permission, or one that SAM generates.
type Permission struct {
	LogicalID     string
	FunctionARN   string // unqualified ARN of the function
	Action        string // "lambda:InvokeFunction"
	Principal     string // "apigateway.amazonaws.com"
	SourceARN     string // pattern; empty allows every source
	SourceAccount string
	At            Source
}

// WebSocketAPI is an API Gateway WebSocket API.
type WebSocketAPI struct {
	LogicalID                 string
	ID                        string // stable: derived from stack name and logical id
	Name                      string
	RouteSelectionExpression  string // "$request.body.action"
	APIKeySelectionExpression string // default "$request.header.x-api-key"
	DisableExecuteAPIEndpoint bool
	Routes                    []Route
	Integrations              []Integration
	Stages                    []Stage
	At                        Source
}

// Authorization types of a route.
const (
	AuthNone = "NONE"
	AuthIAM  = "AWS_IAM"
)

// Route is one route of a WebSocket API.
type Route struct {
	LogicalID     string
	ID            string
	Key           string // "$connect", "$disconnect", "$default", "sendmessage"
	IntegrationID string // empty: the route has no integration
	Authorization string // AuthNone or AuthIAM; anything else is a Guard gap
	// APIKeyRequired asks for an API key whose usage plan holds the stage;
	// meaningful on $connect only.
	APIKeyRequired bool
	// RouteResponse is true for a two-way route: what the integration returns
	// is sent to the client.
	RouteResponse bool
	// RequestParameters are the declared parameters of $connect
	// ("route.request.querystring.N") and whether each is required.
	RequestParameters map[string]bool
	At                Source
}

// Integration is what a route runs.
type Integration struct {
	LogicalID string
	ID        string
	Type      string // "AWS_PROXY", "AWS", "HTTP", "HTTP_PROXY", "MOCK"
	URI       string
	// FunctionARN is the function's ARN for a Lambda URI; it may end in a
	// version or alias, and may hold ${stageVariables.name}.
	FunctionARN     string
	CredentialsARN  string        // role to invoke with; empty: the function's permissions decide
	Timeout         time.Duration // 50 ms – 29 s, default 29 s
	ContentHandling string        // "", "CONVERT_TO_BINARY", "CONVERT_TO_TEXT"
	// Unsupported says what this integration needs that tidewire lacks; its
	// routes answer the configuration error. Empty when it can run.
	Unsupported string
	At          Source
}

// Stage is a deployed stage.
type Stage struct {
	LogicalID string
	Name      string
	Variables map[string]string
	Throttle  Throttle            // DefaultRouteSettings
	Routes    map[string]Throttle // RouteSettings by route key
	At        Source
}

// Throttle is a token bucket; the zero value does not limit.
type Throttle struct {
	Rate  float64 // requests a second
	Burst int
	Set   bool
}

// Domain is a custom domain name and what it maps to.
type Domain struct {
	Name     string
	Mappings []Mapping
	At       Source
}

// Mapping puts an API's stage under a domain.
type Mapping struct {
	Key   string // base path, empty for the root
	APIID string
	Stage string
}

// APIKey is an AWS::ApiGateway::ApiKey.
type APIKey struct {
	LogicalID string
	ID        string
	Name      string
	Value     string // secret
	Enabled   bool
	At        Source
}

// UsagePlan is an AWS::ApiGateway::UsagePlan with the keys attached to it.
type UsagePlan struct {
	LogicalID string
	ID        string
	Stages    []PlanStage
	KeyIDs    []string // APIKey.ID
	Throttle  Throttle
	Quota     Quota
	At        Source
}

// PlanStage is an API stage that a usage plan holds.
type PlanStage struct {
	APIID, Stage string
	Throttle     map[string]Throttle // by "/path/METHOD" of REST; kept for reporting
}

// Quota bounds requests in a period; Limit 0 means none.
type Quota struct {
	Limit  int
	Offset int
	Period string // "DAY", "WEEK", "MONTH"
}

// Policy is a named policy document.
type Policy struct {
	Name     string // policy name, or ARN for a managed one
	Document *iam.Policy
	At       Source
}

// User is an IAM user of the template.
type User struct {
	LogicalID  string
	Name       string
	ARN        string
	ID         string // "AIDA…"
	Policies   []Policy
	Boundary   *Policy
	AccessKeys []AccessKey
	Tags       map[string]string
	At         Source
}

// AccessKey is a long-term key.
type AccessKey struct {
	LogicalID string
	ID        string // "AKIA…"
	Secret    string
	Active    bool
	At        Source
}

// Role is an IAM role of the template, or one that SAM generates.
type Role struct {
	LogicalID   string
	Name        string
	ARN         string
	ID          string // "AROA…"
	Policies    []Policy
	Boundary    *Policy
	Trust       *iam.Policy // AssumeRolePolicyDocument; nil if absent
	MaxDuration time.Duration
	Tags        map[string]string
	At          Source
}

// Table is a DynamoDB table.
type Table struct {
	LogicalID    string
	Name         string
	Attributes   []Attribute
	Keys         []Key
	Global       []Index // GSIs
	Local        []Index // LSIs
	TTLAttribute string  // empty: no time to live
	StreamView   string  // empty: no stream
	At           Source
}

// Attribute is a key attribute's type: "S", "N" or "B".
type Attribute struct{ Name, Type string }

// Key is one element of a key schema: "HASH" or "RANGE".
type Key struct{ Name, Type string }

// Index is a secondary index.
type Index struct {
	Name       string
	Keys       []Key
	Projection string   // "ALL", "KEYS_ONLY", "INCLUDE"
	NonKey     []string // for INCLUDE
}

// FunctionByARN finds a function by its ARN (a version or alias at the end is
// ignored), its partial ARN or its name. Nil if there is none.
func (s *Spec) FunctionByARN(arn string) *Function {
	base := UnqualifiedFunctionARN(arn)
	for i := range s.Functions {
		if f := &s.Functions[i]; f.ARN == base || f.Name == arn {
			return f
		}
	}
	return nil
}

// UnqualifiedFunctionARN cuts a version or alias off a function's ARN
// (Lambda API reference, "FunctionName").
func UnqualifiedFunctionARN(arn string) string {
	parts := strings.SplitN(arn, ":", 8)
	if len(parts) == 8 {
		return strings.Join(parts[:7], ":")
	}
	return arn
}

// RoleByARN finds a role of the template; nil if the template has none such.
func (s *Spec) RoleByARN(arn string) *Role {
	for i := range s.Roles {
		if s.Roles[i].ARN == arn {
			return &s.Roles[i]
		}
	}
	return nil
}

// Integration finds an integration by id; nil if there is none.
func (a *WebSocketAPI) Integration(id string) *Integration {
	for i := range a.Integrations {
		if a.Integrations[i].ID == id {
			return &a.Integrations[i]
		}
	}
	return nil
}

// Route finds a route by its key; nil if there is none.
func (a *WebSocketAPI) Route(key string) *Route {
	for i := range a.Routes {
		if a.Routes[i].Key == key {
			return &a.Routes[i]
		}
	}
	return nil
}

// Stage finds a stage by name; nil if there is none.
func (a *WebSocketAPI) Stage(name string) *Stage {
	for i := range a.Stages {
		if a.Stages[i].Name == name {
			return &a.Stages[i]
		}
	}
	return nil
}
