import { util } from "@aws-appsync/utils";
import { query } from "@aws-appsync/utils/dynamodb";

export function request(ctx) {
  const { filter, limit, nextToken } = ctx.args;
  return query({ index: "byOwner", query: { owner: { eq: ctx.identity.sub } }, filter, limit, nextToken });
}

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type);
  }
  return result;
}
