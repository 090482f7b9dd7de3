import { util } from "@aws-appsync/utils";

export function request(ctx) {
  return { payload: { id: ctx.args.id, title: `title of ${ctx.args.id}`, by: util.authType() } };
}

export function response(ctx) {
  return ctx.result;
}
