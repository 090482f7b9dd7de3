// The Lambda authorizer, which notes that it was asked, and the function behind the field slow.
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const answers = {
  "no": { isAuthorized: false },
  "yes": { isAuthorized: true, resolverContext: { who: "ana", level: 3, admin: true }, deniedFields: ["Query.denied", "Note.mode"] },
  "short": { isAuthorized: true, ttlOverride: 0 },
  "text": "yes",
  "nested": { isAuthorized: true, resolverContext: { list: [1] } },
};

export async function authorize(event) {
  appendFileSync(process.env.NOTES, JSON.stringify(event) + "\n");
  const word = event.authorizationToken.replace(/^(secret-)/, "").replace(/-.*$/, "");
  if (word === "throw") throw new Error("the authorizer is broken");
  return answers[word] ?? { isAuthorized: true };
}

export async function slow(event) {
  console.log("slow begins");
  while (!existsSync(event.arguments.file)) await sleep(20);
  return "done";
}
