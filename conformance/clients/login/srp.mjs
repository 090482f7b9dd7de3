// What Amplify's client computes for SRP, of the same inputs.
//   stdin:  [{"pool", "user", "password", "a", "B", "salt", "block", "stamp"}], numbers in hexadecimal
//   stdout: [{"A", "signature"}], one line
import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { json } from "node:stream/consumers";

const require = createRequire(import.meta.url);
const Helper = require("amazon-cognito-identity-js/lib/AuthenticationHelper").default;
const BigInteger = require("amazon-cognito-identity-js/lib/BigInteger").default;

const number = (hex) => new BigInteger(hex, 16);
const result = (call) => new Promise((resolve, reject) => call((err, value) => (err ? reject(err) : resolve(value))));

async function compute(job) {
  const helper = new Helper(job.pool);
  helper.smallAValue = number(job.a);
  helper.largeAValue = await result((done) => helper.calculateA(helper.smallAValue, done));
  const key = await result((done) => helper.getPasswordAuthenticationKey(job.user, job.password, number(job.B), number(job.salt), done));
  const mac = createHmac("sha256", Buffer.from(key)).update(job.pool).update(job.user).update(Buffer.from(job.block, "base64")).update(job.stamp);
  return { A: helper.largeAValue.toString(16), signature: mac.digest("base64") };
}

console.log(JSON.stringify(await Promise.all((await json(process.stdin)).map(compute))));
