// An OpenID Connect provider to try the page with: it believes everybody's name and password.
//   node provider.mjs [PORT [PAGE]]
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const [port = "9400", page = "http://localhost:8000/"] = process.argv.slice(2);
const server = createServer().listen(Number(port), "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "chat", token_endpoint_auth_method: "none", redirect_uris: [page] }],
    clientBasedCORS: (_, origin) => origin === new URL(page).origin,
    cookies: { keys: ["not a secret: nothing here is kept"] },
    pkce: { required: () => true },
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 600, Session: 3600 },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
