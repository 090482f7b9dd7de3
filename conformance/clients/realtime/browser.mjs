// Runs callers of a client in a headless Chromium, each in a page of its own. HOME may hold an NSS database with certificates to trust.
//   argv:          Chromium, the address of the page, the bundle that the page is to run
//   stdin, stdout: as those of node.mjs
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [program, address, file] = process.argv.slice(2);
const bundle = readFileSync(file, "utf8");
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-background-timer-throttling", "--disable-renderer-backgrounding"];
const browser = await chromium.launch({ executablePath: program, args, timeout: 110_000 });
const pages = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  if (job.call) {
    const page = await browser.newPage();
    page.setDefaultTimeout(110_000);
    page.on("pageerror", (e) => console.error(job.caller, e));
    await page.goto(address);
    await page.exposeFunction("say", (said) => console.log(JSON.stringify({ caller: job.caller, ...JSON.parse(said) })));
    await page.addScriptTag({ content: bundle });
    await page.evaluate((call) => globalThis.make(call), job.call);
    pages.set(job.caller, page);
  } else {
    await pages.get(job.caller).evaluate((j) => globalThis.perform(j), job);
  }
}
await browser.close();
