// Command echo is the function behind the echo WebSocket API: it admits every
// connection that API Gateway let through, and answers a message with itself.
package main

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func handle(_ context.Context, e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK, Body: e.Body}, nil
}

func main() { lambda.Start(handle) }
