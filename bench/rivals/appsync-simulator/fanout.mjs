// AWS's simulator of AppSync with what templates/fanout-graphql has, in VTL.
//   node fanout.mjs   prints export URL=…; the key is API_KEY
import { createRequire } from "node:module";
import { Server } from "node:net";
import { readFileSync } from "node:fs";

const { AmplifyAppSyncSimulator } = createRequire(import.meta.url)("@aws-amplify/amplify-appsync-simulator");
for (const name of ["log", "warn"]) console[name] = () => {};
const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) {
  return listen.apply(this, typeof args[0] === "number" ? [0, "127.0.0.1"] : args);
};

const schema = "schema { query: Query mutation: Mutation subscription: Subscription }\n" +
  readFileSync(new URL("../../templates/fanout-graphql/schema.graphql", import.meta.url), "utf8");
const simulator = new AmplifyAppSyncSimulator({ port: 0 });
simulator.init({
  schema: { content: schema },
  dataSources: [{ name: "none", type: "NONE" }],
  resolvers: [
    {
      kind: "UNIT", typeName: "Mutation", fieldName: "post", dataSourceName: "none",
      requestMappingTemplate: '{"version":"2018-05-29","payload":$util.toJson($ctx.args)}',
      responseMappingTemplate: "$util.toJson($ctx.result)",
    },
  ],
  appSync: { name: "bench", apiKey: process.env.API_KEY, defaultAuthenticationType: { authenticationType: "API_KEY" }, additionalAuthenticationProviders: [] },
});
await simulator.start();
process.stdout.write(`export URL=http://127.0.0.1:${simulator._server._httpServer.address().port}/graphql\n`);
