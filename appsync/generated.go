package appsync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Maker calls an API for code that genqlient generated. It has genqlient's
// method without importing genqlient: instantiated with genqlient's types,
//
//	client := appsync.Generated[graphql.Request, graphql.Response](c)
//
// is a graphql.Client. Req is a struct that is written as a JSON object with
// query, variables and operationName; Resp is one that is read from the JSON
// of a response.
type Maker[Req, Resp any] struct {
	client *Client
}

// Generated makes the client that generated code takes.
func Generated[Req, Resp any](c *Client) *Maker[Req, Resp] { return &Maker[Req, Resp]{client: c} }

// MakeRequest sends a query or a mutation, which it tells apart by the document,
// and decodes the response into resp. With [Errors] as error resp holds the
// partial data.
func (m *Maker[Req, Resp]) MakeRequest(ctx context.Context, req *Req, resp *Resp) error {
	request, err := generatedRequest(req)
	if err != nil {
		return err
	}
	answer, err := m.client.do(ctx, request, unknown)
	if answer == nil {
		return err
	}
	if misfit := decodeEnvelope(answer, resp); misfit != nil {
		return errors.Join(err, misfit)
	}
	return err
}

// decodeEnvelope decodes data and extensions into v. The errors are the error
// of MakeRequest; genqlient's own type for them has no place for AppSync's
// members.
func decodeEnvelope(answer *Response, v any) error {
	text, err := json.Marshal(struct {
		Data       json.RawMessage `json:"data,omitempty"`
		Extensions json.RawMessage `json:"extensions,omitempty"`
	}{answer.Data, answer.Extensions})
	if err != nil {
		return fmt.Errorf("appsync: the response cannot be passed on: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("appsync: the data does not fit the generated type: %w", err)
	}
	return nil
}

// generatedRequest reads a request of generated code through its JSON.
func generatedRequest(req any) (*Request, error) {
	text, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("appsync: the request cannot be written as JSON: %w", err)
	}
	var r struct {
		Query         string
		Variables     json.RawMessage
		OperationName string
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("appsync: the request is no GraphQL request: %w", err)
	}
	request := &Request{Query: r.Query, OperationName: r.OperationName}
	if unlessNull(r.Variables) != nil {
		request.Variables = r.Variables
	}
	return request, nil
}
