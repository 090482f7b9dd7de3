// Publishes numbers as fast as it can, eight at a time, until it is killed.
//   argv:   the address, the API key, "note" or "event", the first number
//   stdout: each number that was acknowledged, on a line of its own
const [url, key, kind, first] = process.argv.slice(2);
const batch = kind === "event" ? 5 : 1;
let n = Number(first);

const bodies = {
  event: (from) => ({ channel: "/plain/count", events: Array.from({ length: batch }, (_, i) => JSON.stringify({ n: from + i })) }),
  note: (n) => ({ query: "mutation Note($i: NoteInput!) { note(input: $i) { n } }", variables: { i: { n } } }),
};

async function publish() {
  for (;;) {
    const from = n;
    n += batch;
    const answer = await fetch(url, { method: "POST", headers: { "x-api-key": key, "content-type": "application/json" }, body: JSON.stringify(bodies[kind](from)) });
    const { errors, failed } = await answer.json();
    if (answer.status === 200 && !errors?.length && !failed?.length) process.stdout.write(Array.from({ length: batch }, (_, i) => from + i + "\n").join(""));
  }
}

await Promise.all(Array.from({ length: 8 }, publish));
