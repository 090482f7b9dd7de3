import { util } from "@aws-appsync/utils";

export function request(ctx) {
  const name = ctx.args.name.trim();
  if (name === "") {
    util.error("say who you are", "NoName");
  }
  return { payload: `Hello, ${name}!` };
}

export function response(ctx) {
  return ctx.result;
}
