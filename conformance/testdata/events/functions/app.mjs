// The Lambda authorizer, which notes that it was asked, and the function behind the namespace direct.
import { appendFileSync } from "node:fs";

export async function authorize(event) {
  appendFileSync(process.env.NOTES, JSON.stringify(event) + "\n");
  const word = event.authorizationToken.replace(/^(secret-)/, "").replace(/-.*$/, "");
  const connecting = event.requestContext.operation === "EVENT_CONNECT";
  return { isAuthorized: word !== "no" && (word !== "connect" || connecting), ...(word === "connect" && { ttlOverride: 0 }) };
}

export async function work({ events }) {
  if (events.some((e) => e.payload.n < 0)) process.kill(process.pid, "SIGKILL");
  return { events: events.map(({ id, payload }) => (payload.text === "bad" ? { id, error: "no" } : { id, payload: { ...payload, worked: true } })) };
}
