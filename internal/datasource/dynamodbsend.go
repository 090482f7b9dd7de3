package datasource

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxDynamoAnswer = 20 << 20 // bytes: BatchGetItem answers 16 MB at most
	dynamoAttempts  = 3
)

// dynamoError is what DynamoDB answered in the place of a result.
type dynamoError struct {
	name, message string // "ConditionalCheckFailedException"
	status        int
	requestID     string
	cancellations []struct {
		Code, Message string
		Item          json.RawMessage
	}
}

// failure is the error in AppSync's words.
func (e *dynamoError) failure() *Failure {
	text := e.message
	if e.status != 0 {
		text = fmt.Sprintf("%s (Service: DynamoDb, Status Code: %d, Request ID: %s)", e.message, e.status, e.requestID)
	}
	return &Failure{Type: "DynamoDB:" + e.name, Message: text}
}

// again tells errors that pass (DynamoDB developer guide, "Error handling").
func (e *dynamoError) again() bool {
	switch e.name {
	case "ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded", "TransactionInProgressException":
		return true
	}
	return e.status >= 500
}

func (c *call) send(operation string, p parameters, into any) *Failure {
	if e := c.exchange(operation, p, into); e != nil {
		return e.failure()
	}
	return nil
}

// exchange calls an operation of DynamoDB's API, a few times if need be.
func (c *call) exchange(operation string, p parameters, into any) *dynamoError {
	for _, n := range c.needs(operation, p) {
		if f := c.s.permitted(c.ds, "DynamoDB", "dynamodb:"+n.action, n.resource); f != nil {
			return &dynamoError{name: "AccessDeniedException", message: f.Message}
		}
	}
	body, err := json.Marshal(p)
	if err != nil {
		return &dynamoError{name: "ValidationException", message: "the document is no JSON"}
	}
	for attempt := 1; ; attempt++ {
		e := c.once(operation, body, into)
		if e == nil || attempt == dynamoAttempts || !e.again() || !pause(c, time.Duration(attempt)*50*time.Millisecond) {
			return e
		}
	}
}

// need is a permission that a request takes.
type need struct{ action, resource string }

// needs are the permissions that a request takes (Service authorization
// reference, "Actions, resources, and condition keys for Amazon DynamoDB");
// those of a transaction are the ones of its items.
func (c *call) needs(operation string, p parameters) []need {
	if index, ok := p["IndexName"].(string); ok {
		return []need{{operation, c.arn(c.ds.Table) + "/index/" + index}}
	}
	if _, ok := p["TableName"]; ok {
		return []need{{operation, c.arn(c.ds.Table)}}
	}
	var list []need
	switch items := p["RequestItems"].(type) {
	case map[string]parameters:
		for table := range items {
			list = append(list, need{operation, c.arn(table)})
		}
	case map[string][]any:
		for table := range items {
			list = append(list, need{operation, c.arn(table)})
		}
	}
	for _, t := range c.d.Transaction {
		action := t.Operation
		switch operation {
		case "TransactGetItems":
			action = "GetItem"
		case "TransactWriteItems":
			if action == "ConditionCheck" {
				action = "ConditionCheckItem"
			}
		}
		list = append(list, need{action, c.arn(t.Table)})
	}
	return list
}

func (c *call) arn(table string) string {
	return "arn:" + c.s.o.Partition + ":dynamodb:" + c.s.o.Region + ":" + c.s.o.Account + ":table/" + table
}

func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *call) once(operation string, body []byte, into any) *dynamoError {
	endpoint, client := c.s.o.DynamoDB()
	if endpoint == "" {
		return &dynamoError{name: "ResourceNotFoundException", message: "there is no DynamoDB: start tidewire with --endpoint dynamodb=URL, or install an engine"}
	}
	r, err := http.NewRequestWithContext(c, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return &dynamoError{name: "SdkClientException", message: "the endpoint of DynamoDB is no URL"}
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	if err := c.s.sign(c, c.ds.RoleARN, "dynamodb", c.s.o.Region, r, body); err != nil {
		c.s.o.Log.Warn("a data source's request could not be signed", "dataSource", c.ds.Name, "role", c.ds.RoleARN, "err", err)
		return &dynamoError{name: "AccessDeniedException", message: "there are no credentials of the role of the data source " + c.ds.Name}
	}
	resp, err := client.Do(r)
	if err != nil {
		c.s.o.Log.Warn("DynamoDB did not answer", "dataSource", c.ds.Name, "operation", operation, "err", err)
		return &dynamoError{name: "SdkClientException", message: "DynamoDB did not answer"}
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxDynamoAnswer+1))
	if err != nil || len(answer) > maxDynamoAnswer {
		return &dynamoError{name: "SdkClientException", message: "DynamoDB's answer ended early or is too long"}
	}
	if resp.StatusCode != http.StatusOK {
		return refusedBy(resp, answer)
	}
	if into != nil && json.Unmarshal(answer, into) != nil {
		return &dynamoError{name: "SdkClientException", message: "DynamoDB answered something that is not its JSON"}
	}
	return nil
}

func refusedBy(resp *http.Response, answer []byte) *dynamoError {
	var said struct {
		Type    string `json:"__type"`
		Lower   string `json:"message"`
		Upper   string `json:"Message"`
		Reasons []struct {
			Code, Message string
			Item          json.RawMessage
		} `json:"CancellationReasons"`
	}
	_ = json.Unmarshal(answer, &said) // what is no JSON has no type
	e := &dynamoError{name: said.Type[strings.LastIndexByte(said.Type, '#')+1:], message: said.Lower, status: resp.StatusCode,
		requestID: resp.Header.Get("X-Amzn-Requestid"), cancellations: said.Reasons}
	if e.message == "" {
		e.message = said.Upper
	}
	if e.name == "" {
		e.name, e.message = "DynamoDbException", "the answer is not DynamoDB's"
	}
	return e
}
