// Apollo's client with AWS's links, as one caller. As its README has it, RetryLink subscribes again after a lost connection.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url); // the link's ES module does not find its hash in Node.js
const { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } = require("@apollo/client");
const { RetryLink } = require("@apollo/client/link/retry");
const { createSubscriptionHandshakeLink } = require("aws-appsync-subscription-link");

export default function caller({ url, region, mode, apiKey, credentials, token }, say) {
  const auth = { type: mode, apiKey, credentials, jwtToken: token, token };
  const errors = (e) => e.errors ?? e.cause?.errors ?? [{ message: String(e.message ?? e) }];
  const lost = (e) => !JSON.stringify(errors(e)).match(/authoriz|denied/i);
  const client = new ApolloClient({
    link: ApolloLink.from([
      new RetryLink({ delay: { initial: 100, max: 1000 }, attempts: (n, op, e) => lost(e) && n < 100 }),
      createSubscriptionHandshakeLink({ url, region, auth }, new HttpLink({ uri: url })),
    ]),
    cache: new InMemoryCache(),
  });
  const running = new Map();
  return {
    subscribe({ id, query, variables }) {
      running.set(id, client.subscribe({ query: gql(query), variables, errorPolicy: "all" }).subscribe({
        next: ({ data, error }) => (data ? say({ id, data, errors: error?.errors }) : say({ id, refused: errors(error) })),
        error: (e) => say({ id, refused: errors(e) }),
        complete: () => say({ id, complete: true }),
      }));
    },
    unsubscribe({ id }) {
      running.get(id).unsubscribe();
      running.delete(id);
    },
  };
}
