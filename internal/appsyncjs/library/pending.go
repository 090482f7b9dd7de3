package library

var (
	timeFunctions, dynamodbFunctions, httpFunctions, xmlFunctions              []function
	transformFunctions, extensionFunctions, dynamodbModule, operationFunctions []function
)
