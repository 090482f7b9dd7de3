// Signs a WebSocket URL as other people's libraries do.
//   stdin:  {"signer": "amplify-4|amplify-5|smithy|aws4", "form": "query|headers", "url": "ws://…",
//            "region", "service", "expires", "accessKeyId", "secretAccessKey", "sessionToken"}
//   stdout: {"url": "ws://…", "headers": {…}}, one line
import { createRequire } from "node:module";
import { json } from "node:stream/consumers";

const job = await json(process.stdin);

async function amplify(version) {
  const { Signer } = createRequire(new URL(`amplify-${version}/`, import.meta.url))("@aws-amplify/core");
  const keys = { access_key: job.accessKeyId, secret_key: job.secretAccessKey, session_token: job.sessionToken };
  return { url: Signer.signUrl(job.url, keys, { region: job.region, service: job.service }, job.expires) };
}

async function smithy() {
  const { SignatureV4 } = await import("@smithy/signature-v4");
  const { Sha256 } = await import("@aws-crypto/sha256-js");
  const url = new URL(job.url);
  const { accessKeyId, secretAccessKey, sessionToken } = job;
  const signer = new SignatureV4({ service: job.service, region: job.region, sha256: Sha256, credentials: { accessKeyId, secretAccessKey, sessionToken } });
  const request = { method: "GET", protocol: url.protocol, hostname: url.hostname, port: Number(url.port), path: url.pathname,
    query: Object.fromEntries(url.searchParams), headers: { host: url.host } };
  if (job.form === "headers") {
    const { headers } = await signer.sign(request);
    return { url: job.url, headers: without(headers, "host") };
  }
  const { query } = await signer.presign(request, { expiresIn: job.expires ?? 300 });
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { url: url.href };
}

async function aws4() {
  const { default: aws4 } = await import("aws4");
  const url = new URL(job.url);
  const request = { host: url.host, path: url.pathname + url.search, method: "GET", service: job.service, region: job.region, signQuery: job.form !== "headers" };
  const { accessKeyId, secretAccessKey, sessionToken } = job;
  aws4.sign(request, { accessKeyId, secretAccessKey, sessionToken });
  return { url: `${url.protocol}//${url.host}${request.path}`, headers: without(request.headers, "Host") };
}

const without = (headers, name) => Object.fromEntries(Object.entries(headers ?? {}).filter(([n]) => n !== name));

const signers = { "amplify-4": () => amplify(4), "amplify-5": () => amplify(5), smithy, aws4 };
console.log(JSON.stringify(await signers[job.signer]()));
