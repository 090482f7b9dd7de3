import { util } from "@aws-appsync/utils";

export function request(ctx) {
  if (ctx.args.room === "staff" && !ctx.identity) {
    util.unauthorized();
  }
  return { payload: null };
}

export function response() {
  return null;
}
