// Opens WebSockets from pages of a headless Chromium.
//   stdin:  {"chromium": "/usr/bin/chromium", "rules": "MAP evil.example 127.0.0.1",
//            "visits": [{"page": "http://localhost:1234/", "url": "ws://…", "send": "…", "sandboxed": false}]}
//   stdout: one line for each visit: {"origin", "open": bool, "message": "…", "closed": code}
import { json } from "node:stream/consumers";
import { chromium } from "playwright-core";

const job = await json(process.stdin);
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
if (job.rules) args.push(`--host-resolver-rules=${job.rules}`);
const browser = await chromium.launch({ executablePath: job.chromium, args, timeout: 110_000 });

// talk runs in the page.
const talk = ({ url, send }) => new Promise((resolve) => {
  const seen = { origin: self.origin, open: false };
  const socket = new WebSocket(url);
  socket.onopen = () => {
    seen.open = true;
    socket.send(send);
  };
  socket.onmessage = (event) => {
    seen.message = event.data;
    socket.close(1000);
  };
  socket.onclose = (event) => resolve({ ...seen, closed: event.code });
});

try {
  for (const visit of job.visits) {
    const page = await browser.newPage();
    page.setDefaultTimeout(110_000);
    await page.goto(visit.page);
    let frame = page.mainFrame();
    if (visit.sandboxed) {
      await page.setContent('<iframe sandbox="allow-scripts" srcdoc="<p>of no origin</p>"></iframe>');
      frame = await (await page.waitForSelector("iframe")).contentFrame();
    }
    console.log(JSON.stringify(await frame.evaluate(talk, visit)));
    await page.close();
  }
} finally {
  await browser.close();
}
