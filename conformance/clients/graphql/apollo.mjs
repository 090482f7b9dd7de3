// Apollo's client with AWS's auth link.
//   stdin:  {url, region, proofs: [{mode, …}]}
//   stdout: a line for each proof: {mode, query, mutation}, each {data} or {errors, status}
import { createRequire } from "node:module";
import { json } from "node:stream/consumers";

const require = createRequire(import.meta.url); // the link's ES module does not find its hash in Node.js
const { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } = require("@apollo/client");
const { createAuthLink } = require("aws-appsync-auth-link");

const { url, region, proofs } = await json(process.stdin);

// auth is what the link takes for a proof.
const auth = ({ mode, apiKey, credentials, token }) => ({ type: mode, apiKey, credentials, jwtToken: token, token });

async function told(promise) {
  try {
    const { data, error } = await promise;
    return error ? told(Promise.reject(error)) : { data };
  } catch (e) {
    return { errors: e.errors ?? JSON.parse(e.bodyText ?? "{}").errors ?? [{ message: String(e) }], status: e.statusCode };
  }
}

for (const proof of proofs) {
  const client = new ApolloClient({
    enhancedClientAwareness: { transport: false }, // it changes the body that the link has signed
    link: ApolloLink.from([createAuthLink({ url, region, auth: auth(proof) }), new HttpLink({ uri: url, clientAwareness: {}, enhancedClientAwareness: { transport: false } })]),
    cache: new InMemoryCache(),
  });
  const query = await told(client.query({ query: gql`query Who($n: Int) { who { mode identity echo(n: $n) } }`, variables: { n: 7 } }));
  const mutation = await told(client.mutate({ mutation: gql`mutation Note($text: String!) { note(text: $text) { text mode } }`, variables: { text: "ü \" \\ 🌊" } }));
  console.log(JSON.stringify({ mode: proof.mode, query, mutation }));
}
