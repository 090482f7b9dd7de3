import { util } from "@aws-appsync/utils";
import { transactGet } from "@aws-appsync/utils/dynamodb";

export const request = (ctx) => transactGet({ items: ctx.args.ids.map((id) => ({ table: ctx.env.ORDERS, key: { id } })) });

export function response(ctx) {
  if (ctx.error) {
    util.error(ctx.error.message, ctx.error.type, null, ctx.result.cancellationReasons);
  }
  return ctx.result.items;
}
