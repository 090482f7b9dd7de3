import { util } from "@aws-appsync/utils";
export function request(ctx) {
  Object.assign(util, { autoId: 1 });
  return { payload: `${util.autoId}` };
}
export function response(ctx) {
  return ctx.result;
}
