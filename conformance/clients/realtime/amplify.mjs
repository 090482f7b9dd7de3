// Amplify, in its version 6, as one caller.
import { Amplify } from "aws-amplify";
import { generateClient } from "aws-amplify/api";
import { decodeJWT } from "aws-amplify/auth";
import { Hub } from "aws-amplify/utils";

const names = { API_KEY: "apiKey", AWS_IAM: "iam", OPENID_CONNECT: "oidc", AMAZON_COGNITO_USER_POOLS: "userPool", AWS_LAMBDA: "lambda" };

// configure is Amplify's own, for somebody who has logged in already.
export function configure({ url, events, region, mode, apiKey, credentials, token }) {
  const defaultAuthMode = names[mode];
  Amplify.configure(
    {
      API: {
        GraphQL: url && { endpoint: url, region, customEndpoint: url, customEndpointRegion: region, defaultAuthMode, apiKey },
        Events: events && { endpoint: events, region, defaultAuthMode, apiKey },
      },
      Auth: { Cognito: { userPoolId: `${region}_Ab1`, userPoolClientId: "c" } },
    },
    {
      Auth: {
        tokenProvider: { getTokens: async () => token && mode !== "AWS_LAMBDA" && { accessToken: decodeJWT(token), idToken: decodeJWT(token) } },
        credentialsProvider: { getCredentialsAndIdentityId: async () => credentials && { credentials }, clearCredentialsAndIdentityId() {} },
      },
    },
  );
  return { authMode: defaultAuthMode, ...(mode === "AWS_LAMBDA" && { authToken: token }) };
}

// watch tells of the connection's states, and of subscriptions by their operations' names.
export function watch(say) {
  Hub.listen("api", ({ payload: { event, data } }) => {
    if (event === "ConnectionStateChange") say({ state: data.connectionState });
    if (event === "Subscription ack" && data.query) say({ id: /^subscription (\w+)/.exec(data.query)?.[1], active: true });
  });
}

export default function caller(job, say) {
  const options = configure(job);
  const client = generateClient();
  const running = new Map();
  watch(say);
  return {
    subscribe({ id, query, variables }) {
      const stream = client.graphql({ ...options, query, variables });
      running.set(id, stream.subscribe({
        next: ({ data, errors }) => say({ id, data, errors }),
        error: (e) => say({ id, refused: e.errors ?? e.error?.errors ?? [{ message: String(e.message ?? e) }] }),
        complete: () => say({ id, complete: true }),
      }));
    },
    unsubscribe({ id }) {
      running.get(id).unsubscribe();
      running.delete(id);
    },
  };
}
