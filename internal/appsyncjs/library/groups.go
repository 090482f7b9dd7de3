package library

// The objects that scripts see. They are data: nothing changes them.
var (
	utilGroup = group{"util", utilFunctions, []group{
		{"time", timeFunctions, nil},
		{"dynamodb", dynamodbFunctions, nil},
		{"rds", nil, nil}, // not served yet
		{"http", httpFunctions, nil},
		{"xml", xmlFunctions, nil},
		{"transform", transformFunctions, nil},
		{"math", mathFunctions, nil},
		{"str", strFunctions, nil},
	}}
	extensionGroup = group{"extensions", extensionFunctions, nil}
	runtimeGroup   = group{"runtime", runtimeFunctions, nil}
	consoleGroup   = group{"console", consoleFunctions, nil}
	dynamodbModule = group{"dynamodb", requestFunctions, []group{{"operations", operationFunctions, nil}}}
)
