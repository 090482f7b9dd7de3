// The Lambda authorizer, which notes that it was asked, and the function behind work and asked.
import { appendFileSync } from "node:fs";

export async function authorize(event) {
  appendFileSync(process.env.NOTES, JSON.stringify(event) + "\n");
  const word = event.authorizationToken.replace(/^(secret-)/, "").replace(/-.*$/, "");
  const connecting = /^deepdish:connect$/i.test(event.requestContext.operationName);
  return { isAuthorized: word !== "no" && (word !== "connect" || connecting), deniedFields: word === "denied" ? ["Subscription.noted"] : [], ...(word === "connect" && { ttlOverride: 0 }) };
}

export async function work(event) {
  const { room, n } = event.arguments;
  if (room === "throw") throw new Error("the function is broken");
  if (n < 0) process.kill(process.pid, "SIGKILL");
  return room === undefined ? { n } : null;
}
