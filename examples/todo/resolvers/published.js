import { util } from "@aws-appsync/utils";
import { scan } from "@aws-appsync/utils/dynamodb";

export function request(ctx) {
  const { filter, limit, nextToken } = ctx.args;
  const published = { published: { eq: true } };
  return scan({ filter: filter ? { and: [published, filter] } : published, limit, nextToken });
}

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type);
  }
  return result;
}
