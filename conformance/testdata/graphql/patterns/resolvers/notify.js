import { util } from "@aws-appsync/utils";

export const request = (ctx) => ({ operation: "Invoke", invocationType: "Event", payload: { notify: ctx.args.text } });

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return ctx.result === null ? "sent" : "answered";
}
