// Amplify's API client.
//   stdin:  {url, region, proofs: [{mode, …}]}
//   stdout: a line for each proof: {mode, query, mutation}, each {data} or {errors, status}
import { json } from "node:stream/consumers";
import { Amplify } from "aws-amplify";
import { generateClient } from "aws-amplify/api";
import { decodeJWT } from "aws-amplify/auth";

const { url, region, proofs } = await json(process.stdin);

const names = { API_KEY: "apiKey", AWS_IAM: "iam", OPENID_CONNECT: "oidc", AMAZON_COGNITO_USER_POOLS: "userPool", AWS_LAMBDA: "lambda" };

async function told(promise) {
  try {
    return { data: (await promise).data };
  } catch (e) {
    return { errors: e.errors ?? [{ message: String(e) }], status: e.errors?.[0]?.originalError?.$metadata?.httpStatusCode };
  }
}

for (const { mode, apiKey, credentials, token } of proofs) {
  Amplify.configure(
    {
      API: { GraphQL: { endpoint: url, region, customEndpoint: url, customEndpointRegion: region, defaultAuthMode: names[mode], apiKey } },
      Auth: { Cognito: { userPoolId: `${region}_Ab1`, userPoolClientId: "c" } },
    },
    {
      Auth: {
        tokenProvider: { getTokens: async () => token && mode !== "AWS_LAMBDA" && { accessToken: decodeJWT(token), idToken: decodeJWT(token) } },
        credentialsProvider: { getCredentialsAndIdentityId: async () => credentials && { credentials }, clearCredentialsAndIdentityId() {} },
      },
    },
  );
  const client = generateClient();
  const options = { authMode: names[mode], ...(mode === "AWS_LAMBDA" && { authToken: token }) };
  const query = await told(client.graphql({ ...options, query: "query Who($n: Int) { who { mode identity echo(n: $n) } }", variables: { n: 7 } }));
  const mutation = await told(client.graphql({ ...options, query: "mutation Note($text: String!) { note(text: $text) { text mode } }", variables: { text: "ü \" \\ 🌊" } }));
  console.log(JSON.stringify({ mode, query, mutation }));
}
