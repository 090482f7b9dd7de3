import { util } from "@aws-appsync/utils";
import { remove } from "@aws-appsync/utils/dynamodb";

export function request(ctx) {
  // Nobody took it over since the step before.
  return remove({ key: { id: ctx.args.id }, condition: { owner: { eq: ctx.identity.sub } } });
}

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type);
  }
  return result;
}
