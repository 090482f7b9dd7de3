import { util } from "@aws-appsync/utils";

export function request(ctx) {
  const { room } = ctx.args;
  if (room === "vault") {
    util.unauthorized();
  }
  if (room === "nowhere") {
    util.error("there is no such room", "NoRoom", null, { room });
  }
  return { payload: null };
}

export function response(ctx) {
  return ctx.args.room === "answered" ? { room: "what a resolver of a subscription answers is not delivered" } : null;
}
