import { util } from "@aws-appsync/utils";
import { batchPut } from "@aws-appsync/utils/dynamodb";

const most = 25;

export function request(ctx) {
  const { input } = ctx.args;
  if (input.length === 0 || input.length > most) {
    util.error(`from 1 to ${most} todos can be added at once`, "BadInput");
  }
  const created = util.time.nowISO8601();
  const owner = ctx.identity.sub;
  const items = input.map((todo) => ({ ...todo, id: util.autoId(), owner, done: false, version: 1, created }));
  return batchPut({ tables: { [ctx.env.TABLE]: items } });
}

export function response(ctx) {
  const { error, result, env } = ctx;
  if (error) {
    util.error(error.message, error.type);
  }
  return result.data[env.TABLE];
}
