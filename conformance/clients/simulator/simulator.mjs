// Starts @aws-amplify/amplify-appsync-simulator, AWS's own simulator of AppSync,
// with posts in memory, on a port of the system's choice on loopback.
//
//   node simulator.mjs   prints {"url":…} first; on stdin "drop" ends every
//                        WebSocket without a word, "count" says how many are
//                        open and have been, the end of stdin ends everything
//
// Where the simulator is not like AppSync, and what is done about it here:
//   - it listens on every address: bound to 127.0.0.1;
//   - it takes the authorization of a WebSocket from ?header= only, not from the
//     subprotocol header-…, which the developer guide has had since 2024 and
//     Amplify uses: moved to where it looks, unless RAW is set;
//   - it refuses a WebSocket with close code 1002 and no connection_error;
//   - it names no connectionTimeoutMs in connection_ack (but connectionTimeout),
//     and sends ka after four minutes;
//   - it checks neither signatures nor the signatures of JWTs, only an access
//     key's presence and a JWT's issuer, and does not know AWS_LAMBDA at all;
//   - a start that it refuses is an unhandled rejection, of which a process
//     would die, and is never answered: survived, still not answered;
//   - a document that is no GraphQL is answered with 200 and {"errorMessage":…};
//   - it filters no subscription by its arguments: everyone gets everything;
//   - a subscription's errors have "data":null beside them, and every
//     frame that AppSync sends without a payload has one, {}.
import { createRequire } from 'node:module';
import { Server } from 'node:net';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const { AmplifyAppSyncSimulator } = require('@aws-amplify/amplify-appsync-simulator');

for (const name of ['log', 'warn', 'error']) console[name] = (...text) => process.stderr.write(text.map(String).join(' ') + '\n');
process.on('unhandledRejection', (e) => console.error('unhandled:', e));

const listen = Server.prototype.listen;
Server.prototype.listen = function (...args) { // get-port listens too, with an object
  return listen.apply(this, typeof args[0] === 'number' ? [0, '127.0.0.1'] : args);
};

const everyone = '@aws_api_key @aws_iam @aws_oidc @aws_cognito_user_pools';
const schema = `
schema { query: Query mutation: Mutation subscription: Subscription }
type Query {
  post(id: ID!): Post
  posts(limit: Int): [Post!]!
  caller: String ${everyone}
  secret: String @aws_iam
}
type Mutation {
  addPost(input: PostInput!): Post ${everyone}
  fail(message: String!): Post
}
type Subscription {
  onAddPost(author: String): Post @aws_subscribe(mutations: ["addPost"]) ${everyone}
}
"A text by someone."
type Post ${everyone} { id: ID! title: String! author: String stars: Int tags: [String!] kind: Kind forbidden: String }
input PostInput { title: String! author: String stars: Int tags: [String!] kind: Kind }
enum Kind { NEWS RUMOUR }
`;

const posts = [{ id: '1', title: 'first', author: 'ann', stars: 3, tags: ['a', 'b'], kind: 'NEWS' }];
const fields = {
  post: ({ id }) => posts.find((p) => p.id === id) ?? null,
  posts: ({ limit }) => posts.slice(0, limit ?? posts.length),
  addPost({ input }) {
    const post = { id: String(posts.length + 1), ...input };
    posts.push(post);
    return post;
  },
};
const invoke = async ({ field, args }) => fields[field](args);

const request = (field) => `{"version":"2018-05-29","operation":"Invoke","payload":{"field":"${field}","args":$util.toJson($ctx.args)}}`;
const none = '{"version":"2018-05-29","payload":{}}';
const resolvers = [
  ...['post', 'posts'].map((f) => ['Query', f, 'memory', request(f), '$util.toJson($ctx.result)']),
  ['Query', 'caller', 'none', none, '$util.toJson($util.authType())'],
  ['Query', 'secret', 'none', none, '"kept"'],
  ['Mutation', 'addPost', 'memory', request('addPost'), '$util.toJson($ctx.result)'],
  ['Mutation', 'fail', 'none', none, '$util.error($ctx.args.message, "PostFailure", {"id":"7"}, {"hint":"none"})'],
  ['Post', 'forbidden', 'none', none, '$util.unauthorized()'],
].map(([typeName, fieldName, dataSourceName, requestMappingTemplate, responseMappingTemplate]) => ({
  kind: 'UNIT', typeName, fieldName, dataSourceName, requestMappingTemplate, responseMappingTemplate,
}));

const simulator = new AmplifyAppSyncSimulator({ port: 0 });
simulator.init({
  schema: { content: schema },
  resolvers,
  dataSources: [{ name: 'memory', type: 'AWS_LAMBDA', invoke }, { name: 'none', type: 'NONE' }],
  appSync: {
    name: 'posts',
    apiKey: process.env.API_KEY,
    authAccessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    defaultAuthenticationType: { authenticationType: 'API_KEY' },
    additionalAuthenticationProviders: [
      { authenticationType: 'AWS_IAM' },
      { authenticationType: 'AMAZON_COGNITO_USER_POOLS', cognitoUserPoolConfig: {} },
      { authenticationType: 'OPENID_CONNECT', openIDConnectConfig: { Issuer: 'https://issuer.example' } },
    ],
  },
});
await simulator.start();

const http = simulator._server._httpServer;
const sockets = new Set();
let upgrades = 0;
http.prependListener('upgrade', (req, socket) => {
  upgrades++;
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  const header = /(?:^|[ ,])header-([\w-]+)/.exec(req.headers['sec-websocket-protocol'] ?? '');
  if (header && !process.env.RAW) req.url += '?header=' + Buffer.from(header[1], 'base64url').toString('base64').replaceAll('+', '%2B') + '&payload=e30=';
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'drop') for (const s of sockets) s.destroy();
    process.stderr.write(`${line}: ${sockets.size} of ${upgrades}\n`);
  })
  .on('close', () => process.exit(0));
process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${http.address().port}/graphql` }) + '\n');
