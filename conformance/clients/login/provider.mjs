// An OpenID provider (npm oidc-provider) on loopback, with its development pages for people.
//   stdin:  {"service": "…"}, the secret of client "service"
//   stdout: its issuer, then a line for each thing that it did: "authorization_code cli", "revoked RefreshToken"
// Client "cli" is public and native. The first access token of a login lives for a second, each after a
// refresh for an hour, so that who renews twice is seen.
import { once } from "node:events";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { Provider } from "oidc-provider";

const { service } = await json(process.stdin);
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "cli", application_type: "native", token_endpoint_auth_method: "none", redirect_uris: ["http://127.0.0.1/callback"],
      grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"], response_types: ["code"],
    },
    { client_id: "service", client_secret: service, grant_types: ["client_credentials"], redirect_uris: [], response_types: [], scope: "api/read" },
  ],
  cookies: { keys: ["cookies of a test"] },
  features: { devInteractions: { enabled: true }, deviceFlow: { enabled: true }, clientCredentials: { enabled: true }, revocation: { enabled: true } },
  pkce: { required: () => true },
  rotateRefreshToken: () => true,
  scopes: ["openid", "offline_access", "api/read"],
  ttl: {
    AccessToken: (_, token) => (token.gty.includes("refresh_token") ? 3600 : 1),
    ClientCredentials: () => 3600, DeviceCode: () => 600, Grant: () => 3600, IdToken: () => 3600,
    Interaction: () => 600, RefreshToken: () => 3600, Session: () => 600,
  },
});
const say = (...words) => console.log(words.join(" "));
provider.on("grant.success", (ctx) => say(ctx.oidc.params.grant_type, ctx.oidc.client.clientId));
provider.on("grant.error", (ctx, err) => say("refused", err.error));
provider.on("refresh_token.destroyed", () => say("revoked RefreshToken"));
provider.on("grant.revoked", () => say("revoked Grant"));
server.on("request", provider.callback());
say(issuer);
