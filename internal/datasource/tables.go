package datasource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/tidewire/tidewire/internal/spec"
)

// newClient makes a client for a local engine. Local engines ask for some
// credentials and check none.
func newClient(endpoint, region string, client *http.Client) *dynamodb.Client {
	return dynamodb.New(dynamodb.Options{
		Region:       region,
		BaseEndpoint: &endpoint,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "tidewire", SecretAccessKey: "tidewire"}, nil
		}),
		HTTPClient:       client,
		RetryMaxAttempts: 1,
	})
}

// Sync creates the tables that are absent and waits until they are active.
func (d *Database) Sync(ctx context.Context, tables []spec.Table) error {
	for i := range tables {
		if err := d.ensure(ctx, &tables[i]); err != nil {
			return fmt.Errorf("table %s (%s) at %s: %w", tables[i].Name, tables[i].LogicalID, d.endpoint, err)
		}
	}
	return nil
}

func (d *Database) ensure(ctx context.Context, t *spec.Table) error {
	found, err := d.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
	var absent *types.ResourceNotFoundException
	switch {
	case err == nil:
		return sameKeys(found.Table, t)
	case !errors.As(err, &absent):
		return err
	}
	if _, err := d.client.CreateTable(ctx, createInput(t)); err != nil {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(d.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, 500*time.Millisecond
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name}, 30*time.Second); err != nil {
		return err
	}
	return d.expire(ctx, t)
}

// expire turns time to live on. Engines that lack the call (dynalite) keep
// items for ever; that is said, not failed.
func (d *Database) expire(ctx context.Context, t *spec.Table) error {
	if t.TTLAttribute == "" {
		return nil
	}
	_, err := d.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: &t.Name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &t.TTLAttribute, Enabled: aws.Bool(true)}})
	var api smithy.APIError
	if errors.As(err, &api) && (strings.Contains(api.ErrorCode(), "UnknownOperation") || strings.Contains(api.ErrorCode(), "NotImplemented")) {
		d.log.Warn("the DynamoDB engine has no time to live: items stay after they expire", "table", t.Name, "attribute", t.TTLAttribute, "engine", d.engine)
		return nil
	}
	return err
}

// sameKeys refuses a table of the same name that was made from another
// template.
func sameKeys(found *types.TableDescription, t *spec.Table) error {
	if keyText(found.KeySchema) == keyText(keySchema(t.Keys)) {
		return nil
	}
	return fmt.Errorf("it exists with the keys %s, the template asks for %s\n    hint: delete the table there, or give it another name",
		keyText(found.KeySchema), keyText(keySchema(t.Keys)))
}

func keyText(schema []types.KeySchemaElement) string {
	parts := make([]string, len(schema))
	for i, k := range schema {
		parts[i] = aws.ToString(k.AttributeName) + " " + string(k.KeyType)
	}
	return strings.Join(parts, ", ")
}

func createInput(t *spec.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{TableName: &t.Name, KeySchema: keySchema(t.Keys), BillingMode: types.BillingModePayPerRequest}
	for _, a := range t.Attributes {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: &a.Name, AttributeType: types.ScalarAttributeType(a.Type)})
	}
	for _, x := range t.Global {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{IndexName: &x.Name, KeySchema: keySchema(x.Keys), Projection: projection(x)})
	}
	for _, x := range t.Local {
		in.LocalSecondaryIndexes = append(in.LocalSecondaryIndexes, types.LocalSecondaryIndex{IndexName: &x.Name, KeySchema: keySchema(x.Keys), Projection: projection(x)})
	}
	if t.StreamView != "" {
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(t.StreamView)}
	}
	return in
}

func keySchema(keys []spec.Key) []types.KeySchemaElement {
	schema := make([]types.KeySchemaElement, len(keys))
	for i, k := range keys {
		schema[i] = types.KeySchemaElement{AttributeName: &k.Name, KeyType: types.KeyType(k.Type)}
	}
	return schema
}

func projection(x spec.Index) *types.Projection {
	p := &types.Projection{ProjectionType: types.ProjectionType(x.Projection)}
	if x.Projection == "INCLUDE" {
		p.NonKeyAttributes = x.NonKey
	}
	return p
}
