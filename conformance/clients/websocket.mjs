// Talks to a WebSocket API with the npm package "websocket".
//   stdin:  {"url", "headers": {…}, "send": ["…"], "count": 1}
//   stdout: {"open": true}, {"message": "…"}, {"closed": code} or {"refused": "…"}, one object a line
import { json } from "node:stream/consumers";
import websocket from "websocket";

const job = await json(process.stdin);
const say = (event) => console.log(JSON.stringify(event));
const client = new websocket.client();

client.on("connectFailed", (error) => {
  say({ refused: error.message });
  process.exit(); // the library leaves the connection open
});
client.on("connect", (connection) => {
  say({ open: true });
  let left = job.count;
  connection.on("message", (message) => {
    say({ message: message.utf8Data });
    if (--left === 0) connection.close();
  });
  connection.on("close", (code) => say({ closed: code }));
  for (const text of job.send) connection.sendUTF(text);
});
client.connect(job.url, null, null, job.headers ?? {});
