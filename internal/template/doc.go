// Package template reads SAM and CloudFormation templates and says what a
// gateway has to serve.
//
// Call [Find] with what the user named, then [Load] with the file:
//
//	file, err := template.Find("examples/echo")
//	…
//	s, problems := template.Load(file, &template.Options{Region: "us-east-1"})
//	if len(problems) > 0 {
//		fmt.Fprintln(os.Stderr, problems.Error())
//	}
//
// # What is read
//
// YAML with short and long intrinsics, and JSON as CDK synthesizes it, assets
// included. Parameters, mappings, conditions, outputs, SAM's Globals and what
// SAM generates, Fn::ForEach and the other language extensions. The resource
// types that are run are functions, layers and their permissions, WebSocket
// APIs and everything below them, API keys and usage plans, AppSync GraphQL
// APIs with their schemas, keys, data sources, functions, resolvers and
// domains, AppSync Event APIs with their channel namespaces, Cognito's identity
// pools with their roles, IAM's users, roles, groups and policies, and DynamoDB
// tables.
//
// # Promised
//
// Every problem is reported, all at once, each with the line that it comes
// from and a hint; with any problem there is no Spec. A template is never
// half understood in silence: what would refuse callers and is not here is a
// Guard gap, what would do work and is not here is a Worker gap, a resource of
// another type is in NotRun by name, and a property without effect is a Note.
// Ref and Fn::GetAtt of what is not run give stable values shaped as AWS's.
// Ids, names and ARNs depend on the stack's name and the logical ids only, so
// they are the same at every start.
//
// Input is bounded: size, depth, the number of values (aliases counted each
// time they are used) and what intrinsics may make of them. Values of NoEcho
// parameters, secrets and dynamic references to secrets appear in no problem,
// note or output.
//
// # Not done
//
// Macros and AWS::Include are refused: they run in AWS. Rules and Hooks are
// not evaluated, which is noted. Nothing is built and no network is used; code
// of functions is a path. Schemas and resolvers' code are read, from the
// template or from files beside it, but not parsed. There is no clock: an
// AppSync API key without Expires has none.
//
// # Concurrency
//
// The functions of this package keep no state and may be used from many
// goroutines; an Options is only read.
package template
