// Uses pages as people do, each in a window of its own, in a headless Chromium. HOME may hold an NSS database with certificates to trust.
//   stdin:  {"chromium", "steps": [["open", window, url], ["fill", window, selector, text], ["click", window, selector],
//            ["see", window, selector, text], ["text", window, selector], ["shot", window, file]]}
//   stdout: a line for each "text"
import { json } from "node:stream/consumers";
import { chromium } from "playwright-core";

const job = await json(process.stdin);
const browser = await chromium.launch({ executablePath: job.chromium, args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"], timeout: 110_000 });
const windows = new Map();

async function window(name) {
  if (!windows.has(name)) {
    const context = await browser.newContext({ viewport: { width: 760, height: 720 } });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (e) => console.error(name, String(e)));
    page.on("console", (m) => m.type() === "error" && console.error(name, m.text().replace(/\?\S*/g, "?…")));
    windows.set(name, page);
  }
  return windows.get(name);
}

const steps = {
  open: (page, url) => page.goto(url),
  fill: (page, selector, text) => page.fill(selector, text),
  click: (page, selector) => page.click(selector),
  see: (page, selector, text) => page.locator(selector, { hasText: text }).first().waitFor(),
  text: async (page, selector) => console.log(JSON.stringify(await page.locator(selector).first().innerText())),
  shot: (page, path) => page.screenshot({ path, animations: "allow" }),
};

try {
  for (const [step, name, ...rest] of job.steps) {
    const page = await window(name);
    try {
      await steps[step](page, ...rest);
    } catch (e) {
      throw new Error(`${step} ${name} ${rest}: ${e}\nthe page: ${await page.locator("body").innerText()}`);
    }
  }
} finally {
  await browser.close();
}
