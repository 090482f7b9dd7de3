import { util } from "@aws-appsync/utils";
import { put } from "@aws-appsync/utils/dynamodb";

export function request(ctx) {
  const { id, days } = ctx.args;
  return put({ key: { id }, item: { ttl: util.time.nowEpochSeconds() + days * 24 * 60 * 60 } });
}

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type);
  }
  return ctx.result;
}
