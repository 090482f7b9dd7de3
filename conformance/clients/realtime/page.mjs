// The part of browser.mjs that runs in the page. esbuild puts the client in the place of "client".
import caller from "client";

let does;
globalThis.make = (call) => {
  does = caller(call, (said) => globalThis.say(JSON.stringify(said)));
};
globalThis.perform = (job) => does[job.do](job);
