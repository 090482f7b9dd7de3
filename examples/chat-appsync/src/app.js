import { Amplify } from "aws-amplify";
import { CONNECTION_STATE_CHANGE, generateClient } from "aws-amplify/api";
import { decodeJWT } from "aws-amplify/auth";
import { Hub } from "aws-amplify/utils";
import { signIn, signedIn } from "./login.js";

const said = /* GraphQL */ `subscription Said($room: String!) { said(room: $room) { id from text at } }`;
const say = /* GraphQL */ `mutation Say($room: String!, $text: String!) { say(room: $room, text: $text) { id room from text at } }`;

const $ = (id) => document.getElementById(id);
const settings = $("settings");
let client, me, listening, refused;

// enter configures Amplify for a guest, who has a key, or for somebody who has signed in, who has a token.
function enter({ url, key, token }) {
  const endpoint = { endpoint: url, region: "us-east-1", customEndpoint: url, customEndpointRegion: "us-east-1" };
  const tokens = { getTokens: async () => ({ accessToken: decodeJWT(token) }) };
  if (token) {
    Amplify.configure(
      { API: { GraphQL: { ...endpoint, defaultAuthMode: "oidc" } }, Auth: { Cognito: { userPoolId: "us-east-1_none", userPoolClientId: "none" } } },
      { Auth: { tokenProvider: tokens } },
    );
  } else {
    Amplify.configure({ API: { GraphQL: { ...endpoint, defaultAuthMode: "apiKey", apiKey: key } } });
  }
  me = token ? decodeJWT(token).payload.sub : "guest";
  client = generateClient();
  settings.hidden = true;
  $("chat").hidden = false;
  $("me").textContent = me;
  listen("lobby");
}

// listen leaves the room and enters another one.
function listen(room) {
  listening?.unsubscribe();
  $("messages").replaceChildren();
  $("chat").dataset.room = room;
  for (const tab of document.querySelectorAll("#rooms button")) tab.ariaPressed = String(tab.value === room);
  refused = false;
  status("connecting");
  listening = client.graphql({ query: said, variables: { room } }).subscribe({
    next: ({ data }) => show(data.said),
    error: ({ errors, error }) => {
      refused = true; // Amplify connects anew, which does not help
      status((errors ?? error?.errors)?.[0]?.message ?? "refused");
    },
  });
}

function show({ from, text, at }) {
  const line = document.createElement("li");
  line.className = from === me ? "mine" : "";
  line.append(
    Object.assign(document.createElement("b"), { textContent: from }),
    Object.assign(document.createElement("p"), { textContent: text }),
    Object.assign(document.createElement("time"), { dateTime: at, textContent: new Date(at).toLocaleTimeString([], { timeStyle: "short" }) }),
  );
  $("messages").append(line);
  line.scrollIntoView({ block: "end" });
}

function status(text) {
  $("status").textContent = text.includes("Not Authorized") ? "this room is for those who have signed in" : text;
  $("status").className = text === "live" ? "live" : "";
}

Hub.listen("api", ({ payload: { event, data } }) => {
  if (event === "Subscription ack") status("live");
  if (event === CONNECTION_STATE_CHANGE && !refused && /Disrupted|Pending/.test(data.connectionState)) status("reconnecting");
});

$("rooms").onclick = ({ target }) => target.value && listen(target.value);

$("speak").onsubmit = async (submitted) => {
  submitted.preventDefault();
  const { text } = Object.fromEntries(new FormData(submitted.target));
  submitted.target.reset();
  try {
    await client.graphql({ query: say, variables: { room: $("chat").dataset.room, text } });
  } catch ({ errors }) {
    status(errors?.[0]?.message ?? "not sent");
  }
};

settings.onsubmit = (submitted) => {
  submitted.preventDefault();
  const { url, key, issuer, client } = Object.fromEntries(new FormData(settings));
  if (submitted.submitter.value === "guest") enter({ url, key });
  else signIn({ issuer, client, state: { url } });
};

const back = await signedIn();
if (back) enter({ url: back.state.url, token: back.token });
