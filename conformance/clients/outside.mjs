// Signs whatever requests it is given, as other people's libraries do, and says what would then be sent.
//   stdin:  one job a line: {"signer": "aws4|smithy|amplify-4|amplify-5", "form": "query|headers", "method", "scheme", "host",
//            "path" (escaped), "query" (text), "pairs": [[name, value], …] (the same, decoded), "headers": [[name, value], …],
//            "body" (base64), "service", "region", "accessKeyId", "secretAccessKey", "sessionToken", "expires",
//            "at" (RFC 3339; default now), "how": {…} (options of the signer)}
//   stdout: one line for each: {"target": "/path?query", "headers": [[name, value], …]} or {"error": "…"}
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import aws4 from "aws4";
import { Sha256 } from "@aws-crypto/sha256-js";
import { buildQueryString } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";

// grouped is an object of name -> [value, …], names compared by same.
function grouped(pairs, same = (name) => name) {
  const groups = new Map();
  for (const [name, value] of pairs) {
    const key = same(name);
    groups.set(key, { name: groups.get(key)?.name ?? name, values: [...(groups.get(key)?.values ?? []), value] });
  }
  return [...groups.values()];
}

const lower = (name) => name.toLowerCase();
const own = (groups, join) => Object.fromEntries(groups.map(({ name, values }) => [name, join(values)]));
const oneOrAll = (values) => (values.length === 1 ? values[0] : values);
const text = (job) => Buffer.from(job.body ?? "", "base64");
const stamp = (at) => at.toISOString().replace(/[:-]|\.\d{3}/g, "");

// lines are headers as they are sent: an array is sent as several.
const lines = (headers) =>
  Object.entries(headers).filter(([name, v]) => lower(name) !== "host" && v !== undefined)
    .flatMap(([name, v]) => [v].flat().map((one) => [name, String(one)]));

function byAws4(job) {
  const headers = { Host: job.host, ...own(grouped(job.headers ?? [], lower), oneOrAll) };
  let path = job.path + (job.query ? "?" + job.query : "");
  const query = job.form === "query";
  if (query && job.expires) path += `${job.query ? "&" : "?"}X-Amz-Expires=${job.expires}`;
  if (query && job.at) path += `${path.includes("?") ? "&" : "?"}X-Amz-Date=${stamp(new Date(job.at))}`;
  if (!query && job.at) headers["X-Amz-Date"] = stamp(new Date(job.at));
  const request = { host: job.host, method: job.method, path, headers, service: job.service, region: job.region, signQuery: query, ...job.how };
  if (job.body) request.body = text(job);
  const { accessKeyId, secretAccessKey, sessionToken } = job;
  aws4.sign(request, { accessKeyId, secretAccessKey, sessionToken });
  return { target: request.path, headers: lines(request.headers) };
}

// LocalDay has the mistake of many signers: a scope with the day of another time zone.
class LocalDay extends SignatureV4 {
  formatDate(now) {
    return { ...super.formatDate(now), shortDate: super.formatDate(new Date(now.getTime() - 24 * 3600 * 1000)).shortDate };
  }
}

async function bySmithy(job) {
  const { accessKeyId, secretAccessKey, sessionToken } = job;
  const { localDay, ...options } = job.how ?? {};
  const signer = new (localDay ? LocalDay : SignatureV4)({
    service: job.service, region: job.region, sha256: Sha256, credentials: { accessKeyId, secretAccessKey, sessionToken }, ...options });
  const [hostname, port] = job.host.split(/:(?=\d+$)/);
  const request = { method: job.method, protocol: job.scheme + ":", hostname, port: port && Number(port), path: job.path,
    query: own(grouped(job.pairs ?? []), oneOrAll), headers: { host: job.host, ...own(grouped(job.headers ?? [], lower), (all) => all.join(", ")) } };
  if (job.body) request.body = text(job);
  const when = job.at ? { signingDate: new Date(job.at) } : {};
  const made = job.form === "query" ? await signer.presign(request, { expiresIn: job.expires || 300, ...when }) : await signer.sign(request, when);
  const query = buildQueryString(made.query);
  return { target: made.path + (query ? "?" + query : ""), headers: lines(made.headers) };
}

function byAmplify(job) {
  const { Signer } = createRequire(new URL(`${job.signer}/`, import.meta.url))("@aws-amplify/core");
  const keys = { access_key: job.accessKeyId, secret_key: job.secretAccessKey, session_token: job.sessionToken };
  const url = new URL(Signer.signUrl(`${job.scheme}://${job.host}${job.path}${job.query ? "?" + job.query : ""}`, keys, { region: job.region, service: job.service }, job.expires || undefined));
  return { target: url.pathname + url.search, headers: [] };
}

const signers = { aws4: byAws4, smithy: bySmithy, "amplify-4": byAmplify, "amplify-5": byAmplify };
const out = [];
for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  try {
    const job = JSON.parse(line);
    out.push(JSON.stringify(await signers[job.signer](job)));
  } catch (error) {
    out.push(JSON.stringify({ error: String(error) }));
  }
}
process.stdout.write(out.join("\n") + "\n");
