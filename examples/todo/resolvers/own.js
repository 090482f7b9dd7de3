// The step before all that touches one todo: it is there, and the caller's.
import { util } from "@aws-appsync/utils";
import { get } from "@aws-appsync/utils/dynamodb";

export function request(ctx) {
  return get({ key: { id: ctx.args.id }, consistentRead: true });
}

export function response(ctx) {
  const { error, result, identity } = ctx;
  if (error) {
    util.error(error.message, error.type);
  }
  if (!result) {
    util.error(`there is no todo ${ctx.args.id}`, "NotFound");
  }
  if (result.owner !== identity.sub) {
    util.unauthorized();
  }
  return result;
}
