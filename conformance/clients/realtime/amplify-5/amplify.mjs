// Amplify, in its version 5, as one caller.
import { API } from "@aws-amplify/api";
import { Auth } from "@aws-amplify/auth";
import { Cache } from "@aws-amplify/cache";
import { Amplify, Credentials } from "@aws-amplify/core";

const client = "client";

// storage holds what Amplify keeps for somebody who has logged in already.
function storage(token) {
  const sub = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub;
  const prefix = `CognitoIdentityServiceProvider.${client}`;
  const kept = new Map([[`${prefix}.LastAuthUser`, sub], [`${prefix}.${sub}.idToken`, token], [`${prefix}.${sub}.accessToken`, token], [`${prefix}.${sub}.refreshToken`, "none"], [`${prefix}.${sub}.clockDrift`, "0"]]);
  return { getItem: (k) => kept.get(k) ?? null, setItem: (k, v) => kept.set(k, v), removeItem: (k) => kept.delete(k), clear: () => kept.clear() };
}

export default function caller({ url, region, mode, apiKey, credentials, token }, say) {
  Amplify.configure({
    aws_appsync_graphqlEndpoint: url, aws_appsync_region: region, aws_appsync_authenticationType: mode, aws_appsync_apiKey: apiKey,
    ...(mode === "AMAZON_COGNITO_USER_POOLS" && { Auth: { region, userPoolId: `${region}_Ab1`, userPoolWebClientId: client, storage: storage(token) } }),
  });
  Auth.configure({});
  API.configure({});
  if (credentials) Credentials.get = async () => credentials;
  const running = new Map();
  return {
    async subscribe({ id, query, variables }) {
      if (mode === "OPENID_CONNECT") await Cache.setItem("federatedInfo", { token });
      running.set(id, API.graphql({ query, variables, authMode: mode, ...(mode === "AWS_LAMBDA" && { authToken: token }) }).subscribe({
        next: ({ value: { data, errors } }) => say({ id, data, errors }),
        error: (e) => say({ id, refused: e.error?.errors ?? e.errors ?? [{ message: String(e.message ?? e) }] }),
        complete: () => say({ id, complete: true }),
      }));
    },
    unsubscribe({ id }) {
      running.get(id).unsubscribe();
      running.delete(id);
    },
  };
}
