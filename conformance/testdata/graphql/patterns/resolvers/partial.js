import { util } from "@aws-appsync/utils";

export const request = () => ({ payload: ["a", null, "c"] });

export function response(ctx) {
  util.appendError("b is missing", "Missing", { b: 1 }, { at: 1 });
  return ctx.result;
}
