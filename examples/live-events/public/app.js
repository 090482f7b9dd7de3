// A client of an Event API in plain JavaScript: one WebSocket, which subscribes and publishes.
const channel = "/stage/main";
const reactions = ["♥", "★", "☺", "♫", "✔"];
const me = Math.random().toString(36).slice(2, 6);
const $ = (id) => document.getElementById(id);

// The credential travels in a subprotocol, since a page cannot set headers of a WebSocket.
const encoded = (value) => btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

let socket, authorization;

function connect(url, key) {
  authorization = { host: new URL(url).host, "x-api-key": key };
  socket = new WebSocket(url.replace(/^http/, "ws") + "/realtime", ["aws-appsync-event-ws", "header-" + encoded(authorization)]);
  socket.onopen = () => send({ type: "connection_init" });
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onclose = () => {
    say("disconnected; trying again");
    setTimeout(connect, 1000, url, key);
  };
}

const send = (message) => socket.send(JSON.stringify(message));

const operation = (type, more) => send({ type, id: crypto.randomUUID(), channel, authorization, ...more });

const takes = {
  connection_ack: () => operation("subscribe"),
  subscribe_success: () => say(`live on ${channel}`, true),
  data: ({ event }) => show(JSON.parse(event)),
  publish_success: ({ failed }) => failed.forEach((f) => say(f.message)),
};

function receive(message) {
  if (message.errors) return say(message.errors.map((e) => e.message ?? e.errorType).join(", "));
  takes[message.type]?.(message);
}

function say(text, live = false) {
  $("status").textContent = text;
  $("status").className = live ? "live" : "";
}

const counts = Object.fromEntries(reactions.map((r) => [r, 0]));

// show has a reaction float up, counts it and notes it below.
function show({ reaction, from, at }) {
  document.querySelector(`[data-reaction="${reaction}"] b`).textContent = ++counts[reaction];
  const float = Object.assign(document.createElement("span"), { textContent: reaction });
  float.style.left = 5 + 85 * Math.random() + "%";
  float.onanimationend = () => float.remove();
  $("stage").append(float);
  const line = Object.assign(document.createElement("li"), { textContent: `${reaction} from ${from === me ? "you" : from}` });
  line.append(Object.assign(document.createElement("time"), { dateTime: at, textContent: new Date(at).toLocaleTimeString() }));
  $("log").prepend(line);
  while ($("log").children.length > 6) $("log").lastChild.remove();
}

for (const reaction of reactions) {
  const button = document.createElement("button");
  button.dataset.reaction = reaction;
  button.append(reaction, Object.assign(document.createElement("b"), { textContent: "0" }));
  button.onclick = () => operation("publish", { events: [JSON.stringify({ reaction, from: me })] });
  $("buttons").append(button);
}

$("settings").onsubmit = (submitted) => {
  submitted.preventDefault();
  const { url, key } = Object.fromEntries(new FormData(submitted.target));
  submitted.target.hidden = true;
  document.querySelector("main").hidden = false;
  say("connecting");
  connect(url, key);
};
