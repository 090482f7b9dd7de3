// An OpenID provider (npm oidc-provider) whose access tokens are JSON Web Tokens, and whose keys can be changed.
//   stdout: its issuer, then a line for each line of stdin:
//   token          a token of client "service", of the token endpoint
//   sign {claims}  a token with these claims, and iss, by its present key
//   keys           its public keys, as a JSON Web Key Set
//   rotate         new keys instead of the old ones; says how often keys were asked for until then
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;
const audience = "urn:api";
let keys, secretKey, handle, generation = 0, asked = 0;

async function rotate() {
  const pair = await generateKeyPair("RS256", { extractable: true });
  const kid = `key-${++generation}`;
  secretKey = { key: pair.privateKey, kid };
  keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid, alg: "RS256", use: "sig" }] };
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: "cli", application_type: "native", token_endpoint_auth_method: "none", redirect_uris: ["http://127.0.0.1/callback"],
        grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
      },
      { client_id: "service", client_secret: "of the service", grant_types: ["client_credentials"], redirect_uris: [], response_types: [] },
    ],
    jwks: { keys: [{ ...(await exportJWK(pair.privateKey)), kid, alg: "RS256", use: "sig" }] },
    cookies: { keys: ["cookies of a test"] },
    features: {
      devInteractions: { enabled: true }, clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true, defaultResource: () => audience, useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: "api/read", audience: "cli", accessTokenFormat: "jwt", accessTokenTTL: 3600, jwt: { sign: { alg: "RS256" } } }),
      },
    },
    pkce: { required: () => true },
    scopes: ["openid", "offline_access"],
    ttl: { AccessToken: 3600, ClientCredentials: 3600, Grant: 3600, IdToken: 3600, Interaction: 600, RefreshToken: 3600, Session: 600 },
  });
  handle = provider.callback();
}

async function token() {
  const headers = { authorization: "Basic " + btoa("service:of+the+service"), "content-type": "application/x-www-form-urlencoded" };
  const answer = await fetch(issuer + "/token", { method: "POST", headers, body: "grant_type=client_credentials&resource=" + audience });
  const body = await answer.json();
  if (!body.access_token) throw new Error(JSON.stringify(body));
  return body.access_token;
}

const commands = {
  token,
  sign: (claims) => new SignJWT({ iss: issuer, ...JSON.parse(claims) }).setProtectedHeader({ alg: "RS256", kid: secretKey.kid }).sign(secretKey.key),
  keys: async () => JSON.stringify(keys),
  rotate: async () => (await rotate(), asked),
};

server.on("request", (request, response) => {
  if (request.url === "/jwks") asked++;
  handle(request, response);
});
await rotate();
console.log(issuer);
for await (const line of createInterface({ input: process.stdin })) {
  const [, name, rest] = /^(\w+) ?(.*)$/.exec(line);
  console.log(await commands[name](rest));
}
process.exit(0);
