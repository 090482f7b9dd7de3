// Calls @connections with the AWS SDK for JavaScript.
//   stdin:  {"endpoint", "region", "id", "calls": ["post|get|delete", …], "data": "…"}; credentials from the environment
//   stdout: one line for each call: {"call", "status", "connectedAt"} or {"call", "error", "status", "message"}
import { json } from "node:stream/consumers";
import {
  ApiGatewayManagementApiClient, DeleteConnectionCommand, GetConnectionCommand, PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";

const job = await json(process.stdin);
const client = new ApiGatewayManagementApiClient({ endpoint: job.endpoint, region: job.region });
const commands = {
  post: () => new PostToConnectionCommand({ ConnectionId: job.id, Data: job.data }),
  get: () => new GetConnectionCommand({ ConnectionId: job.id }),
  delete: () => new DeleteConnectionCommand({ ConnectionId: job.id }),
};
for (const call of job.calls) {
  try {
    const answer = await client.send(commands[call]());
    console.log(JSON.stringify({ call, status: answer.$metadata.httpStatusCode, connectedAt: answer.ConnectedAt, sourceIp: answer.Identity?.SourceIp }));
  } catch (error) {
    console.log(JSON.stringify({ call, error: error.name, status: error.$metadata?.httpStatusCode, message: error.message }));
  }
}
