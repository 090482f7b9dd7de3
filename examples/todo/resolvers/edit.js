import { util } from "@aws-appsync/utils";
import { operations, update } from "@aws-appsync/utils/dynamodb";

export function request(ctx) {
  const { id, version, input } = ctx.args;
  const change = { version: operations.increment(1) };
  for (const [name, value] of Object.entries(input)) {
    change[name] = value === null ? operations.remove() : value;
  }
  return update({ key: { id }, update: change, condition: { version: { eq: version } } });
}

export function response(ctx) {
  const { error, result } = ctx;
  if (error) {
    util.error(error.message, error.type, result);
  }
  return result;
}
