// Runs callers of a client in Node.js, each in a thread of its own, as clients keep what they know in globals.
//   argv:   the client's module
//   stdin:  lines: {"caller": "…", "call": {…}} makes a caller, {"caller": "…", "do": "subscribe", "id": "…", …} has it do something
//   stdout: lines: {"caller": "…", "id": "…", …}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";

if (isMainThread) {
  const threads = new Map();
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    if (job.call) {
      const thread = new Worker(new URL(import.meta.url), { workerData: { module: process.argv[2], ...job } });
      thread.on("message", (said) => console.log(JSON.stringify({ caller: job.caller, ...said })));
      thread.on("error", (e) => { console.error(job.caller, e); process.exit(1); });
      threads.set(job.caller, thread);
    } else {
      threads.get(job.caller).postMessage(job);
    }
  }
  process.exit(0);
} else {
  globalThis.WebSocket = createRequire(import.meta.url)("ws").WebSocket;
  const { default: caller } = await import(new URL(workerData.module, import.meta.url));
  const does = caller(workerData.call, (said) => parentPort.postMessage(JSON.parse(JSON.stringify(said))));
  parentPort.on("message", (job) => does[job.do](job));
}
