// The function behind fields; NOTES says what it was asked.
import { appendFileSync } from "node:fs";

const note = (v) => appendFileSync(process.env.NOTES, JSON.stringify(v) + "\n");

function one({ field, id }) {
  if (field === "friend") return { data: { id: "friend of " + id } };
  if (id === "p1") return { data: null, errorMessage: "p1 is not well", errorType: "Shaky" };
  return { data: "steady " + id };
}

export async function handler(event) {
  if (!Array.isArray(event)) {
    note(event);
    return "unseen";
  }
  note({ batch: event.length, direct: event[0].info !== undefined });
  if (event[0].info) return event.map(({ info, source: { id } }) => (id === "p2" ? { data: null, errorMessage: "no p2", errorType: "Gone" } : { data: `${info.fieldName} of ${id}` }));
  return event.map(one);
}
