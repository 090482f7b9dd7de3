import { util } from "@aws-appsync/utils";

export function request(ctx) {
  return { payload: { id: util.autoId(), mode: util.authType(), ...ctx.args.input } };
}

export function response(ctx) {
  return ctx.result;
}
