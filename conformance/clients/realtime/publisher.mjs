// Publishes numbers as fast as it can, eight times at once, until it is killed.
//   argv:   the address, the API key, "note", "event" or "socket" (an event on a WebSocket), the first number
//   stdout: each number that was acknowledged, on a line of its own
import { WebSocket } from "ws";

const [url, key, kind, first] = process.argv.slice(2);
const batch = kind === "note" ? 1 : 5;
let n = Number(first);

const event = (from) => ({ channel: "/plain/count", events: Array.from({ length: batch }, (_, i) => JSON.stringify({ n: from + i })) });
const note = (n) => ({ query: "mutation Note($i: NoteInput!) { note(input: $i) { n } }", variables: { i: { n } } });

async function request(from) {
  const body = JSON.stringify(kind === "note" ? note(from) : event(from));
  const answer = await fetch(url, { method: "POST", headers: { "x-api-key": key, "content-type": "application/json" }, body });
  const { errors, failed } = await answer.json();
  return answer.status === 200 && !errors?.length && !failed?.length;
}

// socket gives a function that publishes on a WebSocket.
async function socket() {
  const authorization = { host: new URL(url).host, "x-api-key": key };
  const answered = new Map(); // by id
  const ws = new WebSocket(url, ["aws-appsync-event-ws", "header-" + Buffer.from(JSON.stringify(authorization)).toString("base64url")]);
  await new Promise((acknowledged) => {
    ws.on("open", () => ws.send('{"type":"connection_init"}'));
    ws.on("message", (text) => {
      const { type, id, failed } = JSON.parse(text);
      if (type === "connection_ack") acknowledged();
      answered.get(id)?.(type === "publish_success" && !failed.length);
      answered.delete(id);
    });
  });
  return (from) => new Promise((resolve) => {
    const id = `p${from}`;
    answered.set(id, resolve);
    ws.send(JSON.stringify({ type: "publish", id, ...event(from), authorization }));
  });
}

const send = kind === "socket" ? await socket() : request;

async function publish() {
  for (;;) {
    const from = n;
    n += batch;
    if (await send(from)) process.stdout.write(Array.from({ length: batch }, (_, i) => from + i + "\n").join(""));
  }
}

await Promise.all(Array.from({ length: 8 }, publish));
