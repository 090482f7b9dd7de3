import { Signer } from "@aws-amplify/core";
import { signIn, signedIn } from "./login.js";

const $ = (id) => document.getElementById(id);
const settings = $("settings");
let socket;

// pool asks an identity pool. It is no signed request: the token says who asks.
async function pool(endpoint, operation, input) {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityService." + operation };
  const answer = await fetch(endpoint, { method: "POST", headers, body: JSON.stringify(input) });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.message ?? body.__type);
  return body;
}

// credentials are temporary ones of the role that the pool has for this login, or for guests.
async function credentials({ endpoint, poolId, provider }, token) {
  const Logins = token && { [provider]: token };
  const { IdentityId } = await pool(endpoint, "GetId", { IdentityPoolId: poolId, Logins });
  const { Credentials: c } = await pool(endpoint, "GetCredentialsForIdentity", { IdentityId, Logins });
  note(`the identity pool knows you as ${IdentityId}`);
  return { access_key: c.AccessKeyId, secret_key: c.SecretKey, session_token: c.SessionToken };
}

// open signs the URL of the WebSocket, as Amplify does, and opens it.
async function open(where, token) {
  settings.hidden = true;
  $("session").hidden = false;
  status("asking for credentials");
  try {
    const signed = Signer.signUrl(where.url, await credentials(where, token), { service: "execute-api", region: "us-east-1" });
    socket = new WebSocket(signed);
  } catch (e) {
    return status(e.message);
  }
  status("connecting");
  let was = false;
  socket.onopen = () => {
    was = true;
    status("connected", true);
    $("speak").elements.button.disabled = false;
  };
  socket.onmessage = ({ data }) => heard(JSON.parse(data));
  socket.onclose = () => status(was ? "closed" : "refused: the role may not connect");
}

function heard({ to, heard: text, message }) {
  if (message) return note(message);
  if (to) $("me").textContent = to;
  note(`← ${text}`);
}

function note(text) {
  $("log").append(Object.assign(document.createElement("li"), { textContent: text }));
}

function status(text, live = false) {
  $("status").textContent = text;
  $("status").className = live ? "live" : "";
}

$("speak").onsubmit = (submitted) => {
  submitted.preventDefault();
  const { text } = Object.fromEntries(new FormData(submitted.target));
  submitted.target.reset();
  note(`→ ${text}`);
  socket.send(text);
};

settings.onsubmit = (submitted) => {
  submitted.preventDefault();
  const { client, ...where } = Object.fromEntries(new FormData(settings));
  if (submitted.submitter.value === "guest") open(where);
  else signIn({ issuer: where.issuer, client, state: where });
};

const back = await signedIn();
if (back) open(back.state, back.token);
