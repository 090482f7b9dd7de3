import { util } from "@aws-appsync/utils";

export function request(ctx) {
  return { payload: { mode: util.authType(), identity: ctx.identity, key: "for keys", text: ctx.args.text } };
}

export function response(ctx) {
  return ctx.result;
}
