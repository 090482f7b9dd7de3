import { util } from "@aws-appsync/utils";

export const request = (ctx) => ({
  method: "POST", resourcePath: "/forecast", params: { headers: { "Content-Type": "application/json" }, body: JSON.stringify({ city: ctx.args.city }) },
});

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return JSON.parse(ctx.result.body);
}
