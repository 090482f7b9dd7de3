// Signing in at an OpenID Connect provider: the authorization code flow with PKCE (RFC 7636). The provider must let this page's
// origin ask for tokens.
const kept = "login";

const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const random = () => text(crypto.getRandomValues(new Uint8Array(32)));

const discover = async (issuer) => (await fetch(issuer.replace(/\/$/, "") + "/.well-known/openid-configuration")).json();

const here = () => location.origin + location.pathname;

// signIn leaves for the provider; signedIn has state when the person is back.
export async function signIn({ issuer, client, state }) {
  const verifier = random(), nonce = random();
  const { authorization_endpoint } = await discover(issuer);
  sessionStorage.setItem(kept, JSON.stringify({ issuer, client, state, verifier, nonce }));
  const challenge = text(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier)));
  location.assign(authorization_endpoint + "?" + new URLSearchParams({
    client_id: client, response_type: "code", scope: "openid", redirect_uri: here(), state: nonce, code_challenge: challenge, code_challenge_method: "S256",
  }));
}

// signedIn gives {token, state} to who comes back from the provider, else undefined.
export async function signedIn() {
  const answer = new URLSearchParams(location.search), login = JSON.parse(sessionStorage.getItem(kept));
  if (!login || !answer.has("code") || answer.get("state") !== login.nonce) return undefined;
  sessionStorage.removeItem(kept);
  history.replaceState(null, "", here());
  const { token_endpoint } = await discover(login.issuer);
  const body = new URLSearchParams({ grant_type: "authorization_code", code: answer.get("code"), client_id: login.client, redirect_uri: here(), code_verifier: login.verifier });
  const { id_token } = await (await fetch(token_endpoint, { method: "POST", body })).json();
  return { token: id_token, state: login.state };
}
