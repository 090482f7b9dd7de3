// A chat: connections are kept in DynamoDB, and every message goes to all of
// them. The AWS SDK comes with Lambda's runtime and is not shipped here.
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DeleteCommand, DynamoDBDocumentClient, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";

const table = process.env.TABLE_NAME;
const db = DynamoDBDocumentClient.from(new DynamoDBClient({}));

export const connect = async (event) => {
  await db.send(new PutCommand({ TableName: table, Item: { connectionId: event.requestContext.connectionId } }));
  return { statusCode: 200 };
};

export const disconnect = async (event) => {
  await forget(event.requestContext.connectionId);
  return { statusCode: 200 };
};

export const send = async (event) => {
  const { domainName, stage } = event.requestContext;
  const api = new ApiGatewayManagementApiClient({ endpoint: `https://${domainName}/${stage}` });
  const { data } = JSON.parse(event.body);
  const { Items = [] } = await db.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  await Promise.all(Items.map(({ connectionId }) => post(api, connectionId, data)));
  return { statusCode: 200 };
};

async function post(api, connectionId, data) {
  try {
    await api.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: data }));
  } catch (error) {
    if (error.name !== "GoneException") throw error;
    await forget(connectionId);
  }
}

const forget = (connectionId) => db.send(new DeleteCommand({ TableName: table, Key: { connectionId } }));
